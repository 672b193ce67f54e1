///What [`Handler::init`] takes besides a path: the fields of [`Handler`] that are not stats.
#[allow(dead_code, private_interfaces)]
pub(crate) struct HandlerParts<'a, T = u8>
where
    T: Send,
{
    /// Where answers come from.
    pub(crate) pool: &'a Pool<T>,
}
#[allow(private_bounds)]
#[automatically_derived]
#[allow(dead_code)]
impl<'a, K: Key + Into<T>, T> Handler<'a, K, T>
where
    T: Send,
    Family<K, Counter>: ::calipers::Stat,
{
    /**Puts a `Handler` at `path` in the global registry.

An instance of the same class that is alive at that path shares its stats. A path that cannot be used is mended and logged once. At `/`, stats stay when the instance goes.*/
    #[must_use = "an instance that is dropped at once leaves the tree at once"]
    pub(crate) fn init(path: &str, parts: HandlerParts<'a, T>) -> Self {
        ::calipers::private::init(path, parts)
    }
    ///Like [`init`](Self::init), in a registry of your own.
    #[must_use = "an instance that is dropped at once leaves the tree at once"]
    pub(crate) fn init_in(
        registry: &::calipers::Registry,
        path: &str,
        parts: HandlerParts<'a, T>,
    ) -> Self {
        ::calipers::private::init_in(registry, path, parts)
    }
    ///Puts a `Handler` at `name` below the parent, whose aggregates of the same names count its stats in; it keeps that place alive. A slash in the name makes a level of it.
    #[must_use = "an instance that is dropped at once leaves the tree at once"]
    pub(crate) fn init_child(
        parent: &(impl ::calipers::Parent + ?::core::marker::Sized),
        name: impl ::core::fmt::Display,
        parts: HandlerParts<'a, T>,
    ) -> Self {
        ::calipers::private::init_child(parent, &name, parts)
    }
    ///Like [`init_child`](Self::init_child), at the lowest number that is free below `name`: `name/1`, `name/2`, …
    #[must_use = "an instance that is dropped at once leaves the tree at once"]
    pub(crate) fn init_child_numbered(
        parent: &(impl ::calipers::Parent + ?::core::marker::Sized),
        name: &str,
        parts: HandlerParts<'a, T>,
    ) -> Self {
        ::calipers::private::init_child_numbered(parent, name, parts)
    }
}
const _: () = {
    #[allow(private_bounds)]
    #[automatically_derived]
    impl<'a, K: Key + Into<T>, T> ::calipers::Instrumented for Handler<'a, K, T>
    where
        T: Send,
        Family<K, Counter>: ::calipers::Stat,
    {
        type Parts = HandlerParts<'a, T>;
        const CLASS: &'static ::calipers::private::Class = &::calipers::private::Class {
            name: "Handler",
            module: ::core::module_path!(),
            file: ::core::file!(),
            line: 0u32,
            label: ::core::option::Option::None,
            collapsed: false,
            stats: &[
                ::calipers::private::StatSpec::new(
                    "by_key",
                    <Family<K, Counter> as ::calipers::Stat>::KIND,
                    "",
                    0u32,
                ),
                ::calipers::private::StatSpec::new(
                    "size",
                    <Gauge<u64> as ::calipers::Stat>::KIND,
                    "",
                    0u32,
                ),
            ],
        };
        fn node(&self) -> &::calipers::Node {
            let _ = (&self.size,);
            <Family<K, Counter> as ::calipers::Stat>::node(&self.by_key)
        }
        fn build(place: &::calipers::private::Opener<'_>, parts: Self::Parts) -> Self {
            __USED
                .used(
                    <Self as ::calipers::Instrumented>::CLASS,
                    ::core::any::type_name::<Self>(),
                );
            let made = {
                #[allow(unused_variables)]
                let pool = &parts.pool;
                (
                    <Family<K, Counter> as ::calipers::Stat>::open(&place.at(0usize)),
                    Vec::new(),
                    <Gauge<
                        u64,
                    > as ::calipers::private::OpenWith<
                        _,
                    >>::open_with(
                        &place.at(1usize),
                        {
                            let pool = pool.clone();
                            move || pool.len()
                        },
                    ),
                    place
                        .child::<
                            Cache,
                        >(
                            "cache/l1",
                            <<Cache as ::calipers::Instrumented>::Parts as ::calipers::private::NoParts>::none(),
                        ),
                    place.child::<Cache2>("other", CacheParts { pool: pool.clone() }),
                )
            };
            Self {
                by_key: made.0,
                scratch: made.1,
                size: made.2,
                cache: made.3,
                other: made.4,
                pool: parts.pool,
            }
        }
    }
    static __USED: ::calipers::private::GenericClass = ::calipers::private::GenericClass::new();
    ::calipers::private::inventory::submit!(::calipers::private::Declared(& __USED));
};
