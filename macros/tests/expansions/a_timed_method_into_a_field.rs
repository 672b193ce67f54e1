async fn fetch(&mut self) -> Result<&mut Row, Error> {
    let mut running = ::calipers::private::start({
        let timer: &::calipers::Timer = &(self.latency);
        timer
    });
    let value = ::calipers::private::drive(
            &mut running,
            ::core::pin::pin!(
                async move { #[allow(unreachable_code, clippy::diverging_sub_expression,
                clippy::let_unit_value, clippy::needless_return)] if false { let value :
                Result < & mut Row, Error > = loop {}; return value; } self.rows.next().
                await }
            ),
        )
        .await;
    running.finish(::calipers::private::Probe(&value).outcome());
    value
}
