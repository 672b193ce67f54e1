//! Finding stats by what one types.

use calipers_tests::parts::until;

use crate::{SHOWN, Scene};

#[test]
fn what_one_types_filters_at_once() {
    let scene = Scene::set("page-filter");
    scene.open("");
    let (browser, told) = (
        &scene.browser,
        "return document.querySelector('.told').textContent",
    );
    let all = browser.text(SHOWN);
    let until_shown = |what: &str, keys: &str| {
        browser.until(
            what,
            &format!("const shown = (() => {{{SHOWN}}})(); return shown === '{keys}'"),
        );
    };
    browser.type_into("input[type=search]", "pool LAT");
    until_shown("words are looked for", "/pool/latency");
    assert!(
        browser
            .text("return location.search")
            .contains("find=pool+LAT")
    );
    browser.type_into("input[type=search]", "done > 50");
    until_shown("a query is answered", "/pool/done");
    scene.pool.done.add(900);
    until("it stays up to date", || {
        (scene.cell("/pool/done", ".value") == "1,000").then_some(())
    });
    browser.type_into("input[type=search]", "done > 5000");
    until_shown("nothing is left", "");
    assert!(
        browser
            .text("return document.querySelector('main').textContent")
            .contains("Nothing here answers to that")
    );
    // What is no query yet is said to be none, and what was there stays.
    browser.type_into("input[type=search]", "done > 50");
    until_shown("a query again", "/pool/done");
    browser.type_into("input[type=search]", "done >");
    until("a word about it", || {
        browser.text(told).contains("expected").then_some(())
    });
    assert_eq!(browser.text(SHOWN), "/pool/done");
    assert_eq!(
        browser.text("return document.querySelector('input').getAttribute('aria-invalid')"),
        "true"
    );
    browser.type_into("input[type=search]", " ");
    until_shown("everything", &all);
    assert_eq!(browser.text(told), "");
    scene.is_the_same();
    // A query that is no query is answered with 400, which the browser notes; and nothing else.
    let console = browser.console();
    assert!(
        console.iter().all(|line| line.contains("status of 400")),
        "{console:?}"
    );
}
