///The stats of one type that implements [`Endpoint`].
#[allow(dead_code, missing_docs)]
#[::core::prelude::v1::derive(::calipers::private::Collected)]
#[instrumented(crate = "::calipers")]
pub struct EndpointStats {
    /// Time to answer.
    pub latency: Timer,
    #[stat(name = "errorRate")]
    pub error_rate: Meter,
}
#[automatically_derived]
impl ::calipers::private::TraitStats for EndpointStats {
    const TEMPLATE: &'static str = "my/http/endpoints/{type}";
}
/// An endpoint.
pub trait Endpoint: Send + ::calipers::private::Metered<5938649617430854620u64> {
    /// Time to answer.
    fn latency(&self) -> &Timer {
        &::calipers::private::Metered::<5938649617430854620u64>::slot(self)
            .stats::<EndpointStats>()
            .latency
    }
    fn error_rate(&self) -> &Meter {
        &::calipers::private::Metered::<5938649617430854620u64>::slot(self)
            .stats::<EndpointStats>()
            .error_rate
    }
    fn get(&self) {
        let _timing = self.latency().start();
    }
    #[doc(hidden)]
    fn __declare_endpoint(open: bool) -> ::calipers::private::Told
    where
        Self: ::core::marker::Sized,
    {
        <Self as ::calipers::private::Metered<5938649617430854620u64>>::slot_of_type()
            .declare::<EndpointStats>(open)
    }
}
