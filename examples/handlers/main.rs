//! A shop, instrumented: a web server, a pool of workers, and the page that shows what they do.
//!
//! ```sh
//! cargo run --example handlers
//! ```
//!
//! Open the page it prints. Traffic comes in waves of twenty seconds; workers come with them and go again.
//!
//! Read it in this order, each file is a few minutes:
//!
//! - `web.rs`: handlers, each an instance of a struct of stats; a parent that adds them up; timed functions;
//! - `pool.rs`: workers with states, that come and go while their totals stay;
//! - `process.rs`: gauges that are closures;
//! - this file: serving the page, and reading the stats at the end.

#![allow(clippy::print_stderr, reason = "a program, not a library")]

mod pool;
mod process;
mod web;

use std::io::Write;
use std::net::Ipv4Addr;
use std::process::ExitCode;
use std::time::Duration;

use calipers::report::http::serve_in_background;
use calipers_examples::{load, warnings};
use clap::{Parser, value_parser};
use tokio::net::TcpListener;
use tokio::time::timeout;

/// A small shop under load, with its live stats page.
#[derive(Parser)]
#[command(
    name = "handlers",
    after_help = "Exit codes: 0 it ran and ended, 1 it could not run, 2 the arguments make no sense."
)]
struct Arguments {
    /// End after this many seconds and print a table of all stats; without it, on Ctrl-C.
    #[arg(long, value_name = "N")]
    seconds: Option<u64>,

    /// The port of the stats page on 127.0.0.1; without it 9000, or another where that is taken.
    #[arg(long)]
    port: Option<u16>,

    /// How many clients the load generator has.
    #[arg(long, default_value_t = 24, value_name = "N", value_parser = value_parser!(u16).range(1..))]
    clients: u16,
}

type Error = Box<dyn std::error::Error>;

#[tokio::main]
async fn main() -> ExitCode {
    match run(Arguments::parse()).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("handlers: {error}");
            ExitCode::FAILURE
        }
    }
}

async fn run(arguments: Arguments) -> Result<(), Error> {
    warnings::to_stderr();

    // The stats page: one call is all it takes.
    let page = |port| serve_in_background((Ipv4Addr::LOCALHOST, port), "handlers");
    let stats = match arguments.port {
        Some(port) => page(port),
        None => page(9000).or_else(|_| page(0)),
    }?;

    let _process = process::Process::init("/process");
    let shop = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
    let address = shop.local_addr()?;
    let serving = axum::serve(shop, web::shop());
    let traffic = load::run(address, arguments.clients, web::some_request);

    let mut stdout = std::io::stdout();
    writeln!(stdout, "stats page   {}", stats.url())?;
    writeln!(stdout, "the shop     http://{address}/")?;
    match arguments.seconds {
        Some(seconds) => writeln!(stdout, "it ends      after {seconds} s, or on Ctrl-C")?,
        None => writeln!(stdout, "it ends      on Ctrl-C")?,
    }

    tokio::select! {
        served = serving => served?,
        () = traffic => {}
        ended = end(arguments.seconds) => ended?,
    }

    // Whatever reads stats reads a snapshot; printed, it is a table.
    writeln!(stdout, "\n{}", calipers::snapshot())?;
    Ok(())
}

/// Waits for the time to be over, or for Ctrl-C.
async fn end(seconds: Option<u64>) -> std::io::Result<()> {
    let interrupted = tokio::signal::ctrl_c();
    match seconds.map(Duration::from_secs) {
        Some(time) => timeout(time, interrupted).await.unwrap_or(Ok(())),
        None => interrupted.await,
    }
}
