//! The JSON service: `/stats` of a host.

use std::net::ToSocketAddrs;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use super::gather;
use super::shared::Shared;
use crate::report::http::{Answered, ServeError, Server};

/// What is served, and where.
///
/// ```no_run
/// use calipers::report::pipe::service::{Options, serve};
///
/// let server = serve(Options {
///     folder: "/run/my-server/stats".into(),
///     ..Options::default()
/// })?;
/// println!("curl {}stats", server.url());
/// # Ok::<(), calipers::report::http::ServeError>(())
/// ```
#[derive(Clone, Debug)]
pub struct Options {
    /// Where the pipes are; `/tmp/stats-pipe`, as it was before.
    pub folder: PathBuf,
    /// Where to listen; `127.0.0.1:7828`.
    pub listen: String,
    /// What to answer; `/stats`.
    pub path: String,
    /// How long a pipe may take; one second.
    pub patience: Duration,
}

impl Default for Options {
    fn default() -> Options {
        Options {
            folder: "/tmp/stats-pipe".into(),
            listen: "127.0.0.1:7828".to_owned(),
            path: "/stats".to_owned(),
            patience: Duration::from_secs(1),
        }
    }
}

/// Serves what the pipes of a folder say, as JSON, from a thread of its own; they are read at each request. Requests that
/// come while they are being read share that reading, of whose beginning its `timestamp` tells.
///
/// # Errors
///
/// The address has no meaning here, it cannot be listened on, or the system gives no thread. A folder that cannot be read
/// is told to whoever asks.
pub fn serve(options: Options) -> Result<Server, ServeError> {
    let Options {
        folder,
        listen,
        path,
        patience,
    } = options;
    // Known before the server starts, so that the error names the address.
    let addresses: Vec<_> = listen
        .to_socket_addrs()
        .map_err(ServeError::Address)?
        .collect();
    let reading = Shared::new();
    let answer = move |asked: &str| match asked == path {
        false => Answered::NotFound,
        true => match &*reading.get(|| gather(&folder, patience)) {
            Ok(gathered) => Answered::json(gathered),
            Err(error) => Answered::Failed(format!("cannot list `{}`: {error}", folder.display())),
        },
    };
    Server::builder(&addresses[..])
        .answering(Arc::new(answer))
        .start()
}
