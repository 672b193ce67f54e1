//! What is shown keeps up with the program, without being loaded again.

use std::thread;
use std::time::Duration;

use calipers::prelude::*;
use calipers::report::http::Server;
use calipers_tests::parts::until;

use crate::{Phase, SHOWN, Scene, Worker};

#[test]
fn values_change_without_a_reload_and_their_last_minutes_are_drawn() {
    let scene = Scene::set("page-live");
    scene.open("");
    assert_eq!(scene.cell("/pool/done", ".value"), "100");
    assert_eq!(scene.cell("/pool/memory", ".value"), "3.4 MiB");
    scene.work(1000);
    scene.workers[0].state.set(Phase::Working);
    until("the counter shows what was added", || {
        (scene.cell("/pool/done", ".value") == "1,100").then_some(())
    });
    assert_eq!(scene.cell("/pool/latency", ".value"), "1,100");
    assert!(scene.cell("/pool/latency", ".p99").ends_with(" ms"));
    assert!(scene.cell("/pool/state", ".wide").contains("working 1"));
    assert_eq!(scene.cell("/pool/by_path/%2Findex", ".value"), "1,100");
    // A new instance appears, one that is gone does not stay.
    let rows = "return document.querySelectorAll('.instances tbody tr').length";
    assert_eq!(scene.browser.run(rows), 3);
    let fourth = Worker::init_child_numbered(&scene.pool, "worker");
    scene
        .browser
        .until("a worker more", &format!("{rows} === 4"));
    drop(fourth);
    scene
        .browser
        .until("a worker less", &format!("{rows} === 3"));
    // What is drawn by now, of each kind of number.
    for stat in [
        "done",
        "level",
        "memory",
        "latency",
        "sizes",
        "received",
        "by_path/%2Findex",
    ] {
        let line = format!(
            "return document.querySelector('[data-key=\"/pool/{stat}\"] .trend .line').getAttribute('d')"
        );
        assert!(scene.browser.text(&line).starts_with('M'), "{stat}");
    }
    // The tab sees a counter's, and says over what time; a timer has one of its own.
    let rate = scene.cell("/pool/done", ".rate");
    assert!(
        rate.contains("/s in ") && rate.ends_with(" s") && !rate.starts_with("0/s"),
        "{rate}"
    );
    let rate = scene.cell("/pool/latency", ".rate");
    assert!(rate.ends_with("/s"), "{rate}");
    assert_eq!(scene.cell("/pool", "th.trend"), "since opened");
    scene.is_the_same();
    // Another page goes on from there, and draws larger.
    scene.open("pool/latency");
    scene.browser.until(
        "the rate is drawn",
        "return document.querySelector('figure.trend .line')?.getAttribute('d').includes('L') ?? false",
    );
    let figures = "return document.querySelectorAll('figure.trend:not([hidden])').length";
    scene
        .browser
        .until("so are the quantiles", &format!("{figures} === 3"));
    assert!(
        scene
            .browser
            .text("return document.querySelector('figcaption').textContent")
            .ends_with("/s")
    );
    assert!(
        scene
            .browser
            .run("return document.querySelectorAll('.chart').length > 0")
            == true
    );
    scene.nothing_was_complained_about();
}

#[test]
fn it_tells_when_the_server_is_gone_and_goes_on_when_it_is_back() {
    let scene = Scene::set("page-gone");
    scene.open("");
    let Scene {
        server,
        browser,
        registry,
        pool,
        workers: _workers,
        _folder,
    } = scene;
    let addr = server.local_addr();
    server.stop();
    browser.until(
        "the page says so",
        "return !document.querySelector('.told').hidden && document.body.classList.contains('gone')",
    );
    let told = browser.text("return document.querySelector('.told').textContent");
    assert!(told.contains("has not answered since"), "{told}");
    // What was there stays to be read.
    assert!(browser.text(SHOWN).contains("/pool/done"));
    pool.done.add(23);
    let back = until("the port is free again", || {
        Server::builder(addr)
            .name("a site")
            .registry(&registry)
            .start()
            .ok()
    });
    browser.until(
        "it goes on",
        "return document.querySelector('.told').hidden && !document.body.classList.contains('gone') \
         && document.querySelector('[data-key=\"/pool/done\"] .value').textContent === '123'",
    );
    assert_eq!(browser.run("return window.opened"), true);
    back.stop();
}

#[test]
fn it_asks_nothing_while_it_is_hidden_or_paused() {
    let scene = Scene::set("page-hidden");
    scene.open("");
    let asks = |what: &str| {
        let before = scene.requests();
        until(what, || (scene.requests() >= before + 2).then_some(()));
    };
    // Nothing can be waited for here but time: four times that in which it would have asked.
    let is_quiet = || {
        thread::sleep(Duration::from_millis(500)); // what was under way
        let before = scene.requests();
        thread::sleep(Duration::from_secs(4));
        assert_eq!(scene.requests(), before);
    };
    asks("it asks");
    scene.browser.hide();
    scene
        .browser
        .until("it is hidden", "return document.hidden");
    is_quiet();
    scene.browser.show();
    asks("it asks again");
    scene.browser.click(".tools button");
    assert_eq!(
        scene
            .browser
            .text("return document.querySelector('.tools button').textContent"),
        "paused"
    );
    is_quiet();
    scene.browser.click(".tools button");
    asks("it goes on");
    scene.is_the_same();
    scene.nothing_was_complained_about();
}

#[test]
fn a_collapsed_place_is_opened_by_its_link() {
    #[derive(Instrumented)]
    #[instrumented(collapsed)]
    struct Hidden {
        secret: Counter,
    }
    let scene = Scene::set("page-collapsed");
    let hidden = Hidden::init_in(&scene.registry, "/pool/hidden");
    hidden.secret.add(4_321);
    scene.open("");
    assert!(!scene.browser.text(SHOWN).contains("secret"));
    scene
        .browser
        .click("[data-key='/pool/hidden'] a[href*='hidden']");
    scene.browser.until(
        "its page is open",
        "return document.querySelector('[data-key=\"/pool/hidden/secret\"] .value')?.textContent === '4,321'",
    );
    // And back by the way down to it.
    scene.browser.click("nav .site");
    scene
        .browser
        .until("the whole again", "return location.pathname === '/'");
}

#[test]
fn without_a_script_it_is_the_same_page_and_reloads_when_asked_to() {
    let scene = Scene::set("page-no-script");
    scene.browser.forbid_scripts();
    scene.browser.open(&scene.server.url());
    assert_eq!(scene.cell("/pool/done", ".value"), "100");
    assert!(scene.cell("/pool/latency", ".p99").ends_with(" ms"));
    assert!(
        scene
            .browser
            .run("return document.querySelector('.tools button').hidden")
            == true
    );
    scene.browser.click("noscript a");
    scene
        .browser
        .until("it reloads", "return location.search === '?refresh=2'");
    scene.pool.done.add(23);
    until("the counter shows what was added", || {
        (scene.cell("/pool/done", ".value") == "123").then_some(())
    });
    // Nobody has watched it, so there is the mean, and the time that it is over.
    until("the counter has a rate", || {
        let rate = scene.cell("/pool/done", ".rate");
        (rate.contains("/s in ") && rate.ends_with(" s")).then_some(())
    });
    scene.nothing_was_complained_about();
}
