fn len(&self) -> usize {
    let running = {
        static TIMER: ::calipers::private::FnTimer = ::calipers::private::FnTimer::new(
                "/stores/{type}/len",
                "len",
                "",
                ::core::module_path!(),
                ::core::file!(),
                0u32,
            )
            .slow(::calipers::Slow::AboveRecent {
                quantile: 0.99f64,
                factor: 2f64,
            });
        ::calipers::private::inventory::submit!(::calipers::private::Declared(& TIMER));
        TIMER.start(::core::any::type_name::<Self>())
    };
    let value = ::calipers::private::once(move || -> usize { self.rows.len() });
    running.finish(::calipers::private::Probe(&value).outcome());
    value
}
