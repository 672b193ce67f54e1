//! Many processes as one tree: what tapes' distributed registry was. Feature `distributed`.
//!
//! A process [publishes](Publisher), an [`Aggregator`] unites, and any reader of this library shows what it has united, as if it
//! were one program: the page, Prometheus, Graphite, a file.
//!
//! ```no_run
//! # #[cfg(feature = "http")] {
//! use calipers::distributed::{Aggregator, Publisher};
//! use calipers::report::http::Server;
//!
//! // In each process of a host:
//! let _publisher = Publisher::connect("ipc:///run/stats/aggregator.sock").start()?;
//!
//! // In one of them, or in one of its own, as `calipers aggregate` is:
//! let aggregator = Aggregator::bind("ipc:///run/stats/aggregator.sock").start()?;
//! let united = aggregator.united();
//! Server::builder("127.0.0.1:9000").source(move || united.snapshot()).start()?;
//! # }
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! # Why totals are right
//!
//! What is sent is never what was added, but what stats are now, and messages are numbered. A message that is lost leaves a gap;
//! the aggregator then asks for everything. One that comes twice, or late, changes nothing. So the aggregator may be stopped,
//! killed and started again, and totals are right again with the next state.
//!
//! # Who can take part
//!
//! - `ipc://`: the aggregator's socket is closed to others (0600), in a folder that belongs to its user and that nobody else may
//!   write to. For a moment at the start it is as open as the umask and the folder have it: whoever has a umask that lets others
//!   write (the usual 022 does not) should close the folder to them (0700), as one is that is made here.
//! - `tcp://` on a loopback address: every user of the machine, unless there is a key.
//! - `tcp://` beyond it: only when asked for, and only with a key. Who connects then has to say a password that is made from
//!   the key before he may send anything; each message has an HMAC-SHA-256, and one that is older than what is known of its
//!   source is ignored.
//!
//! A key proves who sends. It does not hide anything: there is no encryption, so who can read along reads the stats. An
//! aggregator that has just been started knows nothing but what it [keeps](AggregatorBuilder::keep), and without that believes an
//! old state that somebody recorded and plays again, until the source says more. Across networks that are not yours, put a
//! tunnel around it.
//!
//! Without a key, who may connect can use up memory: libzmq collects the parts of a message, as many as there are and each of
//! up to 8 MiB, before anybody sees the first. Let only those connect who may.
//!
//! A message is data and nothing else: numbers, names and texts, whose sizes are looked at before they are taken over.
//! What is not ours, of another schema, or wrongly signed, is ignored, and counted by cause in
//! `/calipers/aggregator/ignored`. There is no message that stops anything. `docs/distributed.md` in the repository
//! has the format.
//!
//! # What it stands on
//!
//! 0MQ, by libzmq: it limits each part of a message before it makes room for it, queues up to a high-water mark, and
//! reconnects. It is built from source along with the crate `zmq`, which takes a C++ compiler. Its licence is the LGPL 3 with
//! the exception that a program may be linked with it statically, whatever its own licence. As with all readers, threads do
//! not survive a `fork`.
//!
//! How it fits: `changes` finds what is to be sent, `writing` and `reading` have it as bytes, `frame` what is around them;
//! `socket` gets it across, through the `door` where there is a key. `sources` keeps what was told, each `source` in a `tree` of its own, `united` makes one of them,
//! `kept` has totals in a file.

mod address;
mod aggregator;
mod changes;
mod door;
mod fields;
mod frame;
mod kept;
mod merging;
mod own;
mod publisher;
mod reading;
mod socket;
mod source;
mod sources;
#[cfg(test)]
mod tests;
mod tree;
mod united;
mod writing;

pub use crate::Merging;
pub use aggregator::{Aggregator, AggregatorBuilder, BindError, United};
pub use publisher::{Publisher, PublisherBuilder};
