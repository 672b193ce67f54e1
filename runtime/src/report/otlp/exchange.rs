//! One request at a time, sent until it is taken or refused: attempts elsewhere, and waits between them.

use std::io;
use std::sync::Arc;
use std::time::Instant;

use super::answer::Verdict;
use super::settings::Target;
use crate::client;
use crate::report::backoff::Backoff;
use crate::report::elsewhere::{Elsewhere, Panicked, sleep_until};

/// What is longer was not written by a receiver.
const LONGEST_ANSWER: u64 = 64 * 1024;

#[derive(Debug)]
pub(super) struct Exchange {
    agent: ureq::Agent,
    target: Arc<Target>,
    state: State,
    backoff: Backoff,
}

#[derive(Debug)]
enum State {
    /// An attempt may be made.
    Ready,
    Attempt(Elsewhere<Verdict>),
    Waiting(Instant),
}

impl Exchange {
    pub(super) fn new(target: Target) -> Exchange {
        Exchange {
            agent: client::agent(target.timeout),
            target: Arc::new(target),
            state: State::Ready,
            backoff: Backoff::default(),
        }
    }

    /// Whether a request is on its way, and its outcome unknown.
    pub(super) fn is_under_way(&self) -> bool {
        matches!(self.state, State::Attempt(_))
    }

    /// Lets go of everything but how often it failed.
    pub(super) fn forget(&mut self) {
        self.state = State::Ready;
    }

    /// Attempts to send this, again if need be, and tells what became of an attempt; nothing when none has ended by
    /// `until`.
    pub(super) fn carry_on(&mut self, body: &Arc<[u8]>, until: Instant) -> Option<Verdict> {
        if let State::Waiting(next) = self.state {
            if !sleep_until(next, until) {
                return None;
            }
            self.state = State::Ready;
        }
        if matches!(self.state, State::Ready) {
            let (agent, target, body) = (self.agent.clone(), self.target.clone(), body.clone());
            let attempt = move || attempt(&agent, &target, &body);
            match Elsewhere::begin("calipers-otlp-send", attempt) {
                Ok(attempt) => self.state = State::Attempt(attempt),
                Err(error) => return Some(self.settle(later("noThread", &error))),
            }
        }
        let State::Attempt(attempt) = &self.state else {
            return None;
        };
        let verdict = match attempt.outcome(until)? {
            Ok(verdict) => verdict,
            Err(Panicked) => later("panicked", &"the attempt panicked"),
        };
        Some(self.settle(verdict))
    }

    fn settle(&mut self, verdict: Verdict) -> Verdict {
        self.state = match verdict {
            Verdict::Taken { .. } | Verdict::Refused { .. } => {
                self.backoff.reset();
                State::Ready
            }
            Verdict::Later { after, .. } => {
                let wait = self.backoff.next().max(after.unwrap_or_default());
                State::Waiting(Instant::now() + wait)
            }
        };
        verdict
    }
}

fn attempt(agent: &ureq::Agent, target: &Target, body: &[u8]) -> Verdict {
    let mut request = agent
        .post(&target.url)
        .header("content-type", "application/x-protobuf");
    if target.gzip {
        request = request.header("content-encoding", "gzip");
    }
    for (name, value) in &target.headers {
        request = request.header(name, value);
    }
    let mut response = match request.send(body) {
        Ok(response) => response,
        Err(error) => return failed(error),
    };
    let status = response.status().as_u16();
    let header = response.headers().get("retry-after");
    let retry_after = header
        .and_then(|value| value.to_str().ok())
        .map(str::to_owned);
    let answer = response.body_mut().with_config().limit(LONGEST_ANSWER);
    // A status came; a body that breaks off says less, but it does not undo it.
    let body = answer.read_to_vec().unwrap_or_default();
    Verdict::of(status, retry_after.as_deref(), &body)
}

/// Without an answer nobody knows whether it was taken. It is sent again: the protocol prefers duplicates to losses.
fn failed(error: ureq::Error) -> Verdict {
    let cause = match &error {
        ureq::Error::Timeout(_) => "timedOut",
        ureq::Error::HostNotFound => "notFound",
        ureq::Error::Io(error) => crate::report::reader::cause(error.kind()),
        ureq::Error::ConnectionFailed => "refused",
        _ => "protocol",
    };
    later(cause, &error)
}

fn later(cause: &'static str, error: &dyn std::fmt::Display) -> Verdict {
    Verdict::Later {
        cause,
        said: error.to_string(),
        after: None,
    }
}

/// Compressed as the protocol allows it.
pub(super) fn gzip(body: &[u8]) -> io::Result<Vec<u8>> {
    use std::io::Write;
    let into = Vec::with_capacity(body.len() / 4);
    let mut encoder = flate2::write::GzEncoder::new(into, flate2::Compression::fast());
    encoder.write_all(body)?;
    encoder.finish()
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::report::otlp::settings::Settings;

    #[test]
    fn an_attempt_has_ten_seconds_unless_told_otherwise() {
        for (said, limit) in [
            (None, Duration::from_secs(10)),
            (Some(Duration::ZERO), Duration::from_secs(10)),
            (Some(Duration::from_millis(700)), Duration::from_millis(700)),
        ] {
            let settings = Settings {
                timeout: said,
                ..Settings::default()
            };
            let exchange = Exchange::new(settings.target().unwrap());
            // That it ends what hangs, a receiver that does shows, with a shorter one.
            let used = exchange.agent.config().timeouts();
            assert_eq!(used.global, Some(limit), "{said:?}");
        }
    }
}
