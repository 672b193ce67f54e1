//! Polls timed beside the call.
use std::future::Future;
use std::pin::{Pin, pin};
use std::task::{Context, Poll, Waker};

use calipers::timed;

async fn pause() {
    let mut paused = false;
    std::future::poll_fn(|_| match std::mem::replace(&mut paused, true) {
        true => Poll::Ready(()),
        false => Poll::Pending,
    })
    .await
}

#[timed("/polls/twice", polls)]
async fn twice(text: &str) -> usize {
    pause().await;
    text.len()
}

#[timed("/polls/boxed", polls)]
fn boxed<'a>(text: &'a str) -> Pin<Box<dyn Future<Output = &'a str> + Send + 'a>> {
    Box::pin(async move { text })
}

struct Store;

#[timed("/polls/{fn}", polls)]
impl Store {
    async fn get(&self) {}
    fn len(&self) -> usize {
        0
    }
}

fn main() {
    let mut context = Context::from_waker(Waker::noop());
    let mut future = pin!(twice("ab"));
    assert!(future.as_mut().poll(&mut context).is_pending());
    assert_eq!(future.as_mut().poll(&mut context), Poll::Ready(2));
    assert_eq!(boxed("a").as_mut().poll(&mut context), Poll::Ready("a"));
    assert!(pin!(Store.get()).poll(&mut context).is_ready());
    assert_eq!(Store.len(), 0);
    let snapshot = calipers::snapshot();
    for path in ["/polls/twice", "/polls/boxed", "/polls/get"] {
        let timer = |suffix: &str| snapshot.timer(&format!("{path}{suffix}")).unwrap();
        let (whole, busy, longest) = (timer(""), timer("_busy"), timer("_longest_poll"));
        let counts = [&whole, &busy, &longest].map(|timer| timer.lifetime().count());
        assert_eq!(counts, [1, 1, 1], "{path}");
        let sums = [&longest, &busy, &whole].map(|timer| timer.lifetime().sum());
        assert!(sums.is_sorted(), "{path}: {sums:?}");
    }
    assert!(snapshot.timer("/polls/len_busy").is_none());
}
