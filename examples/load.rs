//! A load generator: clients that talk HTTP to a server of this same program, over loopback, in waves.

use std::net::SocketAddr;
use std::time::{Duration, Instant};

use axum::body::{Body, to_bytes};
use axum::http::{Request, Response, StatusCode};
use calipers::prelude::*;
use hyper::client::conn::http1::{self, SendRequest};
use hyper_util::rt::TokioIo;
use tokio::net::TcpStream;
use tokio::task::JoinSet;
use tokio::time::{sleep, timeout};

use crate::dice::Dice;

collection! {
    /// What the load generator saw, from the other end of the wire.
    pub static CLIENT: Client = "/client" {
        /// Requests sent.
        sent: Counter,
        /// Requests without an answer: refused, cut off, given up.
        failed: Counter,
        /// Answers by status.
        #[stat(label = "status")]
        answers: Family<u16, Counter>,
        /// From the first byte sent to the last byte received.
        latency: Timer,
        /// Sizes of the answers' bodies.
        #[stat(unit = "By")]
        received: Histogram,
    }
}

/// From one busy time to the next.
const WAVE: Duration = Duration::from_secs(20);

/// Keeps `clients` clients busy with a server, for ever. `next` makes the requests.
pub async fn run(server: SocketAddr, clients: u16, next: fn(&mut Dice) -> Request<Body>) {
    let start = Instant::now();
    // A set ends its tasks when it is dropped, and so with this future.
    let mut tasks: JoinSet<()> = (0..clients).map(|_| client(server, start, next)).collect();
    while tasks.join_next().await.is_some() {}
}

async fn client(server: SocketAddr, start: Instant, next: fn(&mut Dice) -> Request<Body>) {
    let mut dice = Dice::default();
    loop {
        if converse(server, start, next, &mut dice).await.is_err() {
            CLIENT.failed.inc();
            sleep(Duration::from_millis(200)).await;
        }
    }
}

/// Sends requests over one connection until something goes wrong.
async fn converse(
    server: SocketAddr,
    start: Instant,
    next: fn(&mut Dice) -> Request<Body>,
    dice: &mut Dice,
) -> Result<(), Error> {
    let stream = TokioIo::new(TcpStream::connect(server).await?);
    let (mut sender, connection) = http1::handshake(stream).await?;
    let connection = tokio::spawn(connection);
    let result = loop {
        sleep(dice.around(pause(start.elapsed()))).await;
        if let Err(error) = exchange(&mut sender, next(dice)).await {
            break Err(error);
        }
    };
    connection.abort();
    result
}

#[timed(CLIENT.latency)]
async fn exchange(
    sender: &mut SendRequest<Body>,
    request: Request<Body>,
) -> Result<StatusCode, Error> {
    CLIENT.sent.inc();
    sender.ready().await?;
    let answer = timeout(Duration::from_secs(5), sender.send_request(request)).await??;
    let (head, body) = Response::map(answer, Body::new).into_parts();
    let body = to_bytes(body, 1 << 20).await?;
    CLIENT.received.record(body.len());
    CLIENT.answers.get(head.status.as_u16()).inc();
    Ok(head.status)
}

type Error = Box<dyn std::error::Error + Send + Sync>;

/// How long a client thinks before its next request: short in the busy half of a wave, longer in the quiet one.
fn pause(since: Duration) -> Duration {
    let phase = since.as_secs_f64() / WAVE.as_secs_f64() * std::f64::consts::TAU;
    // From 5 ms at the crest to 200 ms in the trough.
    Duration::from_secs_f64(0.005 * 40_f64.powf((1.0 - phase.sin()) / 2.0))
}
