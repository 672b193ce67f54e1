impl http::Endpoint for Users<'_> {
    fn get(&self) {}
}
const _: () = {
    #[automatically_derived]
    impl ::calipers::private::Metered<5938649617430854620u64> for Users<'_> {
        fn slot(&self) -> ::calipers::private::Slot {
            <Self as ::calipers::private::Metered<
                5938649617430854620u64,
            >>::slot_of_type()
        }
        fn slot_of_type() -> ::calipers::private::Slot {
            static TYPES: ::calipers::private::MeteredTypes = ::calipers::private::MeteredTypes::new();
            TYPES
                .slot(
                    ::core::option::Option::Some("Users"),
                    ::core::any::type_name::<Self>(),
                )
        }
    }
    ::calipers::private::inventory::submit! {
        ::calipers::private::Declared::new(& ::calipers::private::Class { name :
        "Users<'_>", module : ::core::module_path!(), file : ::core::file!(), line :
        0u32, label : ::core::option::Option::None, collapsed : false, stats : & [], },
        ::core::option::Option::None, || < Users < 'static > as http::Endpoint >
        ::needs_metered_on_the_trait(),)
    }
};
impl<T: Send> Endpoint for Cached<T>
where
    T: Clone,
{}
const _: () = {
    #[automatically_derived]
    impl<T: Send> ::calipers::private::Metered<5938649617430854620u64> for Cached<T>
    where
        T: Clone,
    {
        fn slot(&self) -> ::calipers::private::Slot {
            <Self as ::calipers::private::Metered<
                5938649617430854620u64,
            >>::slot_of_type()
        }
        fn slot_of_type() -> ::calipers::private::Slot {
            static TYPES: ::calipers::private::MeteredTypes = ::calipers::private::MeteredTypes::new();
            TYPES.slot(::core::option::Option::None, ::core::any::type_name::<Self>())
        }
    }
};
