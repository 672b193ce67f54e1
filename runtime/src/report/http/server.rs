//! The server behind [`serve_in_background`]: one thread and one small runtime.

use std::fmt;
use std::io;
use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr, TcpListener, ToSocketAddrs};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use axum::Router;
use tokio::runtime::{Builder, Runtime};
use tokio::sync::watch;

use super::Routes;
use super::connections::{STALL, accept};
use crate::{Registry, Snapshot, program};

/// Snapshots are taken one after another anyway; a second thread renders meanwhile.
const BLOCKING_THREADS: usize = 2;

/// Serves the live page of the global registry at `addr`, from a thread of its own. `name` heads the page.
///
/// The address is bound as given: `127.0.0.1:9000` is seen from this machine alone, and port 0 takes a free one
/// ([`Server::url`] tells which). When this returns, the page is up.
///
/// **The result may be ignored**: the page is served until the program ends, or until [`Server::stop`]. Dropping the
/// [`Server`] stops nothing.
///
/// ```
/// let server = calipers::report::http::serve_in_background("127.0.0.1:0", "my-server")?;
/// println!("stats are at {}", server.url());
/// # server.stop();
/// # Ok::<(), calipers::report::http::ServeError>(())
/// ```
///
/// # Errors
///
/// The address has no meaning here, it cannot be listened on, or the system gives no thread. What goes wrong later
/// (a connection that cannot be accepted) is logged once and tried again.
pub fn serve_in_background(
    addr: impl ToSocketAddrs,
    name: impl Into<String>,
) -> Result<Server, ServeError> {
    Server::builder(addr).name(name).start()
}

/// What is served, where, and to whom; see [`Server::builder`].
#[derive(Debug)]
#[must_use = "nothing is served before `start`"]
pub struct ServerBuilder<A> {
    addr: A,
    routes: Routes,
    stall: Duration,
}

impl<A: ToSocketAddrs> ServerBuilder<A> {
    /// What heads the page; the name of the program's file unless told otherwise.
    pub fn name(mut self, name: impl Into<String>) -> Self {
        self.routes = self.routes.name(name.into());
        self
    }

    /// Another registry than the global one.
    pub fn registry(mut self, registry: &Registry) -> Self {
        self.routes = self.routes.registry(registry);
        self
    }

    /// Shows what this gives rather than a registry; see [`Routes::source`].
    pub fn source(mut self, snapshot: impl Fn() -> Snapshot + Send + Sync + 'static) -> Self {
        self.routes = self.routes.source(snapshot);
        self
    }

    /// Routes of your own beside the page's; see [`Routes::beside`].
    pub fn beside(mut self, routes: Router) -> Self {
        self.routes = self.routes.beside(routes);
        self
    }

    /// Another name that the page is asked for by, without a port: that of a proxy before it, for instance. To be called
    /// for each.
    ///
    /// Where only this machine can connect, requests for `localhost` and for addresses of this machine are answered,
    /// and others refused with 421, so that no website can have its own name stand for this machine and its visitor's
    /// browser read the stats. An address that others can reach answers to any name, until one is allowed: from then on
    /// only to those, and to plain addresses.
    pub fn allow_host(mut self, host: impl AsRef<str>) -> Self {
        self.routes = self.routes.allow_host(host);
        self
    }

    /// How long a client may take nothing of its answer before its connection is given up, 30 seconds unless told otherwise;
    /// counted under `errors/notTaken`.
    pub fn stall(mut self, limit: Duration) -> Self {
        self.stall = limit;
        self
    }

    /// Something else in the place of the page.
    #[cfg(feature = "pipe")]
    pub(in crate::report) fn answering(mut self, other: super::other::Other) -> Self {
        self.routes = self.routes.other(other);
        self
    }

    /// Serves it from a thread of its own. When this returns, the page is up.
    ///
    /// # Errors
    ///
    /// As [`serve_in_background`].
    pub fn start(self) -> Result<Server, ServeError> {
        let listener = listen(self.addr)?;
        let addr = listener.local_addr().map_err(ServeError::Start)?;
        let routes = if addr.ip().is_loopback() {
            self.routes.of_loopback()
        } else {
            self.routes
        };
        let runtime = Builder::new_current_thread()
            .enable_all()
            .max_blocking_threads(BLOCKING_THREADS)
            .thread_name("calipers-page")
            .build()
            .map_err(ServeError::Start)?;
        let listener = {
            let _entered = runtime.enter();
            tokio::net::TcpListener::from_std(listener).map_err(ServeError::Start)?
        };
        let (stop, stopped) = watch::channel(false);
        let kept = stop.clone(); // so that dropping the handle does not look like stopping
        let thread = thread::Builder::new()
            .name("calipers-http".to_owned())
            .spawn(move || {
                run(runtime, accept(listener, routes, self.stall, stopped));
                drop(kept);
            })
            .map_err(ServeError::Start)?;
        Ok(Server { addr, stop, thread })
    }
}

/// A live page that is being served; see [`serve_in_background`].
///
/// It is only a handle: dropping it stops nothing.
pub struct Server {
    addr: SocketAddr,
    stop: watch::Sender<bool>,
    thread: JoinHandle<()>,
}

impl Server {
    /// A live page at this address, with what [`serve_in_background`] leaves as it is.
    ///
    /// ```
    /// use calipers::report::http::Server;
    ///
    /// let server = Server::builder("127.0.0.1:0")
    ///     .name("my-server")
    ///     .allow_host("stats.example") // a proxy on this machine passes its own name on
    ///     .start()?;
    /// # server.stop();
    /// # Ok::<(), calipers::report::http::ServeError>(())
    /// ```
    pub fn builder<A: ToSocketAddrs>(addr: A) -> ServerBuilder<A> {
        ServerBuilder {
            addr,
            routes: Routes::new(program::name().unwrap_or_default()),
            stall: STALL,
        }
    }

    /// The address it listens on, with the port that was really taken.
    pub fn local_addr(&self) -> SocketAddr {
        self.addr
    }

    /// The URL to open in a browser on this machine, `http://127.0.0.1:9000/`.
    pub fn url(&self) -> String {
        let mut reached = self.addr;
        // "Every interface" is no address a browser can go to.
        match reached {
            SocketAddr::V4(v4) if v4.ip().is_unspecified() => {
                reached.set_ip(Ipv4Addr::LOCALHOST.into());
            }
            SocketAddr::V6(v6) if v6.ip().is_unspecified() => {
                reached.set_ip(Ipv6Addr::LOCALHOST.into());
            }
            _ => {}
        }
        format!("http://{reached}/")
    }

    /// Stops listening, lets answers under way end, and waits until they have: at most about a second.
    pub fn stop(self) {
        self.stop.send_replace(true);
        // A panic in there was reported where it happened, and there is nothing to add to it.
        let _ = self.thread.join();
    }
}

impl fmt::Debug for Server {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Server").field("addr", &self.addr).finish()
    }
}

/// Why the live page is not served.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ServeError {
    /// The address is none, or its name is not known.
    #[error(
        "the address to serve stats on cannot be used: {0}; write for instance `127.0.0.1:9000`"
    )]
    Address(#[source] io::Error),
    /// The address can be used, but not by us, or not now.
    #[error(
        "cannot serve stats on {addr}: {source}; choose another port, or 0 for any that is free"
    )]
    Listen {
        /// The address; the last of them where a name had several.
        addr: SocketAddr,
        /// What the system said.
        source: io::Error,
    },
    /// The system gave no thread, or nothing to wait on connections with.
    #[error("cannot start serving stats: {0}")]
    Start(#[source] io::Error),
}

/// Bound here and not in the thread, so that the caller hears of what is wrong.
fn listen(addr: impl ToSocketAddrs) -> Result<TcpListener, ServeError> {
    let mut failure = None;
    for addr in addr.to_socket_addrs().map_err(ServeError::Address)? {
        match TcpListener::bind(addr) {
            Ok(listener) => {
                listener.set_nonblocking(true).map_err(ServeError::Start)?;
                return Ok(listener);
            }
            Err(source) => failure = Some(ServeError::Listen { addr, source }),
        }
    }
    let nowhere = || io::Error::new(io::ErrorKind::InvalidInput, "it stands for no address");
    Err(failure.unwrap_or_else(|| ServeError::Address(nowhere())))
}

fn run(runtime: Runtime, serving: impl Future<Output = ()>) {
    runtime.block_on(serving);
    // A snapshot that is being taken for somebody who has left needs nobody to wait for it.
    runtime.shutdown_background();
}
