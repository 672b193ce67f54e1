#[automatically_derived]
#[allow(dead_code)]
impl Holder {
    /**Puts a `Holder` at `path` in the global registry.

An instance of the same class that is alive at that path shares its stats. A path that cannot be used is mended and logged once. At `/`, stats stay when the instance goes.*/
    #[must_use = "an instance that is dropped at once leaves the tree at once"]
    fn init(path: &str) -> Self {
        crate::stats::private::init(path, ())
    }
    ///Like [`init`](Self::init), in a registry of your own.
    #[must_use = "an instance that is dropped at once leaves the tree at once"]
    fn init_in(registry: &crate::stats::Registry, path: &str) -> Self {
        crate::stats::private::init_in(registry, path, ())
    }
    ///Puts a `Holder` at `name` below the parent, whose aggregates of the same names count its stats in; it keeps that place alive. A slash in the name makes a level of it.
    #[must_use = "an instance that is dropped at once leaves the tree at once"]
    fn init_child(
        parent: &(impl crate::stats::Parent + ?::core::marker::Sized),
        name: impl ::core::fmt::Display,
    ) -> Self {
        crate::stats::private::init_child(parent, &name, ())
    }
    ///Like [`init_child`](Self::init_child), at the lowest number that is free below `name`: `name/1`, `name/2`, …
    #[must_use = "an instance that is dropped at once leaves the tree at once"]
    fn init_child_numbered(
        parent: &(impl crate::stats::Parent + ?::core::marker::Sized),
        name: &str,
    ) -> Self {
        crate::stats::private::init_child_numbered(parent, name, ())
    }
}
const _: () = {
    #[automatically_derived]
    impl crate::stats::Instrumented for Holder {
        type Parts = ();
        const CLASS: &'static crate::stats::private::Class = &crate::stats::private::Class {
            name: "Holder",
            module: ::core::module_path!(),
            file: ::core::file!(),
            line: 0u32,
            label: ::core::option::Option::None,
            collapsed: false,
            stats: &[],
        };
        fn node(&self) -> &crate::stats::Node {
            <crate::stats::Node as crate::stats::private::PlaceField>::node(&self.node)
        }
        fn build(place: &crate::stats::private::Opener<'_>, parts: Self::Parts) -> Self {
            let () = parts;
            Self {
                node: <crate::stats::Node as crate::stats::private::PlaceField>::place(
                    place,
                ),
                some_child: place
                    .child::<
                        Child,
                    >(
                        "a/b/some-child",
                        <<Child as crate::stats::Instrumented>::Parts as crate::stats::private::NoParts>::none(),
                    ),
            }
        }
    }
    const _: () = crate::stats::private::check_child(
        <Holder as crate::stats::Instrumented>::CLASS,
        ::core::option::Option::None,
        <Child as crate::stats::Instrumented>::CLASS,
    );
    crate::stats::private::inventory::submit!(
        crate ::stats::private::Declared(< Holder as crate ::stats::Instrumented >
        ::CLASS)
    );
};
