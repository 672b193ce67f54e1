async fn query(&mut self) -> Result<impl Iterator<Item = Row>, DbError> {
    let mut running = {
        static TIMER: ::calipers::private::FnTimer = ::calipers::private::FnTimer::new(
                "/db/query",
                "query",
                "",
                ::core::module_path!(),
                ::core::file!(),
                0u32,
            )
            .errors()
            .polls();
        ::calipers::private::inventory::submit!(::calipers::private::Declared(& TIMER));
        TIMER.start("")
    }
        .polled();
    let value = ::calipers::private::drive(
            &mut running,
            ::core::pin::pin!(
                async move { #[allow(unreachable_code, clippy::diverging_sub_expression,
                clippy::let_unit_value, clippy::needless_return)] if false { let value :
                Result < _, DbError > = loop {}; return value; } self.rows(). await }
            ),
        )
        .await;
    running
        .erred(<Result<_, DbError> as ::calipers::private::Fallible>::variant(&value));
    running.finish(::calipers::private::Probe(&value).outcome());
    value
}
fn get(&self, key: &str) -> Result<Row, DbError> {
    let errors: &::calipers::Family<
        ::calipers::Variant<
            <Result<Row, DbError> as ::calipers::private::Fallible>::Error,
        >,
        ::calipers::Counter,
    > = &(self.errors);
    let running = ::calipers::private::start({
        let timer: &::calipers::Timer = &(self.latency);
        timer
    });
    let value = ::calipers::private::once(move || -> Result<Row, DbError> {
        self.row(key)
    });
    <Result<Row, DbError> as ::calipers::private::Fallible>::count(&value, errors);
    running.finish(::calipers::private::Probe(&value).outcome());
    value
}
fn close(self) -> Result<(), DbError> {
    let errors = {
        let errors: &::calipers::Family<
            ::calipers::Variant<
                <Result<(), DbError> as ::calipers::private::Fallible>::Error,
            >,
            ::calipers::Counter,
        > = &(self.errors);
        ::calipers::private::handle(errors)
    };
    let running = ::calipers::private::start({
        let timer: &::calipers::Timer = &(self.latency);
        timer
    });
    let value = ::calipers::private::once(move || -> Result<(), DbError> {
        drop(self.file)
    });
    <Result<(), DbError> as ::calipers::private::Fallible>::count(&value, &errors);
    running.finish(::calipers::private::Probe(&value).outcome());
    value
}
impl Store {
    fn len(&self) -> usize {
        let running = {
            static TIMER: ::calipers::private::FnTimer = ::calipers::private::FnTimer::new(
                "/db/len",
                "len",
                "",
                ::core::module_path!(),
                ::core::file!(),
                0u32,
            );
            ::calipers::private::inventory::submit!(
                ::calipers::private::Declared(& TIMER)
            );
            TIMER.start("")
        };
        let value = ::calipers::private::once(move || -> usize { 0 });
        running.finish(::calipers::private::Probe(&value).outcome());
        value
    }
    async fn put(&self) -> io::Result<()> {
        let mut running = {
            static TIMER: ::calipers::private::FnTimer = ::calipers::private::FnTimer::new(
                    "/db/put",
                    "put",
                    "",
                    ::core::module_path!(),
                    ::core::file!(),
                    0u32,
                )
                .errors()
                .polls();
            ::calipers::private::inventory::submit!(
                ::calipers::private::Declared(& TIMER)
            );
            TIMER.start("")
        }
            .polled();
        let value = ::calipers::private::drive(
                &mut running,
                ::core::pin::pin!(
                    async move { #[allow(unreachable_code,
                    clippy::diverging_sub_expression, clippy::let_unit_value,
                    clippy::needless_return)] if false { let value : io::Result < () > =
                    loop {}; return value; } Ok(()) }
                ),
            )
            .await;
        running
            .erred(<io::Result<()> as ::calipers::private::Fallible>::variant(&value));
        running.finish(::calipers::private::Probe(&value).outcome());
        value
    }
    fn clear(&self) {
        let running = {
            static TIMER: ::calipers::private::FnTimer = ::calipers::private::FnTimer::new(
                "/db/clear",
                "clear",
                "",
                ::core::module_path!(),
                ::core::file!(),
                0u32,
            );
            ::calipers::private::inventory::submit!(
                ::calipers::private::Declared(& TIMER)
            );
            TIMER.start("")
        };
        let value = ::calipers::private::once(move || -> () {});
        running.finish(::calipers::private::Probe(&value).outcome());
        value
    }
}
