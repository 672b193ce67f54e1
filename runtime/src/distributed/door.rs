//! The door: who does not know the key is turned away before a message of his is taken.
//!
//! 0MQ collects all parts of a message, as many as there are, before anybody sees the first. So a tag on the message comes
//! too late to keep strangers from filling memory; who connects has to prove himself first. libzmq asks, for each
//! connection, whoever answers at a fixed address inside the process (0MQ's RFC 27, ZAP; the proof is that of RFC 24,
//! PLAIN: a password, here one that is made from the key).

use std::io;

use super::frame::Key;

/// Where libzmq asks.
const ADDRESS: &str = "inproc://zeromq.zap.01";

/// Who connects calls itself so.
const USER: &str = "calipers";

/// What answers libzmq's questions, of the sockets of one context.
pub(super) struct Door {
    pub(super) socket: zmq::Socket,
    key: Key,
}

impl Door {
    /// For this socket, which is not bound yet.
    pub(super) fn of(context: &zmq::Context, asked: &zmq::Socket, key: &Key) -> io::Result<Door> {
        let socket = context.socket(zmq::REP)?;
        socket.set_linger(0)?;
        socket.bind(ADDRESS)?;
        asked.set_zap_domain(USER)?;
        asked.set_plain_server(true)?;
        Ok(Door {
            socket,
            key: key.clone(),
        })
    }

    /// Answers what was asked; gives how many were turned away.
    pub(super) fn answer(&self) -> u64 {
        let mut refused = 0;
        while let Ok(asked) = self.socket.recv_multipart(zmq::DONTWAIT) {
            let [_, number, _, _, _, mechanism, credentials @ ..] = &*asked else {
                // Nobody but libzmq can ask; it is answered anyhow, since the socket has to answer before it is asked again.
                let _ = self.socket.send("", zmq::DONTWAIT);
                continue;
            };
            let may_enter = match credentials {
                [_, password] => mechanism == b"PLAIN" && self.key.made_password(password),
                _ => false,
            };
            refused += u64::from(!may_enter);
            let (status, why): (&[u8], &[u8]) = if may_enter {
                (b"200", b"")
            } else {
                (b"400", b"wrong key")
            };
            let answer: [&[u8]; 6] = [b"1.0", number, status, why, b"", b""];
            // If nobody waits for it any more, nobody is kept waiting.
            let _ = self.socket.send_multipart(answer, zmq::DONTWAIT);
        }
        refused
    }
}

/// What a socket that is about to connect says at the door.
pub(super) fn knock(socket: &zmq::Socket, key: &Key) -> io::Result<()> {
    socket.set_plain_username(Some(USER))?;
    Ok(socket.set_plain_password(Some(&key.password()))?)
}
