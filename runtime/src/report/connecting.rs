//! Connections that are made on a thread of their own.
//!
//! A reader must hear of being stopped while it connects, and must go on queueing; so the attempt is made
//! [elsewhere](Elsewhere), and asked about. The name is resolved anew at each attempt, for the server may have moved.

use std::io;
#[cfg(any(feature = "graphite", test))]
use std::time::Duration;
use std::time::Instant;

use super::backoff::Backoff;
use super::elsewhere::{Elsewhere, Panicked, sleep_until};

/// A connection that may be there, be being made, or wait for the next attempt.
#[derive(Debug)]
pub(crate) struct Link<C> {
    state: State<C>,
    backoff: Backoff,
}

#[derive(Debug)]
enum State<C> {
    Up(C),
    Connecting(Elsewhere<io::Result<C>>),
    Waiting(Instant),
    /// Nothing was tried yet, or what there was has ended in peace.
    Down,
}

impl<C: Send + 'static> Link<C> {
    pub(crate) fn new() -> Link<C> {
        Link {
            state: State::Down,
            backoff: Backoff::default(),
        }
    }

    /// The connection, waited for until `until` at most; nothing when there is none yet.
    ///
    /// # Errors
    ///
    /// An attempt failed, or no thread could be had for one. The next comes after a while, when this is asked again.
    pub(crate) fn get(
        &mut self,
        until: Instant,
        connect: impl FnOnce() -> io::Result<C> + Send + 'static,
    ) -> io::Result<Option<&mut C>> {
        if let State::Waiting(next) = self.state {
            if !sleep_until(next, until) {
                return Ok(None);
            }
            self.state = State::Down;
        }
        if matches!(self.state, State::Down) {
            match Elsewhere::begin("calipers-connect", connect) {
                Ok(attempt) => self.state = State::Connecting(attempt),
                Err(error) => return Err(self.failed(error)),
            }
        }
        if let State::Connecting(attempt) = &self.state {
            match attempt.outcome(until) {
                Some(Ok(Ok(connection))) => self.state = State::Up(connection),
                Some(Ok(Err(error))) => return Err(self.failed(error)),
                None => return Ok(None),
                Some(Err(Panicked)) => {
                    return Err(self.failed(io::Error::other("the attempt to connect panicked")));
                }
            }
        }
        match &mut self.state {
            State::Up(connection) => Ok(Some(connection)),
            _ => Ok(None),
        }
    }

    /// Whether a connection is there now.
    #[cfg(any(test, feature = "graphite"))] // a datagram is sent, or not
    pub(crate) fn is_up(&self) -> bool {
        matches!(self.state, State::Up(_))
    }

    /// Something got through: the next failure is a first one.
    pub(crate) fn works(&mut self) {
        self.backoff.reset();
    }

    /// It failed: lets go of it, and of the next attempts until some time has passed.
    pub(crate) fn failed(&mut self, error: io::Error) -> io::Error {
        self.state = State::Waiting(Instant::now() + self.backoff.next());
        error
    }

    /// Lets go of it; the next may be made at once.
    pub(crate) fn close(&mut self) {
        self.state = State::Down;
    }
}

/// Tries all addresses of a name, one after another.
pub(crate) fn each_address<C>(
    addr: &str,
    connect: impl Fn(std::net::SocketAddr) -> io::Result<C>,
) -> io::Result<C> {
    use std::net::ToSocketAddrs;
    let mut failure = None;
    let resolved = addr.to_socket_addrs();
    // The system's reason has no kind of its own.
    let resolved = resolved.map_err(|error| io::Error::new(io::ErrorKind::NotFound, error))?;
    for addr in resolved {
        match connect(addr) {
            Ok(connection) => return Ok(connection),
            Err(error) => failure = Some(error),
        }
    }
    Err(failure.unwrap_or_else(|| {
        io::Error::new(io::ErrorKind::NotFound, "the name stands for no address")
    }))
}

/// The address with a port, `usual` where it has none; nothing when it is no address.
pub(crate) fn with_port(addr: &str, usual: u16) -> Option<String> {
    use std::net::{IpAddr, SocketAddr};
    if let Ok(whole) = addr.parse::<SocketAddr>() {
        return (whole.port() != 0).then(|| addr.to_owned());
    }
    if let Ok(ip) = addr.parse::<IpAddr>() {
        return Some(SocketAddr::new(ip, usual).to_string());
    }
    let never = |c: char| matches!(c, ':' | '/' | '@') || c.is_whitespace() || c.is_control();
    let host = |host: &str| !host.is_empty() && !host.contains(never);
    let port = |port: &str| port.parse().is_ok_and(|port: u16| port != 0);
    match addr.rsplit_once(':') {
        Some((name, number)) => (host(name) && port(number)).then(|| addr.to_owned()),
        None => host(addr).then(|| format!("{addr}:{usual}")),
    }
}

/// How long one attempt to connect may take, at most, for each address.
#[cfg(feature = "graphite")]
pub(crate) const CONNECT: Duration = Duration::from_secs(5);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_without_a_port_gets_the_usual_one() {
        let with = |addr| with_port(addr, 2003);
        assert_eq!(
            with("graphite.example").as_deref(),
            Some("graphite.example:2003")
        );
        assert_eq!(with("127.0.0.1").as_deref(), Some("127.0.0.1:2003"));
        assert_eq!(with("::1").as_deref(), Some("[::1]:2003"));
        assert_eq!(with("[::1]:9").as_deref(), Some("[::1]:9"));
        assert_eq!(with("host:9").as_deref(), Some("host:9"));
        for none in [
            "",
            ":9",
            "host:",
            "host:port",
            "http://host",
            "a b",
            "host:0",
            "1.2.3.4:0",
            "[::1]:0",
            "user@host:1",
            "x\n:1",
            "x\0",
        ] {
            assert_eq!(with(none), None, "{none}");
        }
    }

    #[test]
    fn a_failed_attempt_is_told_and_the_next_one_waits() {
        let soon = || Instant::now() + Duration::from_secs(5);
        let mut link: Link<u8> = Link::new();
        assert!(link.get(soon(), || Err(io::Error::other("no"))).is_err());
        // It waits its 100 to 200 ms, and then tries.
        assert_eq!(link.get(Instant::now(), || Ok(1)).unwrap(), None);
        assert_eq!(link.get(soon(), || Ok(1)).unwrap(), Some(&mut 1));
        assert!(link.is_up());
    }

    #[test]
    fn each_attempt_asks_anew_where_the_server_is() {
        let mut link: Link<&str> = Link::new();
        let asked = std::sync::Arc::new(std::sync::Mutex::new(vec!["moved", "here"]));
        let connect = || {
            let asked = asked.clone();
            move || {
                asked
                    .lock()
                    .unwrap()
                    .pop()
                    .ok_or(io::Error::other("asked too often"))
            }
        };
        let soon = || Instant::now() + Duration::from_secs(5);
        assert_eq!(link.get(soon(), connect()).unwrap(), Some(&mut "here"));
        let _ = link.failed(io::Error::other("it went away"));
        assert_eq!(link.get(soon(), connect()).unwrap(), Some(&mut "moved"));
    }

    #[test]
    fn every_address_of_a_name_is_tried_and_the_last_failure_is_told() {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        let name = format!("localhost:{}", listener.local_addr().unwrap().port());
        let tried = std::cell::Cell::new(0);
        let found = each_address(&name, |addr| {
            tried.set(tried.get() + 1);
            addr.is_ipv4()
                .then_some(addr)
                .ok_or(io::Error::other("not this one"))
        });
        assert_eq!(found.unwrap(), listener.local_addr().unwrap());
        let all = tried.replace(0);
        let refused = each_address(&name, |_| {
            tried.set(tried.get() + 1);
            Err::<(), _>(io::Error::other(format!(
                "refused by number {}",
                tried.get()
            )))
        });
        assert!(tried.get() >= all, "{} of {all}", tried.get());
        let last = format!("refused by number {}", tried.get());
        assert_eq!(refused.unwrap_err().to_string(), last);
    }

    #[test]
    fn a_name_that_does_not_resolve_is_not_found() {
        // Longer than any name can be, so nobody is asked for it.
        let error = each_address(&format!("{}:1", "x.".repeat(200)), |_| Ok(())).unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::NotFound, "{error}");
    }

    #[test]
    fn nobody_waits_for_an_attempt_that_takes_long() {
        let mut link: Link<u8> = Link::new();
        let (release, held) = std::sync::mpsc::channel::<()>();
        let slow = move || {
            let _ = held.recv();
            Ok(7)
        };
        assert_eq!(link.get(Instant::now(), slow).unwrap(), None);
        drop(release);
        let soon = Instant::now() + Duration::from_secs(5);
        assert_eq!(link.get(soon, || Ok(9)).unwrap(), Some(&mut 7));
    }
}
