impl http::Endpoint for Users<'_> {
    fn get(&self) {}
}
const _: () = {
    static __IMPLEMENTOR: ::calipers::private::Implementor = ::calipers::private::Implementor::new(
        "Endpoint for Users<'_>",
        ::core::file!(),
        0u32,
        __declare::<Users<'static>>,
    );
    #[automatically_derived]
    impl ::calipers::private::Metered<5938649617430854620u64> for Users<'_> {
        fn slot(&self) -> ::calipers::private::Slot {
            __IMPLEMENTOR.slot(::core::any::type_name::<Self>())
        }
        fn slot_of_type() -> ::calipers::private::Slot {
            __IMPLEMENTOR.slot(::core::any::type_name::<Self>())
        }
    }
    trait __Unmetered {
        fn __declare_endpoint(_: bool) -> ::calipers::private::Unmetered {
            ::calipers::private::Unmetered
        }
    }
    impl<__Type: ?::core::marker::Sized> __Unmetered for __Type {}
    #[allow(dead_code)]
    fn __declare<__Type: http::Endpoint>(open: bool) -> ::calipers::private::Told {
        <_ as ::calipers::private::MeteredTrait>::told(__Type::__declare_endpoint(open))
    }
    ::calipers::private::inventory::submit!(
        ::calipers::private::Declared(& __IMPLEMENTOR)
    );
};
impl<T: Send> Endpoint for Cached<T>
where
    T: Clone,
{}
const _: () = {
    static __IMPLEMENTOR: ::calipers::private::Implementor = ::calipers::private::Implementor::generic(
        "Endpoint for Cached<T>",
        ::core::file!(),
        0u32,
    );
    #[automatically_derived]
    impl<T: Send> ::calipers::private::Metered<5938649617430854620u64> for Cached<T>
    where
        T: Clone,
    {
        fn slot(&self) -> ::calipers::private::Slot {
            __IMPLEMENTOR.slot(::core::any::type_name::<Self>())
        }
        fn slot_of_type() -> ::calipers::private::Slot {
            __IMPLEMENTOR.slot(::core::any::type_name::<Self>())
        }
    }
    trait __Unmetered {
        fn __declare_endpoint(_: bool) -> ::calipers::private::Unmetered {
            ::calipers::private::Unmetered
        }
    }
    impl<__Type: ?::core::marker::Sized> __Unmetered for __Type {}
    #[allow(dead_code)]
    fn __declare<__Type: Endpoint>(open: bool) -> ::calipers::private::Told {
        <_ as ::calipers::private::MeteredTrait>::told(__Type::__declare_endpoint(open))
    }
    ::calipers::private::inventory::submit!(
        ::calipers::private::Declared(& __IMPLEMENTOR)
    );
};
