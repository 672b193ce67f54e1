fn fetch<'a>(&'a self) -> Pin<Box<dyn Future<Output = u8> + Send + 'a>> {
    let timer = ::calipers::private::handle({
        let timer: &::calipers::Timer = &(self.latency);
        timer
    });
    let row = self.row();
    Box::pin(async move {
        let mut running = ::calipers::private::start(&timer);
        let value = ::calipers::private::drive(
                &mut running,
                ::core::pin::pin!(
                    async move { #[allow(unreachable_code,
                    clippy::diverging_sub_expression, clippy::let_unit_value,
                    clippy::needless_return)] if false { let value : u8 = loop {}; return
                    value; } row.read(). await }
                ),
            )
            .await;
        running.finish(::calipers::private::Probe(&value).outcome());
        value
    })
}
