//! The server behind [`serve_in_background`]: one thread, one small runtime, and limits on what strangers can hold.
//!
//! It accepts connections itself rather than through `axum::serve`, which limits neither how many there are nor how
//! long a client may take over its headers.

use std::fmt;
use std::io::{self, Write};
use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr, TcpListener, ToSocketAddrs};
use std::pin::pin;
use std::sync::Arc;
use std::thread::{self, JoinHandle};
use std::time::Duration;

use axum::Router;
use hyper::server::conn::http1;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::service::TowerToHyperService;
use tokio::net::TcpStream;
use tokio::runtime::{Builder, Runtime};
use tokio::sync::{Semaphore, watch};
use tokio::time::{sleep, timeout};

use super::router;

/// How many connections are served at once; more are told to come back.
const CONNECTIONS: usize = 512;

/// How long a client may take to send a request's headers, and a connection may lie idle.
const HEADERS: Duration = Duration::from_secs(10);

/// How long a connection may last. Browsers open another without anybody noticing; a client that takes an answer byte
/// by byte cannot keep it for ever.
const CONVERSATION: Duration = Duration::from_secs(120);

/// How long answers under way may take once their connection is asked to end.
const GRACE: Duration = Duration::from_secs(1);

/// Snapshots are taken one after another anyway; a second thread renders meanwhile.
const BLOCKING_THREADS: usize = 2;

/// More than any URL that means something here.
const HEADER_BYTES: usize = 16 * 1024;

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
    let listener = listen(addr)?;
    let addr = listener.local_addr().map_err(ServeError::Start)?;
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
    let routes = router(name);
    let kept = stop.clone(); // so that dropping the handle does not look like stopping
    let thread = thread::Builder::new()
        .name("calipers-http".to_owned())
        .spawn(move || {
            run(runtime, accept(listener, routes, stopped));
            drop(kept);
        })
        .map_err(ServeError::Start)?;
    Ok(Server { addr, stop, thread })
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

/// Accepts until it is told to stop, and then waits for what is under way.
async fn accept(
    listener: tokio::net::TcpListener,
    routes: Router,
    mut stopped: watch::Receiver<bool>,
) {
    let places = Arc::new(Semaphore::new(CONNECTIONS));
    let mut told = false;
    loop {
        let accepted = tokio::select! {
            accepted = listener.accept() => accepted,
            _ = stopped.wait_for(|stopped| *stopped) => break,
        };
        match accepted {
            Ok((stream, _)) => match places.clone().try_acquire_owned() {
                Ok(place) => {
                    let (routes, stopped) = (routes.clone(), stopped.clone());
                    tokio::spawn(async move {
                        converse(stream, routes, stopped).await;
                        drop(place);
                    });
                }
                Err(_) => turn_away(stream),
            },
            Err(error) => {
                if !told {
                    log::warn!(target: "calipers", "the stats page cannot accept a connection: {error}; trying again");
                    told = true;
                }
                // Too many open files, mostly: trying at once would only burn time.
                sleep(Duration::from_millis(100)).await;
            }
        }
    }
    drop(listener);
    // All places are free when every connection has ended.
    let _ = timeout(GRACE, places.acquire_many(CONNECTIONS as u32)).await;
}

/// Answers what comes over one connection until it ends, lasts too long, or the server stops.
async fn converse(stream: TcpStream, routes: Router, mut stopped: watch::Receiver<bool>) {
    let mut connection = pin!(
        http1::Builder::new()
            .timer(TokioTimer::new())
            .header_read_timeout(HEADERS)
            .max_buf_size(HEADER_BYTES)
            .serve_connection(TokioIo::new(stream), TowerToHyperService::new(routes))
    );
    // What a client does wrong is the client's affair: there is nobody here to tell.
    tokio::select! {
        _ = connection.as_mut() => return,
        _ = stopped.wait_for(|stopped| *stopped) => {}
        _ = sleep(CONVERSATION) => {}
    }
    connection.as_mut().graceful_shutdown();
    let _ = timeout(GRACE, connection).await;
}

/// Says that there is no room. Nothing is read and nothing waited for: this runs where connections are accepted.
fn turn_away(stream: TcpStream) {
    const NO_ROOM: &[u8] =
        b"HTTP/1.1 503 Service Unavailable\r\nconnection: close\r\nretry-after: 1\r\n\
        content-type: text/plain; charset=utf-8\r\ncontent-length: 42\r\n\r\n\
        too many connections are open; come again\n";
    if let Ok(mut stream) = stream.into_std() {
        let _ = stream.write(NO_ROOM);
    }
}
