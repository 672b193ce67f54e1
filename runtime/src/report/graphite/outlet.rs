//! Gets lines out: a connection that comes and goes, and what waits for it.

use std::io::{self, ErrorKind, Read, Write};
use std::net::TcpStream;
use std::time::{Duration, Instant};

use super::queue::Queue;
use crate::report::connecting::{CONNECT, Link, each_address};
use crate::report::{PushError, Pushed};

/// How long a push that finds the buffer full waits for the server to take something.
const MOMENT: Duration = Duration::from_millis(50);

/// How much is handed to the system at once.
const CHUNK: usize = 64 * 1024;

#[derive(Debug)]
pub(super) struct Outlet {
    addr: String,
    queue: Queue,
    link: Link<TcpStream>,
    /// How long a connection may take nothing, and when it last took something.
    stall: Duration,
    taken: Instant,
    /// What went wrong after something had gone out, to be told at the next occasion.
    trouble: Option<PushError>,
    /// Until when this push may hold on; not at all once the server took nothing for a moment.
    patience: Instant,
}

impl Outlet {
    pub(super) fn new(addr: String, buffer: usize, stall: Duration) -> Outlet {
        Outlet {
            addr,
            queue: Queue::new(buffer),
            link: Link::new(),
            stall,
            taken: Instant::now(),
            trouble: None,
            patience: Instant::now(),
        }
    }

    pub(super) fn queued(&self) -> u64 {
        self.queue.lines()
    }

    /// A push begins, which may hold on until then.
    pub(super) fn begin(&mut self, until: Instant) {
        self.patience = until;
        if self.queue.lines() == 0 {
            self.taken = Instant::now();
        }
    }

    /// Takes a line. A full buffer is emptied into a server that takes it; else the oldest lines go.
    pub(super) fn offer(&mut self, line: &[u8], pushed: &mut Pushed) {
        let now = Instant::now;
        if !self.queue.has_room_for(line) && now() < self.patience {
            match self.write(self.patience.min(now() + MOMENT)) {
                Ok((bytes, lines)) if bytes > 0 => {
                    pushed.bytes += bytes as u64;
                    pushed.sent += lines;
                }
                Ok(_) => self.patience = now(),
                Err(error) => {
                    self.patience = now();
                    // Told when the reader carries on.
                    self.trouble = Some(error);
                }
            }
        }
        pushed.dropped += self.queue.push(line);
    }

    /// Connects if need be, and writes until nothing is left or it is `until`.
    pub(super) fn carry_on(&mut self, until: Instant) -> Result<Pushed, PushError> {
        if let Some(error) = self.trouble.take() {
            return Err(error);
        }
        let mut pushed = Pushed::nothing();
        while self.queue.lines() > 0 {
            match self.write(until) {
                Ok((bytes, lines)) => {
                    pushed.bytes += bytes as u64;
                    pushed.sent += lines;
                }
                Err(error) if pushed.bytes > 0 => {
                    self.trouble = Some(error);
                    break;
                }
                Err(error) => return Err(error),
            }
            if Instant::now() >= until {
                break;
            }
        }
        pushed.queued = self.queue.lines();
        Ok(pushed)
    }

    /// Lets go of the connection; the lines are good.
    pub(super) fn restart(&mut self) {
        self.link.close();
        self.queue.begin_anew();
    }

    /// Writes once; gives how many bytes went and how many lines are whole by that.
    fn write(&mut self, until: Instant) -> Result<(usize, u64), PushError> {
        let addr = self.addr.clone();
        let was_up = self.link.is_up();
        let connection = match self.link.get(until, move || connect(&addr)) {
            Ok(Some(connection)) => connection,
            Ok(None) => return Ok((0, 0)),
            Err(error) => {
                let tried = format!("could not connect to {}", self.addr);
                return Err(PushError::io(tried, error));
            }
        };
        if !was_up {
            self.taken = Instant::now();
        }
        let next = self.queue.next();
        let next = &next[..next.len().min(CHUNK)];
        match still_there(connection).and_then(|()| write_until(connection, next, until)) {
            Ok(bytes) => {
                self.taken = Instant::now();
                self.link.works();
                Ok((bytes, self.queue.written(bytes)))
            }
            Err(error) if waits(&error) && self.taken.elapsed() < self.stall => Ok((0, 0)),
            Err(error) => {
                self.queue.begin_anew();
                let tried = format!("lost the connection to {}", self.addr);
                Err(PushError::io(tried, self.link.failed(error)))
            }
        }
    }
}

fn connect(addr: &str) -> io::Result<TcpStream> {
    let connection = each_address(addr, |addr| TcpStream::connect_timeout(&addr, CONNECT))?;
    // Chunks are large; what is small is the end of a push, and nothing follows for a while.
    connection.set_nodelay(true)?;
    Ok(connection)
}

/// A server that has gone is noticed here, where the system would take one more chunk and lose it.
fn still_there(connection: &mut TcpStream) -> io::Result<()> {
    connection.set_nonblocking(true)?;
    let read = connection.read(&mut [0; 512]);
    connection.set_nonblocking(false)?;
    match read {
        Ok(0) => Err(io::Error::new(
            ErrorKind::UnexpectedEof,
            "the server closed it",
        )),
        // Whatever it says: the protocol has no answers.
        Ok(_) => Ok(()),
        Err(error) if waits(&error) => Ok(()),
        Err(error) => Err(error),
    }
}

fn write_until(connection: &mut TcpStream, bytes: &[u8], until: Instant) -> io::Result<usize> {
    let left = until.saturating_duration_since(Instant::now());
    connection.set_write_timeout(Some(left.max(Duration::from_millis(1))))?;
    match connection.write(bytes)? {
        0 => Err(ErrorKind::WriteZero.into()),
        written => Ok(written),
    }
}

/// Nothing is wrong but that nothing goes just now.
fn waits(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        ErrorKind::WouldBlock | ErrorKind::TimedOut | ErrorKind::Interrupted
    )
}
