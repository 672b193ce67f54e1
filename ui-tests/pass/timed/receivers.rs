//! Every receiver there is, in functions and in futures, with and without a timer of the instance's.
use std::future::Future;
use std::pin::{Pin, pin};
use std::rc::Rc;
use std::sync::Arc;
use std::task::{Context, Poll, Waker};

use calipers::prelude::*;

#[derive(Instrumented)]
struct Job {
    latency: Timer,
    #[stat(skip)]
    steps: Vec<u8>,
}

impl Job {
    #[timed(self.latency)]
    fn by_value(mut self) -> Self {
        self.steps.push(1);
        self
    }

    #[timed(self.latency)]
    fn boxed(self: Box<Self>) -> usize {
        self.steps.len()
    }

    #[timed(self.latency)]
    fn arc(self: Arc<Self>) -> Arc<Self> {
        self
    }

    #[timed(self.latency)]
    fn rc(self: &Rc<Self>) -> usize {
        Rc::strong_count(self)
    }

    #[timed(self.latency)]
    fn pinned(self: Pin<&mut Self>) -> usize {
        self.steps.len()
    }

    #[timed(self.latency)]
    async fn future_by_value(self) -> Self {
        self
    }

    #[timed(self.latency)]
    async fn future_of_arc(self: Arc<Self>) -> usize {
        self.steps.len()
    }

    #[timed(self.latency)]
    async fn future_of_pinned(self: Pin<&mut Self>) -> usize {
        self.steps.len()
    }

    #[timed(job.latency)]
    fn associated(job: &Job) -> usize {
        job.steps.len()
    }

    #[timed]
    async fn future_without_one(steps: &[u8]) -> Option<&u8> {
        steps.first()
    }
}

fn now<F: Future + Send>(future: F) -> F::Output {
    match pin!(future).poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(value) => value,
        Poll::Pending => unreachable!(),
    }
}

fn main() {
    let job = || Job::init("/job", JobParts { steps: vec![1, 2] });
    assert_eq!(job().by_value().steps.len(), 3);
    assert_eq!(Box::new(job()).boxed(), 2);
    assert_eq!(Arc::new(job()).arc().steps.len(), 2);
    assert_eq!(Rc::new(job()).rc(), 1);
    assert_eq!(Pin::new(&mut job()).pinned(), 2);
    assert_eq!(now(job().future_by_value()).steps.len(), 2);
    assert_eq!(now(Arc::new(job()).future_of_arc()), 2);
    assert_eq!(now(Pin::new(&mut job()).future_of_pinned()), 2);
    assert_eq!(Job::associated(&job()), 2);
    assert_eq!(now(Job::future_without_one(&[7])), Some(&7));
}
