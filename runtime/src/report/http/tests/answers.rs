//! Which request gets which answer.

use super::*;

#[test]
fn every_form_of_the_tree_is_served() {
    let registry = sample();
    let page = ask(&registry, "/");
    assert_eq!(page.status, StatusCode::OK);
    assert_eq!(
        page.header(header::CONTENT_TYPE),
        "text/html; charset=utf-8"
    );
    for part in [
        "12,345",
        "all is well",
        "/index",
        "p99",
        "<title>the &lt;site&gt;</title>",
    ] {
        assert!(page.body.contains(part), "no {part} in {}", page.body);
    }
    let json = ask(&registry, "/?format=json");
    assert_eq!(json.header(header::CONTENT_TYPE), "application/json");
    let json: serde_json::Value = serde_json::from_str(&json.body).unwrap();
    assert_eq!(json["web"]["requests"], 12_345);
    assert_eq!(json["web"]["byPath"]["/index"], 3);
    let pretty = ask(&registry, "/?format=prettyjson").body;
    assert!(pretty.contains("\n    \"requests\": 12345"), "{pretty}");
}

#[test]
fn every_path_of_the_tree_is_served() {
    let registry = sample();
    let json = |path: &str| ask(&registry, &format!("{path}?format=json")).body;
    assert_eq!(json("/web/requests"), "12345\n");
    assert_eq!(json("/web/latency/count"), "100\n");
    assert_eq!(json("/web/byPath/%2Findex"), "3\n");
    assert_eq!(json("/web/byPath/%252Findex"), "3\n");
    assert!(json("/web/").contains("\"requests\":12345"));
    for path in [
        "/web/",
        "/web",
        "/web/requests",
        "/web/latency",
        "/web/latency/p99",
        "/web/latency/recent",
        "/web/byPath",
        "/web/byPath/%2Findex",
        "/web/motd",
    ] {
        let page = ask(&registry, path);
        assert_eq!(page.status, StatusCode::OK, "{path}");
        assert!(page.body.ends_with("</html>\n"), "{path}");
    }
}

#[test]
fn a_query_leaves_what_answers_to_it() {
    let registry = sample();
    let json = ask(&registry, "/?format=json&query=requests+%3E+3").body;
    assert_eq!(json, "{\"web\":{\"requests\":12345}}\n");
    let page = ask(&registry, "/?query=requests+%3E+3").body;
    assert!(
        page.contains("12,345") && !page.contains("all is well"),
        "{page}"
    );
    assert!(page.contains("value=\"requests &gt; 3\""), "{page}");
    let nothing = ask(&registry, "/web/?query=requests+%3E+99999");
    assert_eq!(nothing.status, StatusCode::OK);
    assert!(
        nothing.body.contains("Nothing here answers to that"),
        "{}",
        nothing.body
    );
    assert_eq!(
        ask(&registry, "/web/?query=requests+%3E+99999&format=json").body,
        "{}\n"
    );
}

#[test]
fn what_a_person_types_is_words_until_it_compares() {
    let registry = sample();
    let json = |find: &str| ask(&registry, &format!("/?format=json&find={find}")).body;
    assert_eq!(json("WEB+req"), "{\"web\":{\"requests\":12345}}\n");
    assert_eq!(json("index"), "{\"web\":{\"byPath\":{\"/index\":3}}}\n");
    assert_eq!(json("requests+%3E+3"), "{\"web\":{\"requests\":12345}}\n");
    assert_eq!(json("no+such+thing"), "{}\n");
    let page = ask(&registry, "/?find=req").body;
    assert!(
        page.contains("value=\"req\"") && page.contains("12,345"),
        "{page}"
    );
    assert!(!page.contains("all is well"), "{page}");
    let unclear = ask(&registry, "/?find=requests+%3E");
    assert_eq!(unclear.status, StatusCode::BAD_REQUEST);
}

#[test]
fn the_type_that_is_accepted_is_sent() {
    let registry = sample();
    let kind = |accept: &str| {
        let headers = [(header::ACCEPT, accept)];
        let (answer, _) = ask_with(site(&registry), "GET", "/web/", &headers);
        assert_eq!(answer.header(header::VARY), "accept, accept-encoding");
        (
            answer.status,
            answer.header(header::CONTENT_TYPE).to_owned(),
        )
    };
    let json = (StatusCode::OK, "application/json".to_owned());
    let page = (StatusCode::OK, "text/html; charset=utf-8".to_owned());
    assert_eq!(kind("application/json"), json);
    assert_eq!(kind("text/html;q=0.5, application/json;q=0.6"), json);
    assert_eq!(kind("text/html, application/json;q=0.6, */*;q=0.1"), page);
    assert_eq!(kind("image/png").0, StatusCode::NOT_ACCEPTABLE);
}

#[test]
fn names_that_were_not_allowed_are_refused() {
    let registry = sample();
    let routes = Routes::new("x")
        .registry(&registry)
        .allow_host("stats.example");
    let status = |host: &str| {
        let headers = [(header::HOST, host)];
        let (answer, body) = ask_with(routes.clone().router(), "GET", "/web/requests", &headers);
        (answer.status, String::from_utf8(body).unwrap())
    };
    assert_eq!(status("stats.example:80").0, StatusCode::OK);
    let (refused, reason) = status("evil.example");
    assert_eq!(refused, StatusCode::MISDIRECTED_REQUEST);
    assert!(
        reason.contains("`evil.example` is not a name of this page"),
        "{reason}"
    );
    assert!(!reason.contains("12,345"));
}

#[test]
fn what_is_wrong_is_refused_with_a_reason() {
    let registry = sample();
    for (url, status, reason) in [
        (
            "/nothing?format=json",
            StatusCode::NOT_FOUND,
            "there is nothing at `/nothing`; the nearest place is `/`",
        ),
        (
            "/web/x/y?format=json",
            StatusCode::NOT_FOUND,
            "the nearest place is `/web`",
        ),
        (
            "/?format=xml",
            StatusCode::BAD_REQUEST,
            "`xml` is not a format",
        ),
        (
            "/?format=json&query=%3E",
            StatusCode::BAD_REQUEST,
            "expected a name at column 1",
        ),
        (
            "/?format=json&query=requests+%3D+1+and+foo+%3E+2",
            StatusCode::BAD_REQUEST,
            "expected the end of the query at column 14, found `and`",
        ),
        (
            "/?format=json&query=a+%3D+1+2+3",
            StatusCode::BAD_REQUEST,
            "expected the end of the query at column 7, found `2`",
        ),
        (
            "/?format=json&query=(((((",
            StatusCode::BAD_REQUEST,
            "expected a name at column 1, found `(((((`",
        ),
        (
            "/?refresh=x",
            StatusCode::BAD_REQUEST,
            "`x` is not a time to refresh after",
        ),
        ("/%FF", StatusCode::BAD_REQUEST, "`%FF` is not UTF-8"),
        (
            "/x%1B%5B2J?format=json",
            StatusCode::NOT_FOUND,
            "nothing at `/x%1B[2J`",
        ),
    ] {
        let answer = ask(&registry, url);
        assert_eq!(answer.status, status, "{url}");
        assert_eq!(
            answer.header(header::CONTENT_TYPE),
            "text/plain; charset=utf-8"
        );
        assert!(answer.body.contains(reason), "{url}: {}", answer.body);
        assert_eq!(
            answer.body.matches(char::is_control).count(),
            1,
            "{:?}",
            answer.body
        );
    }
}

#[test]
fn a_person_gets_the_reason_as_a_page() {
    let registry = sample();
    let nothing = ask(&registry, "/web/x");
    assert_eq!(nothing.status, StatusCode::NOT_FOUND);
    assert!(
        nothing.body.contains("nothing at <code>/web/x</code>"),
        "{}",
        nothing.body
    );
    assert!(
        nothing.body.contains("href=\"../web/\""),
        "{}",
        nothing.body
    );
    let unclear = ask(&registry, "/?query=latency.p99+%3E+soon");
    assert_eq!(unclear.status, StatusCode::BAD_REQUEST);
    assert!(
        unclear
            .body
            .contains("latency.p99 &gt; soon\n<b>              ^</b>"),
        "{}",
        unclear.body
    );
}

#[test]
fn only_looking_is_allowed() {
    let registry = sample();
    for method in ["POST", "PUT", "DELETE", "OPTIONS", "PATCH"] {
        for url in ["/", "/web/requests", "/calipers/page.css"] {
            let answer = ask_of(site(&registry), method, url);
            assert_eq!(
                answer.status,
                StatusCode::METHOD_NOT_ALLOWED,
                "{method} {url}"
            );
            assert_eq!(answer.header(header::ALLOW), "GET, HEAD");
            assert!(answer.body.contains("can only be looked at"));
        }
    }
    let head = ask_of(site(&registry), "HEAD", "/web/requests?format=json");
    assert_eq!((head.status, &*head.body), (StatusCode::OK, ""));
    assert_eq!(head.header(header::CONTENT_LENGTH), "6");
}

#[test]
fn nothing_is_kept_and_nothing_runs_but_the_script_of_the_page() {
    let registry = sample();
    for url in ["/", "/nothing", "/?format=json", "/?format=xml"] {
        let answer = ask(&registry, url);
        assert_eq!(answer.header(header::CACHE_CONTROL), "no-store", "{url}");
        assert_guarded(&answer);
    }
    let page = ask(&registry, "/").body;
    assert_eq!(page.matches("<script").count(), 1, "{page}");
    assert!(page.contains("<script type=\"module\" src=\"./calipers/page.js?"));
    assert!(page.contains("></script>"), "{page}");
    for forbidden in [
        "style=",
        " onclick",
        " onload",
        "javascript:",
        "http:",
        "https:",
        "=\"//",
    ] {
        assert!(!page.contains(forbidden), "{forbidden} in {page}");
    }
}

fn assert_guarded(answer: &Answered) {
    let policy = answer.header(header::CONTENT_SECURITY_POLICY);
    let begins = "default-src 'none'; script-src 'self'; style-src 'self'; ";
    assert!(policy.starts_with(begins), "{policy}");
    assert!(policy.contains("require-trusted-types-for 'script'; trusted-types 'none'"));
    assert!(
        !policy.contains("unsafe") && !policy.contains('*'),
        "{policy}"
    );
    assert_eq!(answer.header(header::X_CONTENT_TYPE_OPTIONS), "nosniff");
}

#[test]
fn the_files_of_the_page_are_in_the_program_and_may_be_kept() {
    let registry = sample();
    let page = ask(&registry, "/web/").body;
    for (file, kind) in [
        ("page.css", "text/css; charset=utf-8"),
        ("page.js", "text/javascript; charset=utf-8"),
        ("icon.svg", "image/svg+xml"),
    ] {
        let link = page
            .split('"')
            .find(|part| part.contains(file))
            .expect(file);
        let url = link.strip_prefix("..").expect("a relative link");
        let answer = ask(&registry, url);
        assert_eq!(answer.status, StatusCode::OK, "{url}");
        assert_eq!(answer.header(header::CONTENT_TYPE), kind);
        assert!(answer.header(header::CACHE_CONTROL).contains("immutable"));
        assert_guarded(&answer);
        // From nowhere else, and nothing that makes markup or code of text.
        for forbidden in [
            "url(",
            "@import",
            "https:",
            "innerHTML",
            "outerHTML =",
            "insertAdjacent",
            "eval(",
            "Function(",
            "document.write",
        ] {
            assert!(!answer.body.contains(forbidden), "{forbidden} in {file}");
        }
    }
}

#[test]
fn without_a_script_a_page_reloads_when_it_is_asked_to() {
    let registry = sample();
    assert!(!ask(&registry, "/").body.contains("http-equiv"));
    let page = ask(&registry, "/web/?refresh=7").body;
    assert!(
        page.contains("<noscript><meta http-equiv=\"refresh\" content=\"7\"></noscript>"),
        "{page}"
    );
    assert!(
        page.contains("href=\"../web/requests?refresh=7\""),
        "{page}"
    );
}

#[test]
fn the_routes_work_wherever_they_are_mounted() {
    let registry = sample();
    let app = Router::new().nest_service("/stats", site(&registry));
    let page = ask_of(app.clone(), "GET", "/stats/web/requests");
    assert_eq!(page.status, StatusCode::OK);
    let style = "href=\"../calipers/page.css?";
    assert!(page.body.contains(style), "{}", page.body);
    for url in ["/stats/calipers/page.css", "/stats/"] {
        assert_eq!(ask_of(app.clone(), "GET", url).status, StatusCode::OK);
    }
    let bare = ask_of(app, "GET", "/stats?format=json");
    assert_eq!(bare.status, StatusCode::PERMANENT_REDIRECT);
    assert_eq!(bare.header(header::LOCATION), "./stats/?format=json");
}

#[test]
fn the_page_shows_another_source_and_has_routes_of_others_before_its_own() {
    let (registry, shown) = (Registry::new(), Registry::new());
    shown.counter("jobs.done").unwrap().add(3);
    let source = shown.clone();
    let app = Routes::new("test")
        .registry(&registry)
        .source(move || source.snapshot())
        .beside(Router::new().route("/jobs/files", axum::routing::get(async || "mine")))
        .router();
    let answered = ask_of(app.clone(), "GET", "/jobs/?format=json");
    assert_eq!(answered.body.trim_end(), r#"{"done":3}"#);
    assert_eq!(ask_of(app.clone(), "GET", "/jobs/files").body, "mine");
    assert_eq!(ask_of(app, "GET", "/jobs").status, StatusCode::OK);
}
