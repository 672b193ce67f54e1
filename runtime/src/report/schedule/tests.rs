//! What all readers have in common, with readers that fail in every way.

use std::future::Future;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering::SeqCst};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll, Wake, Waker};
use std::thread;
use std::time::{Duration, Instant};

use crate::report::{
    DeliveryError, Handle, PushError, Pushed, Reader, RunError, Schedule, StartError,
};
use crate::{Registry, Snapshot};

/// More than anything here takes, on a machine that is busy with something else.
const LONG: Duration = Duration::from_secs(60);
const NEVER: Duration = Duration::from_secs(24 * 3600);

/// Does what the test says, by number of push.
struct Scripted<F>(u64, F);

impl<F: FnMut(u64) -> Result<Pushed, PushError> + Send + 'static> Reader for Scripted<F> {
    fn push(&mut self, _: &Snapshot) -> Result<Pushed, PushError> {
        self.0 += 1;
        (self.1)(self.0)
    }
}

fn start(
    registry: &Registry,
    act: impl FnMut(u64) -> Result<Pushed, PushError> + Send + 'static,
) -> Handle {
    let schedule = Schedule::new("scripted").every(NEVER).registry(registry);
    schedule.start(Scripted(0, act)).unwrap()
}

fn own(registry: &Registry, stat: &str) -> u64 {
    let path = format!("/calipers/report/scripted/{stat}");
    registry.snapshot().counter(&path).unwrap_or(0)
}

#[test]
fn a_reader_gets_a_snapshot_every_period() {
    let registry = Registry::new();
    let count = registry.counter("count").unwrap();
    count.add(7);
    let (sender, receiver): (Sender<Option<u64>>, Receiver<_>) = channel();
    struct Seen(Sender<Option<u64>>);
    impl Reader for Seen {
        fn push(&mut self, snapshot: &Snapshot) -> Result<Pushed, PushError> {
            let _ = self.0.send(snapshot.counter("/count"));
            Ok(Pushed::nothing())
        }
    }
    let schedule = Schedule::new("seen").every(Duration::from_millis(5));
    let handle = schedule.registry(&registry).start(Seen(sender)).unwrap();
    for _ in 0..5 {
        assert_eq!(receiver.recv_timeout(LONG).unwrap(), Some(7));
    }
    handle.stop(LONG).unwrap();
    assert!(handle.has_ended());
}

#[test]
fn stopping_pushes_a_last_time_and_stopping_twice_does_not_do_it_twice() {
    let registry = Registry::new();
    let pushes = Arc::new(AtomicU64::new(0));
    let counted = pushes.clone();
    let handle = start(&registry, move |_| {
        counted.fetch_add(1, SeqCst);
        Ok(Pushed::nothing())
    });
    handle.stop(LONG).unwrap();
    handle.stop(LONG).unwrap();
    assert_eq!(handle.flush(LONG), Err(DeliveryError::Stopped));
    drop(handle);
    assert_eq!(pushes.load(SeqCst), 1);
}

#[test]
fn a_reader_that_panics_is_restarted_and_counted() {
    let registry = Registry::new();
    let handle = start(&registry, |push| match push {
        1 | 2 => panic!("on purpose"),
        _ => Ok(Pushed::whole(10)),
    });
    assert_eq!(handle.flush(LONG), Err(DeliveryError::Panicked));
    assert_eq!(handle.flush(LONG), Err(DeliveryError::Panicked));
    assert_eq!(handle.flush(LONG), Ok(()));
    assert_eq!((own(&registry, "panics"), own(&registry, "pushes")), (2, 1));
}

#[test]
fn errors_are_told_and_counted_by_cause() {
    let registry = Registry::new();
    let handle = start(&registry, |push| match push {
        1 => Err(PushError::new("full", "could not write", "the cup is full")),
        2 => Err(std::io::Error::from(std::io::ErrorKind::ConnectionRefused).into()),
        _ => Ok(Pushed::whole(10)),
    });
    let full = handle.flush(LONG).unwrap_err();
    assert_eq!(full.to_string(), "could not write: the cup is full");
    assert!(handle.flush(LONG).is_err());
    let last_success = || {
        registry
            .snapshot()
            .gauge("/calipers/report/scripted/lastSuccess")
    };
    assert_eq!(last_success(), Some(0.0));
    handle.flush(LONG).unwrap();
    assert_eq!(
        (
            own(&registry, "errors/full"),
            own(&registry, "errors/refused")
        ),
        (1, 1)
    );
    assert_eq!((own(&registry, "pushes"), own(&registry, "bytes")), (1, 10));
    assert!(last_success() > Some(1.6e9));
}

#[test]
fn a_reader_that_is_stuck_keeps_nobody() {
    let registry = Registry::new();
    let (release, held) = channel::<()>();
    let handle = start(&registry, move |_| {
        let _ = held.recv_timeout(LONG);
        Ok(Pushed::nothing())
    });
    let began = Instant::now();
    assert_eq!(
        handle.flush(Duration::from_millis(50)),
        Err(DeliveryError::Late)
    );
    assert_eq!(
        handle.stop(Duration::from_millis(50)),
        Err(DeliveryError::Late)
    );
    assert_eq!(
        handle.stop(Duration::from_millis(50)),
        Err(DeliveryError::Late)
    );
    assert!(began.elapsed() < LONG / 2);
    release.send(()).unwrap();
    release.send(()).unwrap();
    handle.stop(LONG).unwrap();
}

#[test]
fn dropping_the_handle_takes_no_longer_than_the_grace() {
    let registry = Registry::new();
    let schedule = Schedule::new("held").every(NEVER).registry(&registry);
    let (release, held) = channel::<()>();
    let act = move |_| {
        let _ = held.recv_timeout(LONG);
        Ok(Pushed::nothing())
    };
    let schedule = schedule.grace(Duration::from_millis(50));
    let handle = schedule.start(Scripted(0, act)).unwrap();
    let began = Instant::now();
    drop(handle);
    assert!(began.elapsed() < LONG / 2);
    drop(release);
}

/// Holds what it is given until the test lets go.
struct Holding {
    open: Arc<AtomicBool>,
    held: u64,
}

impl Reader for Holding {
    fn push(&mut self, _: &Snapshot) -> Result<Pushed, PushError> {
        self.held += 10;
        let mut pushed = Pushed::nothing();
        (pushed.offered, pushed.queued) = (10, self.held);
        Ok(pushed)
    }

    fn carry_on(&mut self, _: Instant) -> Result<Pushed, PushError> {
        let mut pushed = Pushed::nothing();
        if self.open.load(SeqCst) {
            pushed.sent = std::mem::take(&mut self.held);
        }
        pushed.queued = self.held;
        Ok(pushed)
    }
}

#[test]
fn what_is_queued_is_delivered_between_pushes_and_at_the_end() {
    let registry = Registry::new();
    let open = Arc::new(AtomicBool::new(false));
    let reader = Holding {
        open: open.clone(),
        held: 0,
    };
    let schedule = Schedule::new("scripted").every(NEVER).registry(&registry);
    let handle = schedule.start(reader).unwrap();
    let late = handle.flush(Duration::from_millis(20));
    assert!(matches!(
        late,
        Err(DeliveryError::Queued { .. } | DeliveryError::Late)
    ));
    let began = Instant::now();
    open.store(true, SeqCst);
    while own(&registry, "sent") < 10 {
        assert!(began.elapsed() < LONG, "it is not carried on");
        thread::yield_now();
    }
    handle.stop(LONG).unwrap();
    assert_eq!(
        (own(&registry, "offered"), own(&registry, "sent")),
        (20, 20)
    );
}

#[test]
fn a_short_flush_after_a_long_one_is_short() {
    let registry = Registry::new();
    let open = Arc::new(AtomicBool::new(true));
    let reader = Holding {
        open: open.clone(),
        held: 0,
    };
    let schedule = Schedule::new("scripted").every(NEVER).registry(&registry);
    let handle = schedule.start(reader).unwrap();
    handle.flush(LONG).unwrap();
    open.store(false, SeqCst);
    let began = Instant::now();
    assert!(handle.flush(Duration::from_millis(20)).is_err());
    while own(&registry, "offered") < 20 {
        assert!(began.elapsed() < LONG / 2);
        thread::yield_now();
    }
    // Nor does who stops it wait for somebody's long flush.
    thread::scope(|scope| {
        let long = scope.spawn(|| handle.flush(LONG));
        while own(&registry, "offered") < 30 {
            assert!(began.elapsed() < LONG / 2);
            thread::yield_now();
        }
        assert!(handle.stop(Duration::from_millis(20)).is_err());
        assert!(long.join().unwrap().is_err());
    });
    assert!(began.elapsed() < LONG / 2);
}

#[test]
fn two_readers_of_one_name_have_stats_of_their_own() {
    let registry = Registry::new();
    let first = start(&registry, |_| Ok(Pushed::nothing()));
    let second = start(&registry, |_| Ok(Pushed::nothing()));
    assert_eq!((first.name(), second.name()), ("scripted", "scripted-2"));
    second.flush(LONG).unwrap();
    assert_eq!(own(&registry, "pushes"), 0);
    let pushes = registry
        .snapshot()
        .counter("/calipers/report/scripted-2/pushes");
    assert_eq!(pushes, Some(1));
    first.stop(LONG).unwrap();
    let third = start(&registry, |_| Ok(Pushed::nothing()));
    assert_eq!(third.name(), "scripted");
}

#[test]
fn pushes_that_take_longer_than_the_period_are_left_out_and_counted() {
    let registry = Registry::new();
    let schedule = Schedule::new("scripted").every(Duration::from_millis(1));
    let act = |_| {
        thread::sleep(Duration::from_millis(10));
        Ok(Pushed::nothing())
    };
    let handle = schedule
        .registry(&registry)
        .start(Scripted(0, act))
        .unwrap();
    let began = Instant::now();
    while own(&registry, "missed") < 20 {
        assert!(began.elapsed() < LONG);
        thread::yield_now();
    }
    assert!(own(&registry, "pushes") < own(&registry, "missed"));
    handle.stop(LONG).unwrap();
}

#[test]
fn a_period_without_end_leaves_a_reader_that_pushes_when_it_is_asked() {
    let registry = Registry::new();
    let schedule = Schedule::new("asked").every(Duration::MAX);
    let handle = schedule
        .registry(&registry)
        .start(Scripted(0, |_| Ok(Pushed::nothing())))
        .unwrap();
    handle.flush(LONG).unwrap();
    handle.stop(LONG).unwrap();
}

#[test]
fn a_period_of_nothing_is_refused() {
    let started = Schedule::new("x")
        .every(Duration::ZERO)
        .start(Scripted(0, |_| Ok(Pushed::nothing())));
    assert!(matches!(started, Err(StartError::Period)));
}

/// An executor of one future: any runtime will do.
fn block_on<F: Future>(future: F) -> F::Output {
    struct Unpark(thread::Thread);
    impl Wake for Unpark {
        fn wake(self: Arc<Self>) {
            self.0.unpark();
        }
    }
    let waker = Waker::from(Arc::new(Unpark(thread::current())));
    let mut future = std::pin::pin!(future);
    loop {
        match future.as_mut().poll(&mut Context::from_waker(&waker)) {
            Poll::Ready(result) => return result,
            Poll::Pending => thread::park_timeout(LONG),
        }
    }
}

#[test]
fn as_a_future_it_runs_until_it_is_told_and_pushes_a_last_time() {
    let registry = Registry::new();
    let pushes = Arc::new(AtomicU64::new(0));
    let counted = pushes.clone();
    let act = move |_| {
        counted.fetch_add(1, SeqCst);
        Ok(Pushed::nothing())
    };
    let schedule = Schedule::new("task").every(NEVER).registry(&registry);
    let told = Arc::new(Mutex::new(None::<Waker>));
    let until = {
        let told = told.clone();
        let mut polled = false;
        std::future::poll_fn(move |context| {
            if polled {
                return Poll::Ready(());
            }
            polled = true;
            *told.lock().unwrap() = Some(context.waker().clone());
            Poll::Pending
        })
    };
    let teller = thread::spawn(move || {
        let began = Instant::now();
        loop {
            if let Some(waker) = told.lock().unwrap().take() {
                return waker.wake();
            }
            assert!(began.elapsed() < LONG);
            thread::yield_now();
        }
    });
    block_on(schedule.run(Scripted(0, act), until)).unwrap();
    teller.join().unwrap();
    assert_eq!(pushes.load(SeqCst), 1);
    let schedule = Schedule::new("x").every(Duration::ZERO);
    let failed = block_on(schedule.run(Scripted(0, |_| Ok(Pushed::nothing())), async {}));
    assert!(matches!(failed, Err(RunError::Start(StartError::Period))));
}

#[test]
fn a_future_that_is_dropped_ends_its_reader_without_blocking() {
    let registry = Registry::new();
    let (sender, receiver) = channel();
    struct Telling(Sender<()>);
    impl Reader for Telling {
        fn push(&mut self, _: &Snapshot) -> Result<Pushed, PushError> {
            Ok(Pushed::nothing())
        }
    }
    impl Drop for Telling {
        fn drop(&mut self) {
            let _ = self.0.send(());
        }
    }
    let schedule = Schedule::new("task").every(NEVER).registry(&registry);
    let mut task = Box::pin(schedule.run(Telling(sender), std::future::pending()));
    let mut context = Context::from_waker(Waker::noop());
    assert!(task.as_mut().poll(&mut context).is_pending());
    assert!(receiver.try_recv().is_err());
    drop(task);
    receiver.recv_timeout(LONG).unwrap();
}

#[test]
fn a_push_of_which_something_was_dropped_is_no_success() {
    let registry = Registry::new();
    let dropping = |offered, dropped, queued| {
        Ok(Pushed {
            offered,
            dropped,
            queued,
            sent: offered - dropped - queued,
            ..Pushed::nothing()
        })
    };
    let handle = start(&registry, move |push| match push {
        1 => dropping(5, 5, 0),
        2 => dropping(5, 1, 0),
        _ => dropping(5, 0, 0),
    });
    let last_success = || {
        let path = "/calipers/report/scripted/lastSuccess";
        registry.snapshot().gauge(path)
    };
    assert_eq!(handle.flush(LONG), Err(DeliveryError::Dropped { lost: 5 }));
    assert_eq!(handle.flush(LONG), Err(DeliveryError::Dropped { lost: 1 }));
    assert_eq!(last_success(), Some(0.0));
    assert_eq!(handle.flush(LONG), Ok(()));
    assert!(last_success() > Some(1.6e9));
}

#[test]
fn what_an_earlier_push_left_may_be_dropped_for_the_last_one_to_be_delivered() {
    struct Full(u64);
    impl Reader for Full {
        fn push(&mut self, _: &Snapshot) -> Result<Pushed, PushError> {
            self.0 += 1;
            Ok(Pushed {
                offered: 10,
                // The second finds the ten of the first, and takes the place of six of them.
                dropped: if self.0 == 2 { 6 } else { 0 },
                queued: if self.0 == 2 { 14 } else { 10 },
                ..Pushed::nothing()
            })
        }
        fn carry_on(&mut self, _: Instant) -> Result<Pushed, PushError> {
            let queued = if self.0 == 1 { 10 } else { 0 };
            Ok(Pushed {
                sent: if self.0 == 1 { 0 } else { 14 },
                queued,
                ..Pushed::nothing()
            })
        }
    }
    let registry = Registry::new();
    let schedule = Schedule::new("scripted").every(NEVER).registry(&registry);
    let handle = schedule.start(Full(0)).unwrap();
    let left = handle.flush(Duration::ZERO);
    assert!(
        matches!(
            left,
            Err(DeliveryError::Queued { left: 10 } | DeliveryError::Late)
        ),
        "{left:?}"
    );
    let began = Instant::now();
    while own(&registry, "pushes") < 1 {
        assert!(began.elapsed() < LONG);
        thread::yield_now();
    }
    assert_eq!(handle.flush(LONG), Ok(()));
    assert_eq!(own(&registry, "dropped"), 6);
}

#[test]
fn a_reader_has_a_name_and_its_stats_are_one_place_whatever_it_is() {
    let quiet = || Scripted(0, |_| Ok(Pushed::nothing()));
    let refused = Schedule::new("").start(quiet()).unwrap_err();
    assert!(matches!(refused, StartError::Name), "{refused}");
    let registry = Registry::new();
    let schedule = Schedule::new("hos/ti le\n<b>").registry(&registry);
    let handle = schedule.every(NEVER).start(quiet()).unwrap();
    assert_eq!(handle.name(), "hos/ti le\n<b>");
    handle.flush(LONG).unwrap();
    let pushes = "/calipers/report/hos%2Fti le%0A<b>/pushes";
    assert_eq!(registry.snapshot().counter(pushes), Some(1));
}

#[test]
fn the_last_account_can_be_read_until_the_handle_is_dropped() {
    let registry = Registry::new();
    let handle = start(&registry, |_| Ok(Pushed::whole(10)));
    handle.stop(LONG).unwrap();
    assert_eq!((own(&registry, "pushes"), own(&registry, "sent")), (1, 1));
    // The name is free all the same, and whoever takes it counts on.
    let second = start(&registry, |_| Ok(Pushed::whole(10)));
    assert_eq!(second.name(), "scripted");
    second.stop(LONG).unwrap();
    assert_eq!(own(&registry, "pushes"), 2);
    drop((handle, second));
    assert_eq!(
        registry
            .snapshot()
            .counter("/calipers/report/scripted/pushes"),
        None
    );
}
