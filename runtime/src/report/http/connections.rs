//! Connections: limits on what strangers can hold, each of them counted.
//!
//! They are accepted here rather than through `axum::serve`, which limits neither how many there are nor how long a
//! client may take over its headers.

use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::time::Duration;

use axum::Router;
use hyper::server::conn::http1;
use hyper::service::{Service, service_fn};
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::service::TowerToHyperService;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::sync::{Semaphore, watch};
use tokio::time::{sleep, timeout};

use super::Routes;
use super::own::PageStats;
use super::stalled::{Taken, is_not_taken};
use crate::log_line;

/// How many connections are served at once; more are told to come back.
const CONNECTIONS: usize = 512;

/// How long a client may take to send a request's headers, and a connection may lie idle.
const HEADERS: Duration = Duration::from_secs(10);

/// How long a client may take nothing of its answer, unless the builder was told otherwise.
pub(super) const STALL: Duration = Duration::from_secs(30);

/// How long a connection may last. Browsers open another without anybody noticing; a client that takes an answer byte
/// by byte cannot keep it for ever.
const CONVERSATION: Duration = Duration::from_secs(120);

/// How long answers under way may take once their connection is asked to end.
const GRACE: Duration = Duration::from_secs(1);

/// More than any URL that means something here.
const HEADER_BYTES: usize = 16 * 1024;

/// How many of those for whom there is no room are told so at once; more wait until one of them has gone, which takes
/// [`GRACE`] at most. Cutting them instead would be heard as a reset, and not as the answer.
const TURNED_AWAY: usize = 64;

/// Accepts until it is told to stop, and then waits for what is under way.
pub(super) async fn accept(
    listener: tokio::net::TcpListener,
    routes: Routes,
    stall: Duration,
    mut stopped: watch::Receiver<bool>,
) {
    let own = routes.own();
    let routes = routes.router();
    let places = Arc::new(Semaphore::new(CONNECTIONS));
    let doorsteps = Arc::new(Semaphore::new(TURNED_AWAY));
    let mut told = false;
    loop {
        let accepted = tokio::select! {
            accepted = listener.accept() => accepted,
            _ = stopped.wait_for(|stopped| *stopped) => break,
        };
        match accepted {
            Ok((stream, _)) => tokio::select! {
                biased; // towards a place
                Ok(place) = places.clone().acquire_owned() => {
                    let (routes, own, stopped) = (routes.clone(), own.clone(), stopped.clone());
                    tokio::spawn(async move {
                        let _connected = own.connected();
                        converse(stream, stall, routes, &own, stopped).await;
                        drop(place);
                    });
                }
                Ok(doorstep) = doorsteps.clone().acquire_owned() => {
                    own.errors.get("full").inc();
                    tokio::spawn(async move {
                        let _ = timeout(GRACE, turn_away(stream)).await;
                        drop(doorstep);
                    });
                }
                else => {} // they are never closed
            },
            Err(error) => {
                own.errors.get("notAccepted").inc();
                if !told {
                    log_line::warn(
                        log_line::TARGET,
                        format_args!(
                            "the stats page cannot accept a connection: {error}; trying again"
                        ),
                    );
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
async fn converse(
    stream: TcpStream,
    stall: Duration,
    routes: Router,
    own: &PageStats,
    mut stopped: watch::Receiver<bool>,
) {
    // Browsers open connections ahead of need: one that nothing came over is no error.
    let mut first = [0];
    tokio::select! {
        came = timeout(HEADERS, stream.peek(&mut first)) => {
            if !matches!(came, Ok(Ok(1..))) {
                return;
            }
        }
        _ = stopped.wait_for(|stopped| *stopped) => return,
    }
    let asked = Arc::new(AtomicBool::new(false));
    let service = {
        let (asked, routes) = (asked.clone(), TowerToHyperService::new(routes));
        service_fn(move |request| {
            asked.store(true, Relaxed);
            routes.call(request)
        })
    };
    let mut connection = pin!(
        http1::Builder::new()
            .timer(TokioTimer::new())
            .header_read_timeout(HEADERS)
            // Who has asked all and says so is answered all the same.
            .half_close(true)
            .max_buf_size(HEADER_BYTES)
            .serve_connection(TokioIo::new(Taken::new(stream, stall)), service)
    );
    tokio::select! {
        ended = connection.as_mut() => {
            if let Err(error) = ended {
                // What a client does wrong is the client's affair: it is counted, and there is nobody to tell.
                count(own, &error, asked.load(Relaxed));
            }
            return;
        }
        _ = stopped.wait_for(|stopped| *stopped) => {}
        _ = sleep(CONVERSATION) => {}
    }
    connection.as_mut().graceful_shutdown();
    let ended = timeout(GRACE, connection).await;
    if ended.is_err() && !*stopped.borrow() {
        own.errors.get(NOT_TAKEN).inc();
    }
}

/// What is counted when an answer was not taken in time.
const NOT_TAKEN: &str = "notTaken";

fn count(own: &PageStats, error: &hyper::Error, asked: bool) {
    let cause = if error.is_timeout() {
        // Who has been answered and then says nothing is done.
        if asked {
            return;
        }
        "timedOut"
    } else if error.is_parse() || error.is_parse_too_large() {
        // It was answered, with 400 or 431, before it came to the gate.
        own.requests.inc();
        "badRequest"
    } else if is_not_taken(error) {
        NOT_TAKEN
    } else {
        "connectionLost"
    };
    own.errors.get(cause).inc();
}

/// Says that there is no room.
async fn turn_away(mut stream: TcpStream) {
    const NO_ROOM: &[u8] =
        b"HTTP/1.1 503 Service Unavailable\r\nconnection: close\r\nretry-after: 1\r\n\
        content-type: text/plain; charset=utf-8\r\ncontent-length: 42\r\n\r\n\
        too many connections are open; come again\n";
    if stream.write_all(NO_ROOM).await.is_err() || stream.shutdown().await.is_err() {
        return;
    }
    // Closed with something unread, the connection would be reset, and the answer lost on its way.
    let mut rest = [0; 4096];
    while let Ok(1..) = stream.read(&mut rest).await {}
}
