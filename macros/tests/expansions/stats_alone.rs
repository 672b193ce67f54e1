#[automatically_derived]
#[allow(dead_code)]
impl Handler {
    /**Puts a `Handler` at `path` in the global registry.

An instance of the same class that is alive at that path shares its stats. A path that cannot be used is mended and logged once. At `/`, stats stay when the instance goes.*/
    #[must_use = "an instance that is dropped at once leaves the tree at once"]
    pub fn init(path: &str) -> Self {
        ::calipers::private::init(path, ())
    }
    ///Like [`init`](Self::init), in a registry of your own.
    #[must_use = "an instance that is dropped at once leaves the tree at once"]
    pub fn init_in(registry: &::calipers::Registry, path: &str) -> Self {
        ::calipers::private::init_in(registry, path, ())
    }
    ///Puts a `Handler` at `name` below the parent, whose aggregates of the same names count its stats in; it keeps that place alive. A slash in the name makes a level of it.
    #[must_use = "an instance that is dropped at once leaves the tree at once"]
    pub fn init_child(
        parent: &(impl ::calipers::Parent + ?::core::marker::Sized),
        name: impl ::core::fmt::Display,
    ) -> Self {
        ::calipers::private::init_child(parent, &name, ())
    }
    ///Like [`init_child`](Self::init_child), at the lowest number that is free below `name`: `name/1`, `name/2`, …
    #[must_use = "an instance that is dropped at once leaves the tree at once"]
    pub fn init_child_numbered(
        parent: &(impl ::calipers::Parent + ?::core::marker::Sized),
        name: &str,
    ) -> Self {
        ::calipers::private::init_child_numbered(parent, name, ())
    }
}
const _: () = {
    #[automatically_derived]
    impl ::calipers::Instrumented for Handler {
        type Parts = ();
        const CLASS: &'static ::calipers::private::Class = &::calipers::private::Class {
            name: "Handler",
            module: ::core::module_path!(),
            file: ::core::file!(),
            line: 0u32,
            label: ::core::option::Option::None,
            collapsed: false,
            stats: &[
                ::calipers::private::StatSpec::new(
                    "requests",
                    <Counter as ::calipers::Stat>::KIND,
                    "Requests served.",
                    0u32,
                ),
                ::calipers::private::StatSpec::new(
                        "byPath",
                        <Family<String, Counter> as ::calipers::Stat>::KIND,
                        "",
                        0u32,
                    )
                    .label("path")
                    .cap(100)
                    .hide_zero(),
                ::calipers::private::StatSpec::new(
                        "type",
                        <Histogram as ::calipers::Stat>::KIND,
                        "",
                        0u32,
                    )
                    .unit("By"),
                ::calipers::private::StatSpec::new(
                        "age",
                        <Gauge as ::calipers::Stat>::KIND,
                        "",
                        0u32,
                    )
                    .merge(::calipers::private::Merging::PerSource),
            ],
        };
        fn node(&self) -> &::calipers::Node {
            <Counter as ::calipers::Stat>::node(&self.requests)
        }
        fn build(place: &::calipers::private::Opener<'_>, parts: Self::Parts) -> Self {
            let () = parts;
            place.uninterrupted();
            Self {
                requests: <Counter as ::calipers::Stat>::open(&place.at(0usize)),
                by_path: <Family<
                    String,
                    Counter,
                > as ::calipers::Stat>::open(&place.at(1usize)),
                r#type: <Histogram as ::calipers::Stat>::open(&place.at(2usize)),
                age: <Gauge as ::calipers::Stat>::open(&place.at(3usize)),
            }
        }
    }
    const _: () = <Family<String, Counter> as ::calipers::private::Keyed>::KEYED;
    const _: () = <Gauge as ::calipers::private::Mergeable>::MERGEABLE;
    ::calipers::private::inventory::submit!(
        ::calipers::private::Declared(< Handler as ::calipers::Instrumented > ::CLASS)
    );
};
