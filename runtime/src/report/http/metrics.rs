//! `/metrics`: the same snapshot as the page's, as Prometheus wants it.
//!
//! What a program says about its exposition in code, a scraper says here in the URL: Prometheus sends what stands under
//! `params` in its configuration.

use axum::extract::State;
use axum::http::{HeaderMap, StatusCode, Uri, header};
use axum::routing::{MethodRouter, get};

use super::answer::{Answer, Body, Coding, listed};
use super::asked::parameter;
use super::routes::{Source, beside};
use crate::report::prometheus::{Depth, Exposition};

pub(super) fn of(shown: Source) -> MethodRouter {
    get(metrics).with_state(shown)
}

async fn metrics(State(shown): State<Source>, headers: HeaderMap, uri: Uri) -> Answer {
    let exposition = match asked(uri.query().unwrap_or_default()) {
        Ok(exposition) => exposition,
        Err(reason) => return Answer::plain(StatusCode::BAD_REQUEST, &reason),
    };
    beside(move || {
        let accept = listed(&headers, header::ACCEPT);
        let (kind, body) = exposition.respond(&shown(), &accept);
        let body = Body::encoded(Coding::asked(&headers), body);
        Answer::new(StatusCode::OK, kind, body)
    })
    .await
}

/// The exposition that the parameters ask for, or what is wrong with them; ones that nobody knows are ignored.
fn asked(query: &str) -> Result<Exposition, String> {
    let mut exposition = Exposition::new();
    for pair in query.split('&') {
        let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
        let value = || parameter(value).map_err(|problem| problem.to_string());
        exposition = match name {
            "depth" => exposition.depth(depth(&value()?)?),
            "buckets" => exposition.buckets(bounds(&value()?)?),
            "created" => exposition.created(created(&value()?)?),
            _ => exposition,
        };
    }
    Ok(exposition)
}

fn depth(text: &str) -> Result<Depth, String> {
    match text {
        "totals" => Ok(Depth::Totals),
        "instances" => Ok(Depth::Instances),
        "both" => Ok(Depth::Both),
        _ => Err(format!(
            "`{text}` is not a depth; ask for `totals`, `instances` or `both`"
        )),
    }
}

/// More would be a mistake, and each is a line for every histogram.
const MOST_BOUNDS: usize = 200;

fn bounds(text: &str) -> Result<Vec<f64>, String> {
    let bounds: Result<Vec<f64>, _> = text.split(',').map(|bound| bound.trim().parse()).collect();
    match bounds {
        Ok(bounds) if bounds.len() <= MOST_BOUNDS => Ok(bounds),
        Ok(_) => Err(format!("more than {MOST_BOUNDS} buckets are not served")),
        Err(_) => Err(format!(
            "`{text}` are no bounds of buckets; give numbers, as in `buckets=0.1,0.5,1`"
        )),
    }
}

fn created(text: &str) -> Result<bool, String> {
    match text {
        "yes" => Ok(true),
        "no" => Ok(false),
        _ => Err(format!(
            "`{text}` does not say whether; write `created=yes` or `created=no`"
        )),
    }
}

#[cfg(test)]
mod tests {
    use crate::Registry;
    use axum::body::{Body, to_bytes};
    use axum::http::Request;
    use tower::ServiceExt;

    use super::*;
    use crate::report::http::Routes;

    /// The answer's status, content type and body.
    async fn answer(
        registry: &Registry,
        url: &str,
        accept: &[&str],
    ) -> (StatusCode, String, String) {
        let mut request = Request::get(url);
        for accept in accept {
            request = request.header(header::ACCEPT, *accept);
        }
        let request = request.body(Body::empty()).unwrap();
        let routes = Routes::new("test").registry(registry).router();
        let response = routes.oneshot(request).await.unwrap();
        let kind = response.headers()[header::CONTENT_TYPE]
            .to_str()
            .unwrap()
            .to_owned();
        let status = response.status();
        let body = to_bytes(response.into_body(), usize::MAX).await.unwrap();
        (status, kind, String::from_utf8_lossy(&body).into_owned())
    }

    fn registry() -> Registry {
        let registry = Registry::new();
        registry
            .timer("wait")
            .unwrap()
            .record(std::time::Duration::from_millis(300));
        registry
    }

    #[tokio::test]
    async fn each_scraper_gets_the_format_it_asks_for() {
        let registry = registry();
        for (accept, kind, part) in [
            (
                &[][..],
                "text/plain; version=0.0.4",
                "# TYPE wait_seconds histogram\n",
            ),
            (
                &["application/openmetrics-text;version=1.0.0"],
                "application/openmetrics-text",
                "# EOF\n",
            ),
            (
                &["image/png", "application/openmetrics-text"],
                "application/openmetrics-text",
                "# EOF\n",
            ),
            (
                &[
                    "application/vnd.google.protobuf;proto=io.prometheus.client.MetricFamily;encoding=delimited",
                ],
                "application/vnd.google.protobuf",
                "wait_in_flight",
            ),
        ] {
            let (status, sent, body) = answer(&registry, "/metrics", accept).await;
            assert_eq!(status, StatusCode::OK);
            assert!(sent.starts_with(kind), "{sent}");
            assert!(body.contains(part), "{body}");
        }
    }

    #[tokio::test]
    async fn a_scraper_may_ask_for_more_in_the_url() {
        let registry = registry();
        let open = ["application/openmetrics-text"];
        let url = "/metrics?buckets=0.1%2C+1&created=no&depth=both&unknown=1";
        let (status, _, body) = answer(&registry, url, &open).await;
        assert_eq!(status, StatusCode::OK);
        assert!(
            body.contains("wait_seconds_bucket{le=\"0.1\"} 0\nwait_seconds_bucket{le=\"1.0\"} 1\n"),
            "{body}"
        );
        assert!(!body.contains("_created"), "{body}");
    }

    #[tokio::test]
    async fn what_makes_no_sense_is_said_to() {
        let registry = registry();
        for (query, reason) in [
            ("depth=deep", "`deep` is not a depth"),
            ("buckets=a,b", "`a,b` are no bounds"),
            ("created=perhaps", "`perhaps` does not say"),
            ("depth=%FF", "not UTF-8"),
        ] {
            let (status, kind, body) = answer(&registry, &format!("/metrics?{query}"), &[]).await;
            assert_eq!(status, StatusCode::BAD_REQUEST);
            assert!(
                kind.starts_with("text/plain") && body.contains(reason),
                "{body}"
            );
        }
    }
}
