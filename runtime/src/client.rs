//! How this library asks others over HTTP.

use std::time::Duration;

/// What asks, for at most so long each time. Whoever is asked answers for himself: no redirect is followed, and no proxy, which is
/// set for the web and mostly does not lead to a server of one's own.
pub(crate) fn agent(patience: Duration) -> ureq::Agent {
    let config = ureq::Agent::config_builder()
        .timeout_global(Some(patience))
        .http_status_as_error(false)
        .max_redirects(0)
        .max_redirects_will_error(false)
        .proxy(None)
        .user_agent(concat!("calipers/", env!("CARGO_PKG_VERSION")))
        .build();
    config.into()
}
