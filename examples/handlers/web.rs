//! The front end: handlers that are instances of one struct, below a parent that adds them up.

use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::{Body, HttpBody};
use axum::extract::{MatchedPath, Path, RawQuery, Request, State};
use axum::http::StatusCode;
use axum::middleware::{Next, from_fn_with_state};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use calipers::Sum;
use calipers::prelude::*;
use calipers_examples::dice::Dice;

use crate::pool::{Busy, Order, Processor};

/// The whole front end: what its handlers did, added up when somebody looks. It costs them nothing.
#[derive(Instrumented)]
struct Frontend {
    /// Requests that were answered.
    requests: Sum<Counter>,
    /// Answers by status.
    #[stat(label = "status")]
    by_status: Sum<Family<u16, Counter>>,
    /// Time to answer a request.
    latency: Sum<Timer>,
}

/// One part of the shop. Its stats stand at `/web/<name>`.
#[derive(Instrumented)]
#[instrumented(parent = Frontend, label = "handler")]
struct Handler {
    /// Requests that were answered.
    requests: Counter,
    /// Answers by status.
    #[stat(label = "status")]
    by_status: Family<u16, Counter>,
    /// Requests by route: the pattern, not the path, so that there are only so many.
    #[stat(name = "byRoute", label = "route")]
    by_route: Family<String, Counter>,
    /// Time to answer a request; one that failed on our side counts as `err`.
    latency: Timer,
    /// Size of what customers send.
    #[stat(unit = "By")]
    body_size: Histogram,
}

impl Handler {
    /// Answers a request and records everything about it. When the customer leaves first, the future is dropped and
    /// the timer counts it as cancelled.
    #[timed(self.latency)]
    async fn answer(&self, request: Request, next: Next) -> Result<Response, Response> {
        if let Some(route) = request.extensions().get::<MatchedPath>() {
            self.by_route.get(route.as_str()).inc();
        }
        self.body_size.record(request.body().size_hint().lower());
        let response = next.run(request).await;
        self.requests.inc();
        self.by_status.get(response.status().as_u16()).inc();
        if response.status().is_server_error() {
            Err(response)
        } else {
            Ok(response)
        }
    }
}

/// The shop: three handlers below one front end, and the pool that carries orders out.
pub(crate) fn shop() -> Router {
    let web = Frontend::init("/web");
    let processor = Processor::open();
    let goods = Router::new()
        .route("/", get(welcome))
        .route("/search", get(search));
    let orders = Router::new()
        .route("/orders", post(order))
        .route("/orders/{number}", get(progress))
        .with_state(processor);
    let rest = Router::new().fallback(|| async { StatusCode::NOT_FOUND });
    // A child keeps its parent, so `web` itself need not be kept.
    measured(Handler::init_child(&web, "goods"), goods)
        .merge(measured(Handler::init_child(&web, "orders"), orders))
        .merge(measured(Handler::init_child(&web, "rest"), rest))
}

/// Has every request to these routes answered through the handler.
fn measured(handler: Handler, routes: Router) -> Router {
    let answer = async |State(handler): State<Arc<Handler>>, request: Request, next: Next| {
        handler
            .answer(request, next)
            .await
            .unwrap_or_else(|failed| failed)
    };
    routes.layer(from_fn_with_state(Arc::new(handler), answer))
}

async fn welcome() -> &'static str {
    "Welcome. Everything is in stock, but for unobtainium.\n"
}

async fn search(RawQuery(query): RawQuery) -> Result<String, StatusCode> {
    let wanted = query.unwrap_or_default();
    let goods = load_goods().await?;
    Ok(rank(&goods, &wanted))
}

async fn order(State(processor): State<Arc<Processor>>, body: String) -> Response {
    match parse(&body).map(|order| processor.submit(order)) {
        Ok(Ok(())) => (StatusCode::ACCEPTED, "thank you\n").into_response(),
        Ok(Err(Busy)) => (StatusCode::SERVICE_UNAVAILABLE, "come back later\n").into_response(),
        Err(reason) => (StatusCode::BAD_REQUEST, reason).into_response(),
    }
}

async fn progress(Path(number): Path<u32>) -> String {
    format!("order {number} is on its way\n")
}

/// The database, so to speak. Calls that take four times as long as nearly all others are logged, a line every ten
/// seconds at most.
#[timed("/db/{fn}", slow = "4*p99")]
async fn load_goods() -> Result<Vec<&'static str>, StatusCode> {
    let mut dice = Dice::default();
    let slow = if dice.once_in(200) { 40 } else { 1 };
    tokio::time::sleep(dice.around(Duration::from_millis(3)) * slow).await;
    if dice.once_in(300) {
        return Err(StatusCode::BAD_GATEWAY);
    }
    Ok(vec!["spoon", "fork", "knife", "unobtainium"])
}

/// Without a path the timer's is that of the function: `/handlers/web/rank`.
#[timed]
fn rank(goods: &[&str], wanted: &str) -> String {
    let distance = |name: &str| name.chars().filter(|c| !wanted.contains(*c)).count();
    let mut ranked = goods.to_vec();
    ranked.sort_by_key(|name| distance(name));
    ranked.join("\n") + "\n"
}

/// An order as customers write it: `2 spoon`, and whatever else they want to say.
#[timed]
fn parse(body: &str) -> Result<Order, &'static str> {
    let mut words = body.split_whitespace();
    let (Some(count), Some(item)) = (words.next(), words.next()) else {
        return Err("write a number and a name\n");
    };
    Ok(Order {
        item: item.to_owned(),
        count: count.parse().map_err(|_| "that is not a number\n")?,
    })
}

/// What customers ask for.
pub(crate) fn some_request(dice: &mut Dice) -> Request {
    let item = *dice.pick(&["spoon", "fork", "knife", "knife", "unobtainium"]);
    let wishes = "please ".repeat(dice.below(200) as usize);
    match dice.below(100) {
        0..30 => request("GET", "/", ""),
        30..60 => request("GET", "/search?spoon", ""),
        60..70 => request("GET", &format!("/orders/{}", dice.below(10_000)), ""),
        70..72 => request("GET", "/favicon.ico", ""),
        72..75 => request("POST", "/orders", "some spoons"),
        _ => request(
            "POST",
            "/orders",
            &format!("{} {item} {wishes}", dice.below(4) + 1),
        ),
    }
}

fn request(method: &str, path: &str, body: &str) -> Request {
    let builder = Request::builder().method(method).uri(path);
    builder
        .body(Body::from(body.to_owned()))
        .unwrap_or_default()
}
