fn len(&self) -> usize {
    let running = {
        const CLASS: &::calipers::private::Class = &::calipers::private::Class {
            name: "len",
            module: ::core::module_path!(),
            file: ::core::file!(),
            line: 0u32,
            label: ::core::option::Option::None,
            collapsed: false,
            stats: &[
                ::calipers::private::StatSpec::new(
                        "len",
                        ::calipers::Kind::Timer,
                        "",
                        0u32,
                    )
                    .unit("s"),
            ],
        };
        static TIMER: ::calipers::private::FnTimer = ::calipers::private::FnTimer::new(
                CLASS,
                "/stores/{type}/len",
            )
            .slow(::calipers::Slow::AboveRecent {
                quantile: 0.99f64,
                factor: 2f64,
            });
        TIMER.start_in(::core::any::type_name::<Self>())
    };
    let value = ::calipers::private::once(move || -> usize { self.rows.len() });
    running.finish(::calipers::private::Probe(&value).outcome());
    value
}
