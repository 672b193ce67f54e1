#[allow(missing_docs)]
#[::core::prelude::v1::derive(::calipers::private::Collected)]
/// The front end.
#[cfg(feature = "web")]
pub struct Web {
    /// Answers that failed.
    pub errors: Counter,
    #[cfg(unix)]
    pub success: Counter,
}
/// The front end.
#[cfg(feature = "web")]
pub static WEB: ::calipers::Collection<Web> = ::calipers::Collection::new("/web");
#[cfg(feature = "web")]
const _: () = {
    ::calipers::private::inventory::submit!(::calipers::private::Declared(& WEB));
};
