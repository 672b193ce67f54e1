impl<T: Clone> Store<T> {
    pub const fn new() -> Self {
        Store
    }
    fn get(&self) -> T {
        let running = {
            const CLASS: &::calipers::private::Class = &::calipers::private::Class {
                name: "get",
                module: ::core::module_path!(),
                file: ::core::file!(),
                line: 0u32,
                label: ::core::option::Option::None,
                collapsed: false,
                stats: &[
                    ::calipers::private::StatSpec::new(
                            "get",
                            ::calipers::Kind::Timer,
                            "",
                            0u32,
                        )
                        .unit("s"),
                ],
            };
            static TIMER: ::calipers::private::FnTimer = ::calipers::private::FnTimer::new(
                CLASS,
                "/db/Store/get",
            );
            ::calipers::private::inventory::submit! {
                ::calipers::private::Declared::new(CLASS,
                ::core::option::Option::Some("/db/Store/get"), || TIMER.touch())
            }
            TIMER.start()
        };
        let value = ::calipers::private::once(move || -> T { self.0.clone() });
        running.finish(::calipers::private::Probe(&value).outcome());
        value
    }
}
