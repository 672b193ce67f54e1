//! Gets datagrams out: a socket that comes and goes, and what waits for it.

use std::collections::VecDeque;
use std::io::{self, ErrorKind};
use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr, UdpSocket};
use std::os::unix::net::UnixDatagram;
use std::path::PathBuf;
use std::time::{Duration, Instant};

use super::packets::Packet;
use crate::report::connecting::{Link, each_address};
use crate::report::{PushError, Pushed};

/// After so many datagrams there is a breath: a server's receive buffer holds some hundred, and it reads them one by one.
const GROUP: u32 = 8;
const BREATH: Duration = Duration::from_millis(5);

/// How long a push that has made more than may wait holds on.
const MOMENT: Duration = Duration::from_millis(100);

/// What metrics are counted under that are longer than what they go in.
pub(super) const TOO_LONG: &str = "tooLong";

/// Where datagrams go.
#[derive(Clone, Debug)]
pub(super) enum Peer {
    Udp(String),
    Unix(PathBuf),
}

#[derive(Debug)]
pub(super) struct Outlet {
    peer: Peer,
    queue: VecDeque<Packet>,
    bytes: usize,
    cap: usize,
    metrics: u64,
    link: Link<Socket>,
    trouble: Option<PushError>,
    /// Whether this push may hold on: not once the server took nothing for a moment.
    patient: bool,
}

#[derive(Debug)]
struct Socket {
    kind: SocketKind,
    sent: u32,
}

#[derive(Debug)]
enum SocketKind {
    Udp(UdpSocket),
    Unix(UnixDatagram),
}

impl Outlet {
    pub(super) fn new(peer: Peer, cap: usize) -> Outlet {
        Outlet {
            peer,
            queue: VecDeque::new(),
            bytes: 0,
            cap,
            metrics: 0,
            link: Link::new(),
            trouble: None,
            patient: true,
        }
    }

    /// How many metrics wait.
    pub(super) fn queued(&self) -> u64 {
        self.metrics
    }

    /// A push begins.
    pub(super) fn begin(&mut self) {
        self.patient = true;
    }

    /// Takes a datagram. What is more than may wait goes out at once, or is dropped; gives how many metrics were for want
    /// of room.
    pub(super) fn offer(&mut self, packet: Packet, pushed: &mut Pushed) -> u64 {
        if self.bytes + packet.text.len() > self.cap && self.patient {
            match self.carry_on(Instant::now() + MOMENT) {
                Ok(done) => {
                    self.patient = done.sent > 0;
                    *pushed = std::mem::take(pushed).and(done);
                }
                Err(error) => {
                    self.patient = false;
                    // Told when the reader carries on.
                    self.trouble = Some(error);
                }
            }
        }
        if self.bytes + packet.text.len() > self.cap {
            pushed.dropped += packet.metrics;
            return packet.metrics;
        }
        self.bytes += packet.text.len();
        self.metrics += packet.metrics;
        self.queue.push_back(packet);
        0
    }

    /// Opens a socket if need be, and sends until nothing is left or it is `until`.
    pub(super) fn carry_on(&mut self, until: Instant) -> Result<Pushed, PushError> {
        if let Some(error) = self.trouble.take() {
            return Err(error);
        }
        let mut pushed = Pushed::nothing();
        let mut group = 0;
        while let Some(packet) = self.queue.front() {
            match send(&mut self.link, &self.peer, &packet.text, until) {
                Ok(Sent::Yes) => {
                    pushed.bytes += packet.text.len() as u64;
                    pushed.sent += packet.metrics;
                    self.pop();
                }
                // It never will be, and would hold up all behind it.
                Ok(Sent::TooLong) => {
                    pushed.dropped += packet.metrics;
                    pushed.faults.push((TOO_LONG, packet.metrics));
                    self.pop();
                }
                Ok(Sent::NotNow) => group = GROUP,
                Err(error) if pushed.sent + pushed.dropped > 0 => {
                    self.trouble = Some(error);
                    break;
                }
                Err(error) => return Err(error),
            }
            if Instant::now() >= until {
                break;
            }
            group += 1;
            if group >= GROUP && !self.queue.is_empty() {
                std::thread::sleep(BREATH);
                group = 0;
            }
        }
        pushed.queued = self.metrics;
        Ok(pushed)
    }

    /// Lets go of the first.
    fn pop(&mut self) {
        if let Some(packet) = self.queue.pop_front() {
            self.bytes -= packet.text.len();
            self.metrics -= packet.metrics;
        }
    }

    /// Lets go of everything.
    pub(super) fn forget(&mut self) {
        self.queue.clear();
        self.bytes = 0;
        self.metrics = 0;
        self.link.close();
    }
}

/// What became of a datagram.
enum Sent {
    Yes,
    /// There is no socket yet, or no room in it.
    NotNow,
    /// It is longer than the system takes at once.
    TooLong,
}

/// Sends one.
fn send(
    link: &mut Link<Socket>,
    peer: &Peer,
    text: &str,
    until: Instant,
) -> Result<Sent, PushError> {
    let to = match peer {
        Peer::Udp(addr) => addr.clone(),
        Peer::Unix(path) => path.display().to_string(),
    };
    let opened = peer.clone();
    let socket = match link.get(until, move || open(&opened)) {
        Ok(Some(socket)) => socket,
        Ok(None) => return Ok(Sent::NotNow),
        Err(error) => return Err(PushError::io(format!("could not connect to {to}"), error)),
    };
    let mut outcome = socket.send(text);
    if matches!(&outcome, Err(error) if is_too_long(error)) {
        // The first time it may be said of another that a router did not let pass; of this one it is said again.
        outcome = socket.send(text);
    }
    match outcome {
        Ok(_) => {
            socket.sent = socket.sent.saturating_add(1);
            // UDP tells of a server that is not there only when the next datagram is sent.
            if socket.sent > 1 || matches!(peer, Peer::Unix(_)) {
                link.works();
            }
            Ok(Sent::Yes)
        }
        Err(error) if is_full(&error) => Ok(Sent::NotNow),
        Err(error) if is_too_long(&error) => Ok(Sent::TooLong),
        Err(error) => Err(PushError::io(
            format!("could not send to {to}"),
            link.failed(error),
        )),
    }
}

impl Socket {
    fn send(&self, text: &str) -> io::Result<usize> {
        match &self.kind {
            SocketKind::Udp(socket) => socket.send(text.as_bytes()),
            SocketKind::Unix(socket) => socket.send(text.as_bytes()),
        }
    }
}

fn is_too_long(error: &io::Error) -> bool {
    error.raw_os_error() == Some(libc::EMSGSIZE)
}

fn is_full(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        ErrorKind::WouldBlock | ErrorKind::Interrupted | ErrorKind::OutOfMemory
    ) || error.raw_os_error() == Some(libc::ENOBUFS)
}

fn open(peer: &Peer) -> io::Result<Socket> {
    let kind = match peer {
        Peer::Udp(addr) => SocketKind::Udp(each_address(addr, udp_to)?),
        Peer::Unix(path) => {
            let socket = UnixDatagram::unbound()?;
            socket.connect(path)?;
            socket.set_nonblocking(true)?;
            SocketKind::Unix(socket)
        }
    };
    Ok(Socket { kind, sent: 0 })
}

fn udp_to(addr: SocketAddr) -> io::Result<UdpSocket> {
    let own: SocketAddr = match addr {
        SocketAddr::V4(_) => (Ipv4Addr::UNSPECIFIED, 0).into(),
        SocketAddr::V6(_) => (Ipv6Addr::UNSPECIFIED, 0).into(),
    };
    let socket = UdpSocket::bind(own)?;
    // Connected, so that the system tells when nobody listens there.
    socket.connect(addr)?;
    socket.set_nonblocking(true)?;
    Ok(socket)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_datagram_the_system_never_takes_is_dropped_and_holds_up_none() {
        let server = UdpSocket::bind("127.0.0.1:0").unwrap();
        let limit = Duration::from_secs(60);
        server.set_read_timeout(Some(limit)).unwrap();
        let addr = server.local_addr().unwrap().to_string();
        let mut outlet = Outlet::new(Peer::Udp(addr), 1 << 20);
        let mut pushed = Pushed::nothing();
        for (text, metrics) in [("x".repeat(70_000), 3), ("a:1|c".to_owned(), 1)] {
            assert_eq!(outlet.offer(Packet { text, metrics }, &mut pushed), 0);
        }
        let until = Instant::now() + limit;
        while outlet.queued() > 0 {
            assert!(Instant::now() < until, "{pushed:?}");
            pushed = pushed.and(outlet.carry_on(until).unwrap());
        }
        assert_eq!((pushed.sent, pushed.dropped, pushed.bytes), (1, 3, 5));
        assert_eq!(pushed.faults, [(TOO_LONG, 3)]);
        let mut came = [0; 16];
        let length = server.recv(&mut came).unwrap();
        assert_eq!(&came[..length], b"a:1|c");
    }
}
