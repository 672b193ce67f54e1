//! Errors counted by variant, beside the timer or in a family of the user's, whatever the function is.
use std::future::Future;
use std::pin::{Pin, pin};
use std::task::{Context, Poll, Waker};

use calipers::prelude::*;
use calipers::{Variant, Variants, timed};

#[derive(Debug, Variants)]
enum DbError {
    Timeout,
    NoSuchTable(String),
    #[variant(name = "io")]
    Disk { _source: std::io::Error },
}

type DbResult<T> = Result<T, DbError>;

#[timed("/errors/query", err)]
fn query(table: &str) -> DbResult<impl Iterator<Item = u8> + '_> {
    if table.is_empty() {
        return Err(DbError::NoSuchTable(table.to_owned()));
    }
    Ok(table.bytes())
}

#[timed("/errors/{fn}", slow = "1s", err, polls)]
async fn later<'a>(table: &'a str) -> DbResult<&'a str> {
    std::future::ready(()).await;
    if table.is_empty() { Err(DbError::Timeout) } else { Ok(table) }
}

#[timed(err)]
fn boxed<E: Variants>(error: E) -> Result<(), Box<E>> {
    Err(Box::new(error))
}

/// An error that borrows, and is generic.
#[derive(Variants)]
enum Refused<'a, T: ?Sized> {
    By(#[allow(dead_code)] &'a T),
}

#[timed("/errors/refuse", err)]
fn refuse<T: ?Sized>(by: &T) -> Result<(), Refused<'_, T>> {
    Err(Refused::By(by))
}

#[derive(Instrumented)]
struct Store {
    latency: Timer,
    #[stat(label = "error")]
    errors: Family<Variant<DbError>, Counter>,
}

static SHARED: std::sync::LazyLock<Family<Variant<DbError>, Counter>> = std::sync::LazyLock::new(Family::detached);

impl Store {
    #[timed(self.latency, err = self.errors)]
    fn get(&self, table: &str) -> DbResult<usize> {
        self.find(table)
    }

    #[timed("/errors/put", err = self.errors)]
    fn put(&mut self, table: &str) -> DbResult<()> {
        self.find(table)?;
        Ok(())
    }

    #[timed(self.latency, err = self.errors)]
    async fn fetch(&mut self, table: &str) -> DbResult<usize> {
        std::future::ready(()).await;
        self.find(table)
    }

    #[timed(self.latency, err = self.errors)]
    fn stream(&self) -> Pin<Box<dyn Future<Output = DbResult<()>> + Send>> {
        Box::pin(async { Err(DbError::Timeout) })
    }

    #[timed("/errors/close", err = SHARED)]
    fn close(self) -> DbResult<()> {
        self.find("")?;
        Ok(())
    }

    #[timed("/errors/with", err = errors)]
    fn with(errors: &Family<Variant<DbError>, Counter>) -> DbResult<()> {
        let _ = errors;
        Err(DbError::Timeout)
    }

    fn find(&self, table: &str) -> DbResult<usize> {
        if table.is_empty() { Err(DbError::Disk { _source: std::io::ErrorKind::NotFound.into() }) } else { Ok(table.len()) }
    }
}

#[timed("/errors/{type}/{fn}", err)]
impl DbError {
    fn again(&self) -> Result<(), Self> {
        Err(DbError::Timeout)
    }
    fn is_timeout(&self) -> bool {
        matches!(self, DbError::Timeout)
    }
}

fn now<F: Future>(future: F) -> F::Output {
    match pin!(future).poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(value) => value,
        Poll::Pending => unreachable!(),
    }
}

fn main() {
    assert_eq!(query("a").unwrap().count(), 1);
    assert!(query("").is_err());
    assert!(now(later("")).is_err() && now(later("x")).is_ok());
    assert!(boxed(DbError::Timeout).is_err());
    assert!(refuse("x").is_err());
    let mut store = Store::init("/store");
    assert!(store.get("").is_err() && store.put("").is_err() && now(store.fetch("")).is_err());
    assert!(now(store.stream()).is_err());
    assert!(Store::with(&store.errors.clone()).is_err());
    assert!(DbError::Timeout.again().is_err() && DbError::Timeout.is_timeout());
    let snapshot = calipers::snapshot();
    let count = |path: &str| snapshot.counter(path);
    assert_eq!(count("/errors/query_errors/no_such_table"), Some(1));
    assert_eq!(count("/errors/later_errors/timeout"), Some(1));
    assert_eq!(count("/errors/refuse_errors/by"), Some(1));
    assert_eq!(count("/errors/DbError/again_errors/timeout"), Some(1));
    assert_eq!((count("/store/errors/io"), count("/store/errors/timeout")), (Some(3), Some(2)));
    assert!(store.close().is_err());
}
