use std::future::{Future, pending};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::{Pin, pin};
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use super::*;
use crate::prelude::*;
use crate::snapshot::Outcomes;
use crate::test::{Isolated, isolated, isolated_with_clock};
use crate::{Registry, Variants, timed};

fn poll<F: Future>(future: Pin<&mut F>) -> Poll<F::Output> {
    future.poll(&mut Context::from_waker(Waker::noop()))
}

/// How the calls timed at `path` ended, and how many have not.
fn seen(scope: &Isolated, path: &str) -> (Outcomes, u64) {
    let snapshot = scope.snapshot();
    let timer = snapshot.timer(path).expect("a timer at this path");
    assert_eq!(timer.lifetime().count(), total(timer.outcomes()));
    (timer.outcomes(), timer.in_flight())
}

fn total(outcomes: Outcomes) -> u64 {
    outcomes.ok + outcomes.err + outcomes.panicked + outcomes.cancelled
}

fn outcomes(ok: u64, err: u64, panicked: u64, cancelled: u64) -> Outcomes {
    Outcomes {
        ok,
        err,
        panicked,
        cancelled,
    }
}

type Alias<T> = std::result::Result<T, std::num::ParseIntError>;

#[timed("/test/parse")]
fn parse(input: &str) -> Alias<u8> {
    if input == "!" {
        panic!("as asked");
    }
    let number = input.parse()?;
    Ok(number)
}

#[test]
fn a_call_ends_as_what_it_gives_or_as_panicked() {
    let scope = isolated();
    assert!(parse("1").is_ok() && parse("2").is_ok() && parse("x").is_err());
    assert!(catch_unwind(|| parse("!")).is_err());
    assert_eq!(seen(&scope, "/test/parse"), (outcomes(2, 1, 1, 0), 0));
}

#[timed("/test/wait")]
async fn wait(steps: u32, panics: bool) -> Result<u32, ()> {
    for _ in 0..steps {
        let mut passed = false;
        std::future::poll_fn(|_| {
            if std::mem::replace(&mut passed, true) {
                Poll::Ready(())
            } else {
                Poll::Pending
            }
        })
        .await;
    }
    assert!(!panics, "as asked");
    if steps == 0 { Err(()) } else { Ok(steps) }
}

#[test]
fn a_future_ends_as_what_it_gives_as_cancelled_or_as_panicked() {
    let scope = isolated();
    drop(wait(1, false));
    assert_eq!(
        seen(&scope, "/test/wait"),
        (outcomes(0, 0, 0, 0), 0),
        "what nobody polls has not begun"
    );

    let mut done = Box::pin(wait(1, false));
    assert!(poll(done.as_mut()).is_pending());
    assert_eq!(seen(&scope, "/test/wait").1, 1);
    assert_eq!(poll(done.as_mut()), Poll::Ready(Ok(1)));
    assert_eq!(poll(pin!(wait(0, false))), Poll::Ready(Err(())));

    let mut dropped = Box::pin(wait(2, false));
    assert!(poll(dropped.as_mut()).is_pending());
    drop(dropped);

    let mut panics = Box::pin(wait(1, true));
    assert!(poll(panics.as_mut()).is_pending());
    assert!(catch_unwind(AssertUnwindSafe(|| poll(panics.as_mut()))).is_err());
    drop(panics);
    assert_eq!(seen(&scope, "/test/wait"), (outcomes(1, 1, 1, 1), 0));
}

#[timed("/test/bystander")]
async fn bystander() {
    pending().await
}

#[test]
fn a_panic_that_merely_drops_a_future_cancels_it() {
    let scope = isolated();
    let unwound = catch_unwind(|| {
        let mut future = Box::pin(bystander());
        assert!(poll(future.as_mut()).is_pending());
        panic!("elsewhere");
    });
    assert!(unwound.is_err());
    assert_eq!(seen(&scope, "/test/bystander"), (outcomes(0, 0, 0, 1), 0));
}

#[derive(Instrumented)]
struct Store {
    latency: Timer,
}

impl Store {
    #[timed(self.latency)]
    async fn never(&mut self) -> ! {
        pending().await
    }

    #[timed(self.latency)]
    fn boxed(&self) -> Pin<Box<dyn Future<Output = Result<u8, ()>> + Send + '_>> {
        Box::pin(async { Err(()) })
    }

    #[timed("/test/{type}/{fn}")]
    fn named(&self) {}
}

#[test]
fn a_field_times_the_calls_of_its_own_instance() {
    let scope = isolated();
    let registry = Registry::new();
    let (mut one, two) = (
        Store::init_in(&registry, "/one"),
        Store::init_in(&registry, "/two"),
    );
    let future = two.boxed();
    let mut never = Box::pin(one.never());
    assert!(poll(never.as_mut()).is_pending());
    drop(never);
    assert_eq!(poll(pin!(future)), Poll::Ready(Err(())));
    let snapshot = scope.snapshot_of(&registry);
    let ended = |path| snapshot.timer(path).map(|timer| timer.outcomes());
    assert_eq!(ended("/one/latency"), Some(outcomes(0, 0, 0, 1)));
    assert_eq!(ended("/two/latency"), Some(outcomes(0, 1, 0, 0)));
    two.named();
    assert_eq!(seen(&scope, "/test/Store/named"), (outcomes(1, 0, 0, 0), 0));
}

trait Job {
    #[timed("/test/jobs/{type}")]
    fn run(&self) {}
}

impl Job for u8 {}
impl Job for Store {}
impl<T> Job for Vec<T> {}

#[test]
fn a_default_method_has_a_timer_for_each_type() {
    let scope = isolated();
    1_u8.run();
    Store::init_in(&Registry::new(), "/store").run();
    vec![1].run();
    vec!["a"].run();
    assert_eq!(seen(&scope, "/test/jobs/u8").0.ok, 1);
    assert_eq!(seen(&scope, "/test/jobs/Store").0.ok, 1);
    assert_eq!(seen(&scope, "/test/jobs/Vec").0.ok, 2);
}

#[timed]
fn never_called() {}

#[test]
fn a_function_is_visible_at_zero_at_the_path_of_its_module() {
    let scope = isolated();
    assert_eq!(
        seen(&scope, "/calipers/timed/tests/never_called"),
        (outcomes(0, 0, 0, 0), 0)
    );
    let _: fn() = never_called;
}

#[timed("/test/slept")]
async fn slept(scope: &Isolated) {
    scope.advance(Duration::from_secs(1));
    bystander_once().await;
    scope.advance(Duration::from_secs(1));
}

async fn bystander_once() {
    let mut passed = false;
    std::future::poll_fn(|_| {
        if std::mem::replace(&mut passed, true) {
            Poll::Ready(())
        } else {
            Poll::Pending
        }
    })
    .await;
}

#[test]
fn a_future_takes_from_its_first_poll_to_its_last() {
    let scope = isolated_with_clock();
    let mut future = pin!(slept(&scope));
    scope.advance(Duration::from_secs(10));
    assert!(poll(future.as_mut()).is_pending());
    scope.advance(Duration::from_secs(3));
    assert!(poll(future.as_mut()).is_ready());
    let snapshot = scope.snapshot();
    let timer = snapshot.timer("/test/slept").expect("it ran");
    assert_eq!(timer.lifetime().sum(), Duration::from_secs(5));
}

#[derive(Debug, PartialEq, Variants)]
enum Refused {
    Full(usize),
    Closed,
}

#[timed("/test/offer", err)]
fn offer(free: usize, open: bool) -> Result<usize, Refused> {
    if !open {
        return Err(Refused::Closed);
    }
    free.checked_sub(1).ok_or(Refused::Full(free))
}

#[test]
fn errors_are_counted_by_variant_beside_the_timer() {
    let scope = isolated();
    assert_eq!(offer(1, true), Ok(0));
    assert_eq!(offer(0, true), Err(Refused::Full(0)));
    assert!(offer(0, true).is_err() && offer(1, false).is_err());
    assert_eq!(seen(&scope, "/test/offer"), (outcomes(1, 3, 0, 0), 0));
    let snapshot = scope.snapshot();
    let errors = |variant| snapshot.counter(&format!("/test/offer_errors/{variant}"));
    assert_eq!((errors("full"), errors("closed")), (Some(2), Some(1)));
}

#[timed("/test/polled", polls)]
async fn polled(scope: &Isolated, panics: bool) -> u8 {
    scope.advance(Duration::from_millis(1));
    bystander_once().await;
    scope.advance(Duration::from_millis(3));
    assert!(!panics, "as asked");
    bystander_once().await;
    scope.advance(Duration::from_millis(2));
    1
}

/// How often, and for how many milliseconds, `/test/polled` and the timers beside it ran.
fn polls(scope: &Isolated) -> [(u64, u128); 3] {
    let snapshot = scope.snapshot();
    ["", "_busy", "_longest_poll"].map(|suffix| {
        let timer = snapshot.timer(&format!("/test/polled{suffix}"));
        let lifetime = timer.expect("a timer at this path").lifetime();
        (lifetime.count(), lifetime.sum().as_millis())
    })
}

#[test]
fn a_future_tells_its_time_inside_polls_and_its_longest_poll_when_it_ends() {
    let scope = isolated_with_clock();
    assert_eq!(polls(&scope), [(0, 0); 3], "visible before the first call");
    let mut future = Box::pin(polled(&scope, false));
    assert!(poll(future.as_mut()).is_pending());
    scope.advance(Duration::from_millis(10));
    assert!(poll(future.as_mut()).is_pending());
    scope.advance(Duration::from_millis(20));
    assert_eq!(polls(&scope), [(0, 0); 3], "it has not ended");
    assert!(poll(future.as_mut()).is_ready());
    assert_eq!(polls(&scope), [(1, 36), (1, 6), (1, 3)]);
}

#[test]
fn a_future_that_is_dropped_or_panics_tells_of_its_polls_as_well() {
    let scope = isolated_with_clock();
    let mut dropped = Box::pin(polled(&scope, false));
    assert!(poll(dropped.as_mut()).is_pending());
    scope.advance(Duration::from_millis(10));
    drop(dropped);
    assert_eq!(polls(&scope), [(1, 11), (1, 1), (1, 1)]);
    let mut panics = Box::pin(polled(&scope, true));
    assert!(poll(panics.as_mut()).is_pending());
    let unwound = catch_unwind(AssertUnwindSafe(|| poll(panics.as_mut())));
    assert!(unwound.is_err());
    drop(panics);
    assert_eq!(polls(&scope), [(2, 15), (2, 5), (2, 4)]);
    assert_eq!(seen(&scope, "/test/polled").0, outcomes(0, 0, 1, 1));
    drop(polled(&scope, false));
    assert_eq!(polls(&scope)[0].0, 2, "what nobody polls has not begun");
}

#[timed("/test/at_once", polls)]
async fn at_once(scope: &Isolated) {
    scope.advance(Duration::from_millis(7));
}

#[test]
fn a_future_that_is_ready_at_once_was_busy_all_its_time() {
    let scope = isolated_with_clock();
    assert!(poll(pin!(at_once(&scope))).is_ready());
    let snapshot = scope.snapshot();
    for path in [
        "/test/at_once",
        "/test/at_once_busy",
        "/test/at_once_longest_poll",
    ] {
        let timer = snapshot.timer(path).expect("a timer at this path");
        assert_eq!(timer.lifetime().sum(), Duration::from_millis(7), "{path}");
        assert_eq!(timer.in_flight(), 0);
    }
}

#[test]
fn a_type_is_called_by_its_last_name() {
    assert_eq!(short("a::b::Store<alloc::string::String>"), "Store");
    assert_eq!(short("Store"), "Store");
    assert_eq!(short("dyn a::Endpoint"), "Endpoint");
    assert_eq!(short("&a::Store"), "Store");
    assert_eq!(short(""), "");
}

#[test]
fn a_result_answers_for_itself_and_every_other_value_is_ok() {
    let (good, bad): (Alias<u8>, Alias<u8>) = ("1".parse(), "x".parse());
    assert_eq!(Probe(&good).outcome(), Outcome::Ok);
    assert_eq!(Probe(&bad).outcome(), Outcome::Err);
    assert_eq!(Probe(&None::<u8>).outcome(), Outcome::Ok);
    assert_eq!(Probe(&()).outcome(), Outcome::Ok);
}
