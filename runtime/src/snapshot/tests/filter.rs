use super::*;

fn sample() -> Snapshot {
    snapshot([
        ("/web/errors", Value::Counter(1)),
        ("/web/success", Value::Counter(2)),
        ("/api/errors", Value::Counter(3)),
        ("/api/v1/errors", Value::Counter(4)),
        ("/api/v1/latency", timer(&[1])),
        ("/top", Value::Counter(5)),
    ])
}

fn filtered(glob: &str) -> Vec<String> {
    paths(&sample().filter(glob).unwrap())
}

#[test]
fn a_star_stays_within_a_segment_and_two_cross() {
    assert_eq!(filtered("/*/errors"), ["/api/errors", "/web/errors"]);
    assert_eq!(
        filtered("/**/errors"),
        ["/api/errors", "/api/v1/errors", "/web/errors"]
    );
    assert_eq!(
        filtered("/api/**"),
        ["/api/errors", "/api/v1/errors", "/api/v1/latency"]
    );
    assert_eq!(filtered("/api/*"), ["/api/errors"]);
    assert_eq!(filtered("/*"), ["/top"]);
    assert_eq!(filtered("**").len(), 6);
    assert_eq!(filtered("/web/{errors,nothing}"), ["/web/errors"]);
    assert_eq!(filtered("/web"), [""; 0]);
}

#[test]
fn the_leading_slash_may_be_left_out() {
    assert_eq!(filtered("web/errors"), ["/web/errors"]);
    assert_eq!(filtered("**/latency"), ["/api/v1/latency"]);
    assert_eq!(filtered("{web,api}/errors"), ["/api/errors", "/web/errors"]);
    assert_eq!(filtered("top"), ["/top"]);
}

#[test]
fn places_left_empty_go_and_those_on_the_way_stay() {
    let kept = sample().filter("/api/v1/latency").unwrap();
    let places: Vec<&str> = kept.places.iter().map(|place| &*place.shape.path).collect();
    assert_eq!(places, ["", "/api", "/api/v1"]);
    assert_eq!(
        kept.timer("/api/v1/latency")
            .map(|timer| timer.lifetime().count()),
        Some(1)
    );
    assert_eq!(kept.counter("/api/errors"), None);
    assert_eq!(kept.taken(), sample().taken());
    assert_eq!(sample().filter("/nothing").unwrap().places.len(), 1);
}

#[test]
fn a_place_kept_whole_shares_its_shape() {
    let sample = sample();
    let kept = sample.filter("/web/*").unwrap();
    assert!(kept.places.iter().any(|place| {
        sample
            .places
            .iter()
            .any(|own| Arc::ptr_eq(&own.shape, &place.shape))
    }));
}

#[test]
fn places_on_the_way_keep_what_they_are() {
    let mut assembly = Assembly::with_capacity(2, 2);
    assembly.push(
        place("/a", true, vec![stat("x", Kind::Counter, "")]),
        [Value::Counter(1)],
    );
    assembly.push(
        place("/a/b", false, vec![stat("y", Kind::Counter, "")]),
        [Value::Counter(2)],
    );
    let kept = assembly.finish(at(0)).filter("/a/b/y").unwrap();
    assert!(kept.at("/a").unwrap().is_collapsed());
    assert_eq!(paths(&kept), ["/a/b/y"]);
}

#[test]
fn what_is_no_glob_is_said() {
    let error = sample().filter("/web/[a").unwrap_err();
    assert!(
        error.to_string().starts_with("`/web/[a` is not a glob: "),
        "{error}"
    );
}
