//! What the page says of itself, below `/calipers/report/http`.

use super::super::own::PageStats;
use super::*;

#[test]
fn requests_bytes_and_errors_by_cause_are_counted() {
    let registry = sample();
    let _kept = PageStats::open(&registry);
    let app = site(&registry);
    let body = ask_of(app.clone(), "GET", "/web/requests?format=json").body;
    ask_of(app.clone(), "HEAD", "/web/requests?format=json");
    ask_of(app.clone(), "GET", "/nothing?format=json");
    ask_of(app.clone(), "GET", "/?format=xml");
    ask_of(app.clone(), "POST", "/");
    ask_with(app.clone(), "GET", "/", &[(header::ACCEPT, "image/png")]);
    let named = Routes::new("x").registry(&registry).allow_host("a");
    ask_with(named.router(), "GET", "/", &[(header::HOST, "b")]);
    let snapshot = registry.snapshot();
    let counter = |name: &str| snapshot.counter(&format!("/calipers/report/http/{name}"));
    assert_eq!(counter("requests"), Some(7));
    assert!(counter("bytes") > Some(body.len() as u64));
    for cause in [
        "notFound",
        "badRequest",
        "wrongMethod",
        "notAcceptable",
        "wrongHost",
    ] {
        assert_eq!(counter(&format!("errors/{cause}")), Some(1), "{cause}");
    }
    let duration = snapshot.timer("/calipers/report/http/duration").unwrap();
    assert_eq!(duration.lifetime().count(), 7);
    // A body that is not sent is not counted.
    let before = counter("bytes");
    ask_of(app, "HEAD", "/");
    assert_eq!(
        registry.snapshot().counter("/calipers/report/http/bytes"),
        before
    );
}
