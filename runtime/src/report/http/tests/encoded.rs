//! Bodies are compressed for those who read that, and mean the same.

use std::io::Read;

use flate2::read::GzDecoder;

use super::*;

fn decoded(body: &[u8]) -> String {
    let mut text = String::new();
    GzDecoder::new(body).read_to_string(&mut text).unwrap();
    text
}

#[test]
fn gzip_is_sent_to_those_who_read_it() {
    let registry = sample();
    for n in 0..1000 {
        registry.counter(&format!("many.n{n}")).unwrap().add(n);
    }
    for url in ["/many/?format=json", "/many/?format=prettyjson"] {
        let plain = ask(&registry, url);
        assert_eq!(plain.header(header::CONTENT_ENCODING), "");
        for (accept, compressed) in [
            ("gzip, deflate, br", true),
            ("GZIP;q=0.1", true),
            ("*", true),
            ("br", false),
            ("gzip;q=0, *", false),
            ("identity", false),
        ] {
            let headers = [(header::ACCEPT_ENCODING, accept)];
            let (answer, body) = ask_with(site(&registry), "GET", url, &headers);
            let coding = answer.header(header::CONTENT_ENCODING);
            assert_eq!(coding, if compressed { "gzip" } else { "" }, "{accept}");
            assert!(answer.header(header::VARY).contains("accept-encoding"));
            assert_eq!(
                answer.header(header::CONTENT_LENGTH),
                body.len().to_string()
            );
            if compressed {
                assert!(body.len() * 2 < plain.body.len());
                assert_eq!(decoded(&body), plain.body);
            } else {
                assert_eq!(body, plain.body.as_bytes());
            }
        }
    }
}

#[test]
fn the_page_and_its_files_are_compressed_too() {
    let registry = sample();
    let headers = [(header::ACCEPT_ENCODING, "gzip")];
    for (url, part) in [
        ("/", "<!doctype html>"),
        ("/calipers/page.js", "addEventListener"),
        ("/calipers/page.css", "prefers-color-scheme: dark"),
    ] {
        let (answer, body) = ask_with(site(&registry), "GET", url, &headers);
        assert_eq!(answer.header(header::CONTENT_ENCODING), "gzip", "{url}");
        assert!(decoded(&body).contains(part), "{url}");
    }
}

#[cfg(feature = "prometheus")]
#[test]
fn what_prometheus_scrapes_is_compressed_too() {
    let registry = sample();
    let headers = [(header::ACCEPT_ENCODING, "gzip")];
    let (answer, body) = ask_with(site(&registry), "GET", "/metrics", &headers);
    assert_eq!(answer.header(header::CONTENT_ENCODING), "gzip");
    assert_eq!(decoded(&body), ask(&registry, "/metrics").body);
}
