//! Phones, and the light and the dark.

use crate::Scene;

#[test]
fn everything_fits_the_screen_of_a_phone() {
    let scene = Scene::set("page-phone");
    scene.browser.screen(390, 844);
    for path in [
        "",
        "pool/",
        "pool/latency",
        "pool/by_path",
        "pool/state",
        "pool/memory",
        "pool/latency/p99",
        "no/such/place",
    ] {
        scene.open(path);
        scene.browser.until(
            "it was drawn",
            "return !document.querySelector('.tools button').hidden",
        );
        scene.fits(path);
    }
    assert_eq!(scene.browser.run("return innerWidth"), 390);
}

/// How far the colours of texts are from their ground, by the formula of WCAG, for the faintest text there is.
const FAINTEST: &str = "\
    const light = (colour) => { \
      const [r, g, b] = colour.match(/[\\d.]+/g).map(Number).map(x => x / 255) \
        .map(x => x <= 0.04045 ? x / 12.92 : ((x + 0.055) / 1.055) ** 2.4); \
      return 0.2126 * r + 0.7152 * g + 0.0722 * b; }; \
    const ground = light(getComputedStyle(document.body).backgroundColor); \
    const texts = [...document.querySelectorAll('main *, header *')].filter(e => !e.closest('svg') && e.innerText?.trim()); \
    const contrast = (e) => { const own = light(getComputedStyle(e).color); \
      return (Math.max(own, ground) + 0.05) / (Math.min(own, ground) + 0.05); }; \
    return [ground > 0.5, Math.min(...texts.map(contrast))]";

#[test]
fn it_is_light_or_dark_as_the_system_is_and_readable_in_both() {
    let scene = Scene::set("page-scheme");
    scene.open("");
    for (scheme, is_light) in [("light", true), ("dark", false)] {
        scene.browser.prefer(scheme);
        let found = scene.browser.run(FAINTEST);
        assert_eq!(found[0], is_light, "{scheme}");
        let faintest = found[1].as_f64().unwrap();
        assert!(faintest >= 4.5, "{scheme}: {faintest}");
    }
    scene.is_the_same();
    scene.nothing_was_complained_about();
}

#[test]
fn ten_thousand_stats_do_not_hold_the_browser_up() {
    let scene = Scene::set("page-many");
    // Kinds that alternate, so that they are no table of instances.
    for n in 0..10_000 {
        let name = if n % 2 == 0 { "a" } else { "b" };
        let counter = scene.registry.counter(&format!("/many/{n:04}/{name}"));
        counter.expect("a name").add(n);
    }
    scene.open("");
    // Asked in the browser: a snapshot of all this is not to be taken again and again.
    let asked = "performance.getEntriesByType('resource').filter(e => e.initiatorType === 'xmlhttprequest').length";
    let updates = |count: u64| {
        let before = scene.browser.run(&format!("return {asked}"));
        let more = format!("return {asked} >= {before} + {count}");
        scene.browser.until("updates", &more);
    };
    // From the first on, only what changed is touched.
    updates(2);
    let watch = "window.longest = 0; new PerformanceObserver(list => list.getEntries().forEach( \
                 task => window.longest = Math.max(longest, task.duration))).observe({type: 'longtask'})";
    scene.browser.run(watch);
    updates(5);
    let longest = scene.browser.run("return longest").as_f64().unwrap();
    let rows = scene
        .browser
        .run("return document.querySelectorAll('.stats tr[data-key]').length");
    println!(
        "figure: an update of a page with {rows} of 10,000 stats takes the browser {longest} ms"
    );
    assert!(rows.as_u64() > Some(1000), "{rows}");
    // On a machine of two cores on which other browsers are tested meanwhile.
    assert!(longest < 2000.0, "{longest}");
    scene.is_the_same();
}
