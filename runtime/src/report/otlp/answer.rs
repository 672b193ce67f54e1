//! What a receiver answered, and what is to be done about it: the protocol's rules on retries.

use std::time::{Duration, SystemTime};

use crate::report::wire::{Field, fields};

/// What became of a request.
#[derive(Debug, PartialEq)]
pub(super) enum Verdict {
    /// It was taken, but for so many points; with what the receiver said about that.
    Taken { rejected: u64, said: String },
    /// It will never be taken: it must not be sent again.
    Refused { cause: &'static str, said: String },
    /// It may be taken later, after this time at the earliest.
    Later {
        cause: &'static str,
        said: String,
        after: Option<Duration>,
    },
}

/// A receiver may ask for some patience. Not for more than this: milliseconds for seconds must not silence a program.
const LONGEST: Duration = Duration::from_secs(3600);

impl Verdict {
    pub(super) fn of(status: u16, retry_after: Option<&str>, body: &[u8]) -> Verdict {
        if (200..300).contains(&status) {
            return taken(body);
        }
        let cause = match status {
            300..400 => "redirected",
            400 => "badRequest",
            401 | 403 => "denied",
            404 | 405 => "notFound",
            413 => "tooLarge",
            429 => "tooManyRequests",
            502..=504 => "unavailable",
            _ => "badAnswer",
        };
        let said = match message_of(body) {
            Some(said) => format!("it answered {status}: {said}"),
            None => format!("it answered {status}"),
        };
        match status {
            429 | 502 | 503 | 504 => {
                let after = retry_after.and_then(|after| patience(after, SystemTime::now()));
                let said = match after {
                    Some(wait) => format!("{said}; it is left alone for {} s", wait.as_secs()),
                    None => said,
                };
                Verdict::Later { cause, said, after }
            }
            _ => Verdict::Refused { cause, said },
        }
    }
}

/// `Retry-After`: seconds, or a date.
fn patience(text: &str, now: SystemTime) -> Option<Duration> {
    let text = text.trim();
    let wanted = match text.parse() {
        Ok(seconds) => Duration::from_secs(seconds),
        Err(_) => {
            let date = httpdate::parse_http_date(text).ok()?;
            date.duration_since(now).unwrap_or_default()
        }
    };
    Some(wanted.min(LONGEST))
}

/// `ExportMetricsServiceResponse`: it has a part that says what was not taken, if anything.
fn taken(body: &[u8]) -> Verdict {
    const PARTIAL_SUCCESS: u32 = 1;
    const REJECTED: u32 = 1;
    const MESSAGE: u32 = 2;
    let (mut rejected, mut said) = (0, String::new());
    for (field, value) in fields(body) {
        let (PARTIAL_SUCCESS, Field::Bytes(partial)) = (field, value) else {
            continue;
        };
        for field in fields(partial) {
            match field {
                (REJECTED, Field::Whole(count)) => rejected = count,
                (MESSAGE, Field::Bytes(text)) => said = printable(text),
                _ => {}
            }
        }
    }
    Verdict::Taken { rejected, said }
}

/// The message of a `google.rpc.Status`, or the text that somebody answered who does not know the protocol.
fn message_of(body: &[u8]) -> Option<String> {
    const MESSAGE: u32 = 2;
    let of_status = fields(body).find_map(|field| match field {
        (MESSAGE, Field::Bytes(text)) => std::str::from_utf8(text).ok(),
        _ => None,
    });
    let said = printable(of_status.map_or(body, str::as_bytes));
    Some(said).filter(|said| !said.is_empty())
}

/// Fit for a line of a log.
fn printable(text: &[u8]) -> String {
    const MOST: usize = 200;
    let text = String::from_utf8_lossy(text);
    let words = text.trim().chars().take(MOST);
    words
        .map(|c| if c.is_control() { ' ' } else { c })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::wire::{message, string, whole};

    #[test]
    fn only_what_the_protocol_names_is_sent_again() {
        for (status, again) in [
            (301, false),
            (400, false),
            (401, false),
            (413, false),
            (500, false),
            (429, true),
            (502, true),
            (503, true),
            (504, true),
        ] {
            let verdict = Verdict::of(status, None, b"");
            assert_eq!(matches!(verdict, Verdict::Later { .. }), again, "{status}");
            assert_eq!(matches!(verdict, Verdict::Refused { .. }), !again);
        }
    }

    #[test]
    fn patience_is_seconds_or_a_date_and_has_an_end() {
        let now = SystemTime::UNIX_EPOCH + Duration::from_secs(1_000_000_000);
        let date = httpdate::fmt_http_date(now + Duration::from_secs(90));
        for (text, seconds) in [
            ("7", Some(7)),
            (" 0 ", Some(0)),
            (&*date, Some(90)),
            ("Sun, 06 Nov 1994 08:49:37 GMT", Some(0)),
            ("31536000", Some(3600)),
            ("soon", None),
            ("-1", None),
        ] {
            let expected = seconds.map(Duration::from_secs);
            assert_eq!(patience(text, now), expected, "{text}");
        }
    }

    #[test]
    fn how_long_a_receiver_is_left_alone_is_said() {
        for (asked, seconds) in [("7", 7), ("999999999999", 3600)] {
            let Verdict::Later { said, after, .. } = Verdict::of(429, Some(asked), b"") else {
                panic!("later");
            };
            assert_eq!(after, Some(Duration::from_secs(seconds)));
            let expected = format!("it answered 429; it is left alone for {seconds} s");
            assert_eq!(said, expected);
        }
    }

    #[test]
    fn partial_success_is_read() {
        let mut body = Vec::new();
        message(&mut body, 1, |out| {
            whole(out, 1, 3);
            string(out, 2, "too\nold");
        });
        let said = "too old".to_owned();
        assert_eq!(
            Verdict::of(200, None, &body),
            Verdict::Taken { rejected: 3, said }
        );
        for body in [&b""[..], b"<html>", &[0xff; 40]] {
            let said = String::new();
            assert_eq!(
                Verdict::of(200, None, body),
                Verdict::Taken { rejected: 0, said }
            );
        }
    }

    #[test]
    fn what_a_receiver_complains_about_is_told() {
        let mut status = Vec::new();
        whole(&mut status, 1, 3);
        string(&mut status, 2, "no name");
        for body in [&status[..], b"no name"] {
            let Verdict::Refused { said, .. } = Verdict::of(400, None, body) else {
                panic!("refused");
            };
            assert_eq!(said, "it answered 400: no name");
        }
    }
}
