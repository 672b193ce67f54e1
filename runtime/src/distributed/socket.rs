//! The two ends of 0MQ: a DEALER that connects, a ROUTER that listens. Neither ever waits in a send.

use std::fs::{self, Permissions};
use std::io;
use std::os::unix::fs::{FileTypeExt, PermissionsExt};
use std::os::unix::net::UnixStream;
use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::time::Duration;

use super::address::Address;
use super::door::{self, Door};
use super::frame::{Key, LONGEST};
use crate::report::own_folder;

/// How long an attempt to connect waits for the next, at first and at most, in milliseconds.
const RECONNECT: (i32, i32) = (100, 5_000);

/// How long the other end may take for its greeting, in milliseconds.
const HANDSHAKE: i32 = 10_000;

/// Messages that wait to be read, of each source.
const WAITING: i32 = 64;

/// A publisher's end.
pub(super) struct Dealer {
    socket: zmq::Socket,
    address: Address,
    key: Option<Key>,
    most: u32,
    linger: Duration,
}

impl Dealer {
    /// `most` messages may wait in it, for `linger` when it is closed.
    pub(super) fn connect(
        address: &Address,
        key: Option<&Key>,
        most: u32,
        linger: Duration,
    ) -> io::Result<Dealer> {
        let socket = zmq::Context::new().socket(zmq::DEALER)?;
        socket.set_sndhwm(i32::try_from(most.max(1)).unwrap_or(i32::MAX))?;
        socket.set_rcvhwm(WAITING)?;
        socket.set_linger(milliseconds(linger))?;
        // Without a connection nothing is queued: it would be old when there is one.
        socket.set_immediate(true)?;
        socket.set_maxmsgsize(LONGEST as i64)?;
        socket.set_reconnect_ivl(RECONNECT.0)?;
        socket.set_reconnect_ivl_max(RECONNECT.1)?;
        socket.set_handshake_ivl(HANDSHAKE)?;
        socket.set_ipv6(true)?;
        if let Some(key) = key {
            door::knock(&socket, key)?;
        }
        socket.connect(&address.to_string())?;
        Ok(Dealer {
            socket,
            address: address.clone(),
            key: key.cloned(),
            most,
            linger,
        })
    }

    /// Connects anew, and gives up what is on its way: 0MQ does not try again where somebody did not speak as 0MQ does.
    pub(super) fn connect_anew(&mut self) -> io::Result<()> {
        let anew = Dealer::connect(&self.address, self.key.as_ref(), self.most, self.linger)?;
        // Closing it must not wait.
        self.socket.set_linger(0)?;
        *self = anew;
        Ok(())
    }

    /// Whether there is a connection, and room for a message.
    pub(super) fn has_room(&self) -> bool {
        let events = self.socket.get_events();
        events.is_ok_and(|events| events.contains(zmq::POLLOUT))
    }

    /// Hands a message over; false when there is no room.
    pub(super) fn send(&self, message: &[u8]) -> io::Result<bool> {
        match self.socket.send(message, zmq::DONTWAIT) {
            Ok(()) => Ok(true),
            Err(zmq::Error::EAGAIN) => Ok(false),
            Err(error) => Err(error.into()),
        }
    }

    /// A message that has come; nothing when none has.
    pub(super) fn receive(&self) -> io::Result<Option<Vec<Vec<u8>>>> {
        received(&self.socket)
    }

    /// Waits until there is something to receive, or room to send where that is wanted.
    pub(super) fn wait(&self, for_room: bool, time: Duration) -> io::Result<()> {
        let room = if for_room {
            zmq::POLLOUT
        } else {
            zmq::PollEvents::empty()
        };
        waited(
            self.socket
                .poll(zmq::POLLIN | room, i64::from(milliseconds(time))),
        )
    }
}

/// An aggregator's end.
pub(super) struct Router {
    socket: zmq::Socket,
    /// Tells of connections that came to nothing.
    monitor: zmq::Socket,
    /// Where there is a key.
    door: Option<Door>,
}

/// How many were heard of that came no further.
pub(super) struct TurnedAway {
    /// Who did not speak as 0MQ does, or not as it was asked.
    pub(super) no_handshake: u64,
    /// Who did not know the key.
    pub(super) wrong_key: u64,
}

impl Router {
    pub(super) fn bind(address: &Address, key: Option<&Key>) -> io::Result<Router> {
        static NUMBER: AtomicU64 = AtomicU64::new(0);
        let context = zmq::Context::new();
        let socket = context.socket(zmq::ROUTER)?;
        socket.set_rcvhwm(WAITING)?;
        socket.set_sndhwm(WAITING)?;
        socket.set_linger(0)?;
        socket.set_maxmsgsize(LONGEST as i64)?;
        socket.set_handshake_ivl(HANDSHAKE)?;
        socket.set_ipv6(matches!(address, Address::Tcp { host, .. } if host.contains(':')))?;
        let door = key
            .map(|key| Door::of(&context, &socket, key))
            .transpose()?;
        // Of those without the key the door tells.
        let events = zmq::SocketEvent::HANDSHAKE_FAILED_NO_DETAIL as i32
            | zmq::SocketEvent::HANDSHAKE_FAILED_PROTOCOL as i32;
        let watched = format!("inproc://calipers-{}", NUMBER.fetch_add(1, Relaxed));
        socket.monitor(&watched, events)?;
        let monitor = context.socket(zmq::PAIR)?;
        monitor.set_linger(0)?;
        monitor.connect(&watched)?;
        match address {
            Address::Ipc(path) => bind_file(&socket, address, path)?,
            Address::Tcp { .. } => socket.bind(&address.to_string())?,
        }
        Ok(Router {
            socket,
            monitor,
            door,
        })
    }

    /// The address that it really listens on.
    pub(super) fn endpoint(&self) -> io::Result<String> {
        let endpoint = self.socket.get_last_endpoint()?;
        Ok(endpoint.unwrap_or_default())
    }

    pub(super) fn send(&self, to: &[u8], message: &[u8]) -> io::Result<()> {
        Ok(self.socket.send_multipart([to, message], zmq::DONTWAIT)?)
    }

    /// What has come: who sent it, and the parts of the message.
    pub(super) fn receive(&self) -> io::Result<Option<Vec<Vec<u8>>>> {
        received(&self.socket)
    }

    /// Lets in who may enter, and tells of those who came to nothing since it was last asked.
    pub(super) fn turned_away(&self) -> TurnedAway {
        let mut no_handshake = 0;
        while let Ok(Some(_)) = received(&self.monitor) {
            no_handshake += 1;
        }
        TurnedAway {
            no_handshake,
            wrong_key: self.door.as_ref().map_or(0, Door::answer),
        }
    }

    /// Waits until something has come.
    pub(super) fn wait(&self, time: Duration) -> io::Result<()> {
        let sockets = [&self.socket, &self.monitor].into_iter();
        let sockets = sockets.chain(self.door.iter().map(|door| &door.socket));
        let mut items: Vec<_> = sockets
            .map(|socket| socket.as_poll_item(zmq::POLLIN))
            .collect();
        waited(zmq::poll(&mut items, i64::from(milliseconds(time))))
    }
}

/// Makes a socket in a folder that is nobody else's, closed to others. 0MQ would take away whatever is in its place, so what is
/// not a socket that nobody listens at is left alone.
fn bind_file(socket: &zmq::Socket, address: &Address, path: &Path) -> io::Result<()> {
    let folder = path.parent().unwrap_or(Path::new("/"));
    drop(own_folder::open(folder)?);
    match fs::symlink_metadata(path) {
        Ok(there) if !there.file_type().is_socket() => {
            return Err(io::Error::new(
                io::ErrorKind::AlreadyExists,
                "something that is no socket is in its place",
            ));
        }
        Ok(_) if UnixStream::connect(path).is_ok() => {
            return Err(io::Error::new(
                io::ErrorKind::AddrInUse,
                "somebody listens there already",
            ));
        }
        _ => {}
    }
    socket.bind(&address.to_string())?;
    // Until now it is as closed as the mask and the folder have it.
    fs::set_permissions(path, Permissions::from_mode(0o600))
}

fn received(socket: &zmq::Socket) -> io::Result<Option<Vec<Vec<u8>>>> {
    match socket.recv_multipart(zmq::DONTWAIT) {
        Ok(parts) => Ok(Some(parts)),
        Err(zmq::Error::EAGAIN) => Ok(None),
        Err(error) => Err(error.into()),
    }
}

fn waited(polled: zmq::Result<i32>) -> io::Result<()> {
    match polled {
        // A signal: whoever waits looks again.
        Ok(_) | Err(zmq::Error::EINTR) => Ok(()),
        Err(error) => Err(error.into()),
    }
}

/// Rounded up, lest a wait of less than one spin.
fn milliseconds(time: Duration) -> i32 {
    i32::try_from(time.as_nanos().div_ceil(1_000_000)).unwrap_or(i32::MAX)
}
