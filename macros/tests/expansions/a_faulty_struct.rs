::core::compile_error! {
    "unknown option `unti` in `#[stat]`\nhelp: did you mean `unit`? expected one of `name`, `unit`, `label`, `skip`, `with`, `child`, `cap`, `hide_zero`, `merge`"
}
::core::compile_error! {
    "option `name` is given twice\nhelp: keep one"
}
::core::compile_error! {
    "unknown option `skpi` in `#[stat]`\nhelp: did you mean `skip`? expected one of `name`, `unit`, `label`, `skip`, `with`, `child`, `cap`, `hide_zero`, `merge`"
}
::core::compile_error! {
    "`a//b` is not a stat path: segment 2 is empty\nhelp: write `\"a/b\"`"
}
///What [`Handler::init`] takes besides a path: the fields of [`Handler`] that are not stats.
#[allow(dead_code, private_interfaces)]
struct HandlerParts {
    ///Becomes the field `pool`.
    pool: Pool,
}
#[automatically_derived]
#[allow(dead_code)]
impl Handler {
    /**Puts a `Handler` at `path` in the global registry.

An instance of the same class that is alive at that path shares its stats. A path that cannot be used is mended and logged once. At `/`, stats stay when the instance goes.*/
    #[must_use = "an instance that is dropped at once leaves the tree at once"]
    fn init(path: &str, parts: HandlerParts) -> Self {
        ::calipers::private::init(path, parts)
    }
    ///Like [`init`](Self::init), in a registry of your own.
    #[must_use = "an instance that is dropped at once leaves the tree at once"]
    fn init_in(
        registry: &::calipers::Registry,
        path: &str,
        parts: HandlerParts,
    ) -> Self {
        ::calipers::private::init_in(registry, path, parts)
    }
    ///Puts a `Handler` at `name` below the parent, whose aggregates of the same names count its stats in; it keeps that place alive. A slash in the name makes a level of it.
    #[must_use = "an instance that is dropped at once leaves the tree at once"]
    fn init_child(
        parent: &(impl ::calipers::Parent + ?::core::marker::Sized),
        name: impl ::core::fmt::Display,
        parts: HandlerParts,
    ) -> Self {
        ::calipers::private::init_child(parent, &name, parts)
    }
    ///Like [`init_child`](Self::init_child), at the lowest number that is free below `name`: `name/1`, `name/2`, …
    #[must_use = "an instance that is dropped at once leaves the tree at once"]
    fn init_child_numbered(
        parent: &(impl ::calipers::Parent + ?::core::marker::Sized),
        name: &str,
        parts: HandlerParts,
    ) -> Self {
        ::calipers::private::init_child_numbered(parent, name, parts)
    }
}
#[automatically_derived]
impl ::calipers::Instrumented for Handler {
    type Parts = HandlerParts;
    const CLASS: &'static ::calipers::private::Class = &::calipers::private::Class {
        name: "Handler",
        module: ::core::module_path!(),
        file: ::core::file!(),
        line: 0u32,
        label: ::core::option::Option::None,
        collapsed: false,
        stats: &[
            ::calipers::private::StatSpec::new(
                    "a",
                    <Counter as ::calipers::Stat>::KIND,
                    "",
                    0u32,
                )
                .unit("s"),
            ::calipers::private::StatSpec::new(
                "a//b",
                <Counter as ::calipers::Stat>::KIND,
                "",
                0u32,
            ),
        ],
    };
    fn node(&self) -> &::calipers::Node {
        ::core::unreachable!()
    }
    fn build(place: &::calipers::private::Opener<'_>, parts: Self::Parts) -> Self {
        {
            let _ = (place, parts);
            ::core::unreachable!()
        }
    }
}
