//! What whoever started a reader holds of it.

use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use super::DeliveryError;
use super::shared::{Shared, after};
use super::tally::ReaderStats;

/// A reader that runs. Dropping it stops the reader, after a last push; so it is kept as long as the reader should
/// run, or [let go](Self::detach).
///
/// All methods may be called from any thread, and return within the time they are given, or 50 ms later, whatever the
/// reader or its peer does: a reader that is stuck is left to itself, and ends when it comes back.
///
/// The reader's own stats stay readable until the handle is dropped, so that after [`stop`](Self::stop) they tell what
/// became of the last push. A handle that was [let go](Self::detach) leaves them to the reader.
#[must_use = "a reader stops when its handle is dropped; keep it, or call `detach`"]
pub struct Handle {
    shared: Arc<Shared>,
    name: Arc<str>,
    /// Kept, so that they can be read when the reader has ended.
    _tally: Arc<ReaderStats>,
    grace: Duration,
    /// Whether dropping it stops the reader.
    stops: bool,
}

impl Handle {
    pub(super) fn new(
        shared: Arc<Shared>,
        name: Arc<str>,
        tally: Arc<ReaderStats>,
        grace: Duration,
    ) -> Handle {
        Handle {
            shared,
            name,
            _tally: tally,
            grace,
            stops: true,
        }
    }

    /// What the reader is called; its own stats stand below `/calipers/report/<name>`.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Pushes what the stats are now, and waits until it is delivered.
    ///
    /// The reader has this long, and its answer another 50 ms to arrive.
    ///
    /// # Errors
    ///
    /// It was not, not whole, or not within this time; what is queued then goes on being delivered.
    pub fn flush(&self, within: Duration) -> Result<(), DeliveryError> {
        self.shared.flush(within)
    }

    /// Pushes a last time, and ends the reader. Does nothing more when it has ended already.
    ///
    /// The reader has this long, and its answer another 50 ms to arrive.
    ///
    /// # Errors
    ///
    /// Not everything was delivered, or the reader is stuck and has not ended.
    pub fn stop(&self, within: Duration) -> Result<(), DeliveryError> {
        self.shared.ask_to_stop(within);
        self.shared.wait_for_end(after(within))
    }

    /// As [`stop`](Self::stop), without blocking: a future that needs no particular runtime.
    ///
    /// It is asked to end at once, not when the future is first polled.
    ///
    /// # Errors
    ///
    /// Not everything was delivered. A reader that is stuck is waited for; put a time limit of your runtime's around it.
    pub fn stopped(
        &self,
        within: Duration,
    ) -> impl Future<Output = Result<(), DeliveryError>> + use<> {
        self.shared.ask_to_stop(within);
        Ended(self.shared.clone())
    }

    /// Whether the reader has ended.
    pub fn has_ended(&self) -> bool {
        self.shared.has_ended()
    }

    /// Lets the reader run until the program ends. What is not delivered by then is lost.
    pub fn detach(mut self) {
        self.stops = false;
    }

    /// Ends the reader when it is dropped, without waiting for it: for a future, which must not block where it is dropped.
    pub(super) fn without_waiting(mut self) -> Unwaited {
        self.stops = false;
        Unwaited(self)
    }
}

impl fmt::Debug for Handle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Handle").field("name", &self.name).finish()
    }
}

impl Drop for Handle {
    fn drop(&mut self) {
        if self.stops && !self.shared.has_ended() {
            // What was not delivered is counted, and there is nobody left to tell.
            let _ = self.stop(self.grace);
        }
    }
}

/// See [`Handle::without_waiting`].
pub(super) struct Unwaited(pub(super) Handle);

impl Drop for Unwaited {
    fn drop(&mut self) {
        self.0.shared.ask_to_stop(self.0.grace);
    }
}

struct Ended(Arc<Shared>);

impl Future for Ended {
    type Output = Result<(), DeliveryError>;

    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        self.0.poll_end(context.waker())
    }
}
