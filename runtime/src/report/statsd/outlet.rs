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

    /// Takes a datagram. What is more than may wait goes out at once, or is dropped.
    pub(super) fn offer(&mut self, packet: Packet, pushed: &mut Pushed) {
        if self.bytes + packet.text.len() > self.cap && self.patient {
            match self.carry_on(Instant::now() + MOMENT) {
                Ok(done) => {
                    pushed.bytes += done.bytes;
                    pushed.sent += done.sent;
                    self.patient = done.sent > 0;
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
            return;
        }
        self.bytes += packet.text.len();
        self.metrics += packet.metrics;
        self.queue.push_back(packet);
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
                Ok(true) => {
                    pushed.bytes += packet.text.len() as u64;
                    pushed.sent += packet.metrics;
                    self.bytes -= packet.text.len();
                    self.metrics -= packet.metrics;
                    self.queue.pop_front();
                }
                Ok(false) => group = GROUP,
                Err(error) if pushed.sent > 0 => {
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

    /// Lets go of everything.
    pub(super) fn forget(&mut self) {
        self.queue.clear();
        self.bytes = 0;
        self.metrics = 0;
        self.link.close();
    }
}

/// Sends one; false when there is no socket yet or no room in it.
fn send(
    link: &mut Link<Socket>,
    peer: &Peer,
    text: &str,
    until: Instant,
) -> Result<bool, PushError> {
    let to = match peer {
        Peer::Udp(addr) => addr.clone(),
        Peer::Unix(path) => path.display().to_string(),
    };
    let opened = peer.clone();
    let socket = match link.get(until, move || open(&opened)) {
        Ok(Some(socket)) => socket,
        Ok(None) => return Ok(false),
        Err(error) => return Err(PushError::io(format!("could not connect to {to}"), error)),
    };
    let outcome = match &socket.kind {
        SocketKind::Udp(socket) => socket.send(text.as_bytes()),
        SocketKind::Unix(socket) => socket.send(text.as_bytes()),
    };
    match outcome {
        Ok(_) => {
            socket.sent = socket.sent.saturating_add(1);
            // UDP tells of a server that is not there only when the next datagram is sent.
            if socket.sent > 1 || matches!(peer, Peer::Unix(_)) {
                link.works();
            }
            Ok(true)
        }
        Err(error) if is_full(&error) => Ok(false),
        Err(error) => Err(PushError::io(
            format!("could not send to {to}"),
            link.failed(error),
        )),
    }
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
