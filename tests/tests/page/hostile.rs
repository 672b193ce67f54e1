//! Names and values that try to be more than text.

use calipers::prelude::*;
use calipers_tests::parts::until;

use crate::Scene;

const HOSTILE: [&str; 10] = [
    "<script>window.broken=1</script>",
    "\"><img src=x onerror=window.broken=1>",
    "' onmouseover='window.broken=1",
    "</script><script>window.broken=1</script>",
    "</title></td></table><h1>x</h1>",
    "a\u{2028}b\u{2029}\u{202e}c",
    "\u{1b}[31m\r\n\0",
    "javascript:window.broken=1",
    "{{7*7}} ${7*7} <!-- ]]>",
    "&lt;script&gt;&#0;%3Cscript%3E",
];

#[test]
fn hostile_names_and_values_stay_text() {
    let scene = Scene::set("page-hostile");
    let long = "<i>\"'".repeat(64 * 1024 / 5);
    let family = scene.registry.get::<Family<String, Counter>>("f").unwrap();
    for name in HOSTILE.into_iter().chain([&*long]) {
        let mut place = name.replace('/', "_").replace(char::is_control, "_");
        place.truncate(500); // paths may be long, but not as long as values and keys
        scene
            .registry
            .counter(&format!("/{place}/{place}"))
            .unwrap()
            .inc();
        scene
            .registry
            .text(&format!("/t/{place}"))
            .unwrap()
            .set(name);
        let states = scene.registry.state_set(&format!("/s/{place}")).unwrap();
        states.set(name.to_owned());
        family.get(name).inc();
    }
    let strange = "return document.querySelectorAll('img, h1, body i:not([class]):not(nav i):not(h2 i), iframe').length \
                   + document.querySelectorAll('script').length - 1 + (window.broken ? 1 : 0)";
    for path in ["", "f", "t/", "s/"] {
        scene.open(path);
        assert_eq!(scene.browser.run(strange), 0, "{path}");
        family.get("another").inc();
        let before = scene.requests();
        until("two updates", || {
            (scene.requests() >= before + 2).then_some(())
        });
        assert_eq!(scene.browser.run(strange), 0, "{path}");
        scene.is_the_same();
    }
    scene.open("f");
    let text = scene
        .browser
        .text("return document.querySelector('main').textContent");
    for part in [
        HOSTILE[0],
        HOSTILE[1],
        HOSTILE[3],
        r"a\u{2028}b\u{2029}\u{202e}c",
        r"\u{1b}[31m\r\n\u{0}",
        HOSTILE[9],
    ] {
        assert!(text.contains(part), "{part}");
    }
    // What is typed comes back as text too.
    scene.browser.type_into(
        "input[type=search]",
        "<img src=x onerror=window.broken=1> =",
    );
    until("a word about it", || {
        let told = scene
            .browser
            .text("return document.querySelector('.told').textContent");
        told.contains("column").then_some(())
    });
    assert_eq!(scene.browser.run(strange), 0);
    let console = scene.browser.console();
    assert!(
        console.iter().all(|line| line.contains("status of 400")),
        "{console:?}"
    );
    // On a phone nothing of it, however long, leaves the screen.
    scene.browser.screen(390, 844);
    for path in ["", "f", "t/", "s/"] {
        scene.open(path);
        scene.fits(path);
    }
}
