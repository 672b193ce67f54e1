//! Names and values that try to be more than text.

use super::*;
use crate::snapshot::escape;

const HOSTILE: [&str; 8] = [
    "<script>alert(1)</script>",
    "\"><img src=x onerror=alert(1)>",
    "' onmouseover='alert(1)",
    "</title><script>",
    "&lt;b&gt;%2F%252F",
    "a\u{2028}b\u{2029}\u{202e}c",
    "?query=x#frag",
    "{{7*7}} ${x}",
];

#[test]
fn hostile_names_and_values_stay_text() {
    let registry = Registry::new();
    let family = registry.get::<Family<String, Counter>>("f").unwrap();
    for name in HOSTILE {
        let place = name.replace('/', "_");
        registry
            .counter(&format!("/{place}/{place}"))
            .unwrap()
            .inc();
        registry.text(&format!("/t/{place}")).unwrap().set(name);
        family.get(name).inc();
        let states = registry.state_set(&format!("/s/{place}")).unwrap();
        states.set(name.to_owned());
    }
    let mut pages: Vec<String> = ["/", "/f", "/t/", "/s/"]
        .map(|url| ask(&registry, url).body)
        .into();
    for name in HOSTILE {
        let encoded: String = escape(name)
            .bytes()
            .map(|byte| format!("%{byte:02X}"))
            .collect();
        let one = ask(&registry, &format!("/f/{encoded}"));
        assert_eq!(one.status, StatusCode::OK, "{name}");
        let json = ask(&registry, &format!("/f/{encoded}?format=json"));
        assert_eq!(json.body, "1\n", "{name}");
        pages.push(one.body);
        pages.push(ask(&registry, &format!("/?query={encoded}")).body);
        pages.push(ask(&registry, &format!("/nothing/{encoded}")).body);
    }
    for page in &pages {
        assert_well_formed(page);
        assert!(
            !page.contains(['\u{2028}', '\u{2029}', '\u{202e}']),
            "{page}"
        );
    }
}

#[test]
fn every_link_of_a_page_leads_somewhere() {
    let registry = sample();
    let family = registry
        .get::<Family<String, Counter>>("web.hostile")
        .unwrap();
    for name in HOSTILE.into_iter().chain(["", ".", "..", "%", "a b", "ü"]) {
        family.get(name).inc();
    }
    for base in [
        "/",
        "/web/",
        "/web",
        "/web/hostile",
        "/web/latency/p99",
        "/nothing/at/all",
    ] {
        let page = ask(&registry, base).body;
        let mut links = 0;
        for link in page
            .split("href=\"")
            .skip(1)
            .filter_map(|rest| rest.split('"').next())
        {
            let url = resolved(base, &link.replace("&amp;", "&"));
            let answer = ask(&registry, &url);
            let here = base.starts_with("/nothing") && url.starts_with(base);
            assert!(
                answer.status == StatusCode::OK || here,
                "{base}: {link} is {url}: {}",
                answer.body
            );
            links += 1;
        }
        assert!(links > 3, "{base}: {links} links");
    }
}

/// A relative reference as a browser resolves it.
fn resolved(base: &str, link: &str) -> String {
    let mut folder: Vec<&str> = base.split('/').collect();
    folder.pop();
    let mut rest = link;
    loop {
        if let Some(after) = rest.strip_prefix("./") {
            rest = after;
        } else if let Some(after) = rest.strip_prefix("../") {
            folder.pop();
            rest = after;
        } else {
            break format!("{}/{rest}", folder.join("/"));
        }
    }
}
