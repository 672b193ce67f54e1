//! `#[timed(slow = …)]`: what is slow really reaches the log, at a limited rate.
//!
//! A program of its own, as a process has one logger.

use std::time::{Duration, Instant};

use calipers::timed;
use calipers_tests::{logged, task};

const PAUSE: Duration = Duration::from_secs(10);

type Scope = calipers::test::Isolated;

#[timed("/slow/call", slow = "5ms")]
fn call(scope: &Scope, took: u64) -> Result<(), ()> {
    scope.advance(Duration::from_millis(took));
    Err(())
}

#[timed("/slow/future", slow = "5 ms", polls)]
async fn future(scope: &Scope, took: u64) {
    scope.advance(Duration::from_millis(took));
    task::pause().await;
    scope.advance(Duration::from_millis(took));
}

struct Store;

impl Store {
    #[timed("/slow/{type}", slow = "5ms")]
    fn get(&self, scope: &Scope) {
        scope.advance(Duration::from_millis(6));
    }
}

#[timed("/slow/usual", slow = "100*p50")]
fn usual(spin: Duration) {
    let began = Instant::now();
    while began.elapsed() < spin {
        std::hint::spin_loop();
    }
}

#[test]
fn a_slow_call_is_logged_with_its_path_and_its_limit() {
    logged::keep();
    let scope = calipers::test::isolated_with_clock();
    assert!(call(&scope, 5).is_err());
    assert_eq!(
        logged::lines_with("/slow/call").len(),
        0,
        "at the limit, not above it"
    );
    assert!(call(&scope, 6).is_err() && call(&scope, 7).is_err() && call(&scope, 8).is_err());
    let lines = logged::lines_with("/slow/call");
    assert_eq!(lines.len(), 1, "one line in ten seconds: {lines:?}");
    assert!(
        lines[0].ends_with("WARN calipers::slow: `/slow/call` took 6 ms, above 5 ms"),
        "no others to tell of: {lines:?}"
    );
    scope.advance(PAUSE);
    assert!(call(&scope, 9).is_err());
    let lines = logged::lines_with("/slow/call");
    assert_eq!(lines.len(), 2);
    assert!(lines[1].contains("2 more since the last line"), "{lines:?}");
}

#[test]
fn a_slow_future_is_logged_by_what_its_caller_waited() {
    logged::keep();
    let scope = calipers::test::isolated_with_clock();
    task::run(future(&scope, 2));
    assert_eq!(logged::lines_with("/slow/future").len(), 0);
    task::run(future(&scope, 3));
    assert_eq!(logged::lines_with("/slow/future` took 6 ms").len(), 1);
}

#[test]
fn a_slow_method_is_logged_under_its_type() {
    logged::keep();
    let scope = calipers::test::isolated_with_clock();
    Store.get(&scope);
    assert_eq!(logged::lines_with("`/slow/Store` took 6 ms").len(), 1);
}

#[test]
fn a_call_far_above_the_usual_is_logged_once_the_usual_is_known() {
    logged::keep();
    (0..99).for_each(|_| usual(Duration::ZERO));
    calipers::private::tick(Duration::from_secs(5));
    usual(Duration::from_millis(20));
    assert_eq!(
        logged::lines_with("/slow/usual").len(),
        0,
        "99 calls tell too little"
    );
    (0..500).for_each(|_| usual(Duration::ZERO));
    calipers::private::tick(Duration::from_secs(10));
    usual(Duration::from_millis(20));
    let lines = logged::lines_with("/slow/usual");
    assert_eq!(lines.len(), 1, "{lines:?}");
    assert!(lines[0].contains("100 × the recent p50"), "{lines:?}");
}
