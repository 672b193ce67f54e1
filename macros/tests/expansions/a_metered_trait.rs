///The stats of one type that implements [`Endpoint`].
#[allow(missing_docs)]
#[::core::prelude::v1::derive(::calipers::private::Collected)]
#[instrumented(crate = "::calipers")]
pub struct EndpointStats {
    /// Time to answer.
    pub latency: Timer,
    #[stat(name = "errorRate")]
    pub error_rate: Meter,
}
/// An endpoint.
pub trait Endpoint: Send + ::calipers::private::Metered<5938649617430854620u64> {
    /// Time to answer.
    fn latency(&self) -> &Timer {
        &::calipers::private::Metered::<5938649617430854620u64>::slot(self)
            .stats::<EndpointStats>(::core::module_path!(), "my/http/endpoints/{type}")
            .latency
    }
    fn error_rate(&self) -> &Meter {
        &::calipers::private::Metered::<5938649617430854620u64>::slot(self)
            .stats::<EndpointStats>(::core::module_path!(), "my/http/endpoints/{type}")
            .error_rate
    }
    fn get(&self) {
        let _timing = self.latency().start();
    }
    #[doc(hidden)]
    fn needs_metered_on_the_trait()
    where
        Self: ::core::marker::Sized,
    {
        <Self as ::calipers::private::Metered<5938649617430854620u64>>::slot_of_type()
            .stats::<EndpointStats>(::core::module_path!(), "my/http/endpoints/{type}");
    }
}
