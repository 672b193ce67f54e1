//! The address of a stats page: its JSON, by the plainest HTTP there is.

use std::fmt;
use std::io::{self, BufRead, BufReader, ErrorKind, Read, Write};
use std::net::{TcpStream, ToSocketAddrs};
use std::time::{Duration, Instant};

use calipers::Snapshot;

use crate::problem::Problem;

/// Longer than any page takes to say anything, and shorter than a person waits.
const PATIENCE: Duration = Duration::from_secs(10);
/// Longer than any takes to say everything.
const ALL: Duration = Duration::from_secs(30);
/// More than any program has to say: 100,000 timers are 60 MB.
const LONGEST: u64 = 128 << 20;

/// Where a stats page is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Address {
    /// With its port.
    host: String,
    /// With a slash at both ends.
    path: String,
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}{}", self.host, self.path.trim_end_matches('/'))
    }
}

impl Address {
    /// `127.0.0.1:9000`, `http://host:9000/stats/`; `None` for what is neither.
    pub(crate) fn parse(text: &str) -> Option<Address> {
        let (rest, port_may_lack) = match text.strip_prefix("http://") {
            Some(rest) => (rest, true),
            None => (text, false),
        };
        let (host, path) = rest.split_once('/').unwrap_or((rest, ""));
        let legal =
            |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '_' | ':' | '[' | ']');
        let brackets = host.matches('[').count();
        if host.is_empty()
            || brackets != host.matches(']').count()
            || !host.chars().all(legal)
            || path.chars().any(|c| c.is_control() || c == ' ')
        {
            return None;
        }
        let has_port = host.rsplit_once(':').is_some_and(|(name, port)| {
            port.parse::<u16>().is_ok()
                && (!name.contains(':') || name.ends_with(']'))
                && !name.is_empty()
        });
        if !has_port && !port_may_lack {
            return None;
        }
        let path = path
            .split(['?', '#'])
            .next()
            .unwrap_or_default()
            .trim_matches('/');
        Some(Address {
            host: if has_port {
                host.to_owned()
            } else {
                format!("{host}:80")
            },
            path: if path.is_empty() {
                "/".to_owned()
            } else {
                format!("/{path}/")
            },
        })
    }

    /// What the page's stats are now.
    pub(crate) fn read(&self) -> Result<Snapshot, Problem> {
        let body = self
            .get()
            .map_err(|error| Problem::said(format!("cannot read http://{self}: {error}")))?;
        serde_json::from_slice(&body).map_err(|error| {
            Problem::said(format!(
                "http://{self} answers with something that is no stats of calipers: {error}"
            ))
        })
    }

    fn get(&self) -> io::Result<Vec<u8>> {
        let mut stream = self.connect()?;
        stream.set_write_timeout(Some(PATIENCE))?;
        write!(
            stream,
            "GET {}?format=json&kinds HTTP/1.0\r\nHost: {}\r\nAccept: application/json\r\nConnection: close\r\n\r\n",
            self.path, self.host
        )?;
        let mut reader = BufReader::new(InTime {
            stream,
            until: Instant::now() + ALL,
        });
        let status = line(&mut reader)?;
        let code = status.split(' ').nth(1).unwrap_or_default().to_owned();
        let mut length = None;
        loop {
            let header = line(&mut reader)?;
            if header.is_empty() {
                break;
            }
            if let Some((name, value)) = header.split_once(':')
                && name.eq_ignore_ascii_case("content-length")
            {
                length = value.trim().parse::<u64>().ok();
            }
        }
        if code != "200" {
            return Err(io::Error::other(format!("it answers `{status}`")));
        }
        if length.is_some_and(|length| length > LONGEST) {
            return Err(io::Error::other("it answers with more than is read"));
        }
        let mut body = Vec::new();
        reader
            .take(length.unwrap_or(LONGEST + 1))
            .read_to_end(&mut body)?;
        if body.len() as u64 > LONGEST {
            return Err(io::Error::other("it answers with more than is read"));
        }
        if length.is_some_and(|length| length > body.len() as u64) {
            return Err(ErrorKind::UnexpectedEof.into());
        }
        Ok(body)
    }

    fn connect(&self) -> io::Result<TcpStream> {
        let mut failure = io::Error::other("it stands for no address");
        for addr in self.host.to_socket_addrs()? {
            match TcpStream::connect_timeout(&addr, PATIENCE) {
                Ok(stream) => return Ok(stream),
                Err(error) => failure = error,
            }
        }
        Err(failure)
    }
}

/// A stream that is read until some moment, however little at a time it gives.
struct InTime {
    stream: TcpStream,
    until: Instant,
}

impl Read for InTime {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        let left = self.until.saturating_duration_since(Instant::now());
        if left.is_zero() {
            return Err(io::Error::other("it does not come to an end"));
        }
        self.stream.set_read_timeout(Some(left.min(PATIENCE)))?;
        self.stream.read(into).map_err(|error| match error.kind() {
            ErrorKind::WouldBlock => io::Error::other("it does not answer"),
            _ => error,
        })
    }
}

/// A line of the answer's head.
fn line(reader: &mut BufReader<InTime>) -> io::Result<String> {
    let mut line = Vec::new();
    reader.take(64 << 10).read_until(b'\n', &mut line)?;
    if line.pop() != Some(b'\n') {
        return Err(io::Error::other(
            "it answers with something that is not HTTP",
        ));
    }
    if line.last() == Some(&b'\r') {
        line.pop();
    }
    Ok(String::from_utf8_lossy(&line).into_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_told_from_names_of_files() {
        let shown = |text: &str| Address::parse(text).map(|address| address.to_string());
        for (text, expected) in [
            ("127.0.0.1:9000", Some("127.0.0.1:9000")),
            ("[::1]:9000", Some("[::1]:9000")),
            ("http://web:9000/stats/?x=1", Some("web:9000/stats")),
            ("http://web", Some("web:80")),
            ("localhost:9000/stats", Some("localhost:9000/stats")),
            ("web", None),
            ("web.mmstats", None),
            ("::1", None),
            ("http://[::1", None),
            ("http://[::1]", Some("[::1]:80")),
            ("https://web:1", None),
            ("a b:1", None),
            ("web:99999", None),
            ("/tmp/x:1", None),
        ] {
            assert_eq!(shown(text).as_deref(), expected, "{text}");
        }
    }

    #[test]
    fn what_drips_is_read_until_some_moment_and_no_longer() {
        let server = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        let stream = TcpStream::connect(server.local_addr().unwrap()).unwrap();
        let (mut dripping, _) = server.accept().unwrap();
        dripping.write_all(b"ab").unwrap();
        let mut reader = InTime {
            stream,
            until: Instant::now() + ALL,
        };
        let mut one = [0];
        reader.read_exact(&mut one).unwrap();
        reader.until = Instant::now();
        let error = reader.read_exact(&mut one).unwrap_err();
        assert_eq!(error.to_string(), "it does not come to an end");
    }
}
