#[allow(private_bounds)]
#[automatically_derived]
#[allow(dead_code)]
impl<S: States> Worker<S>
where
    StateSet<S>: ::calipers::Stat,
{
    /**Puts a `Worker` at `path` in the global registry.

An instance of the same class that is alive at that path shares its stats. A path that cannot be used is mended and logged once. At `/`, stats stay when the instance goes.*/
    #[must_use = "an instance that is dropped at once leaves the tree at once"]
    fn at(path: &str) -> Self {
        ::calipers::private::init(path, ())
    }
    ///Like [`at`](Self::at), in a registry of your own.
    #[must_use = "an instance that is dropped at once leaves the tree at once"]
    fn at_in(registry: &::calipers::Registry, path: &str) -> Self {
        ::calipers::private::init_in(registry, path, ())
    }
    ///Puts a `Worker` at `name` below the `Processor`, whose aggregates of the same names count its stats in; it keeps that place alive. A slash in the name makes a level of it.
    #[must_use = "an instance that is dropped at once leaves the tree at once"]
    fn at_child(parent: &Processor, name: impl ::core::fmt::Display) -> Self {
        const {
            ::calipers::private::check_feed(
                <Processor as ::calipers::Parent>::CLASS,
                "state",
                <StateSet<S> as ::calipers::Stat>::KIND,
            )
        };
        ::calipers::private::init_child(
            <Processor as ::calipers::Parent>::node(parent),
            &name,
            (),
        )
    }
    ///Like [`at_child`](Self::at_child), at the lowest number that is free below `name`: `name/1`, `name/2`, …
    #[must_use = "an instance that is dropped at once leaves the tree at once"]
    fn at_child_numbered(parent: &Processor, name: &str) -> Self {
        const {
            ::calipers::private::check_feed(
                <Processor as ::calipers::Parent>::CLASS,
                "state",
                <StateSet<S> as ::calipers::Stat>::KIND,
            )
        };
        ::calipers::private::init_child_numbered(
            <Processor as ::calipers::Parent>::node(parent),
            name,
            (),
        )
    }
}
const _: () = {
    #[allow(private_bounds)]
    #[automatically_derived]
    impl<S: States> ::calipers::Instrumented for Worker<S>
    where
        StateSet<S>: ::calipers::Stat,
    {
        type Parts = ();
        const CLASS: &'static ::calipers::private::Class = &::calipers::private::Class {
            name: "Worker",
            module: ::core::module_path!(),
            file: ::core::file!(),
            line: 0u32,
            label: ::core::option::Option::Some("thread"),
            collapsed: true,
            stats: &[
                ::calipers::private::StatSpec::new(
                    "finished",
                    <Counter as ::calipers::Stat>::KIND,
                    "",
                    0u32,
                ),
                ::calipers::private::StatSpec::new(
                    "state",
                    <StateSet<S> as ::calipers::Stat>::KIND,
                    "",
                    0u32,
                ),
            ],
        };
        fn node(&self) -> &::calipers::Node {
            <Counter as ::calipers::Stat>::node(&self.finished)
        }
        fn build(place: &::calipers::private::Opener<'_>, parts: Self::Parts) -> Self {
            __USED
                .used(
                    <Self as ::calipers::Instrumented>::CLASS,
                    ::core::any::type_name::<Self>(),
                );
            let () = parts;
            place.uninterrupted();
            Self {
                finished: <Counter as ::calipers::Stat>::open(&place.at(0usize)),
                state: <StateSet<S> as ::calipers::Stat>::open(&place.at(1usize)),
            }
        }
    }
    const __PARENT: &::calipers::private::Class = <Processor as ::calipers::Parent>::CLASS;
    const _: () = ::calipers::private::check_feed(
        __PARENT,
        "finished",
        <Counter as ::calipers::Stat>::KIND,
    );
    static __USED: ::calipers::private::GenericClass = ::calipers::private::GenericClass::new();
    ::calipers::private::inventory::submit!(::calipers::private::Declared(& __USED));
};
