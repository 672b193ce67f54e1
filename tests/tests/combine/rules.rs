//! What rules make of what servers say.

use std::time::Duration;

use calipers::Registry;
use calipers::combine::{Leaf, Report, RuleError, Rules};
use serde_json::{Value, json};

use super::*;

#[test]
fn each_leaf_gives_what_it_says() {
    let rules = Rules::new()
        .at(
            "/load",
            [
                Leaf::average(),
                Leaf::sum(),
                Leaf::sorted(),
                Leaf::sorted().descending().named("descending"),
                Leaf::largest(),
                Leaf::smallest(),
            ],
        )
        .unwrap()
        .at("/version", [Leaf::inverse_map()])
        .unwrap();
    let server = |load: f64, version: &str| json!({ "load": load, "version": version });
    let servers = [
        ("web20", server(1.5, "9")),
        ("web5", server(0.5, "10")),
        ("web1", server(1.5, "9")),
    ];
    let result = combined(&rules, &servers);
    let load = &result["combined"]["load"];
    assert_eq!(
        load["average"],
        json!({ "average": 3.5 / 3.0, "count": 3, "total": 3.5 })
    );
    assert_eq!(load["sum"], 3.5);
    assert_eq!(
        load["sorted"],
        json!([["web5", 0.5], ["web1", 1.5], ["web20", 1.5]])
    );
    assert_eq!(
        load["descending"],
        json!([["web1", 1.5], ["web20", 1.5], ["web5", 0.5]])
    );
    assert_eq!(load["largest"], json!({ "server": "web1", "value": 1.5 }));
    assert_eq!(load["smallest"], json!({ "server": "web5", "value": 0.5 }));
    let versions = serde_json::to_string(&rules_of_versions(&servers)).unwrap();
    // 9 before 10, and web1 before web20.
    assert!(
        versions.contains(r#""inverseMap":{"9":["web1","web20"],"10":["web5"]}"#),
        "{versions}"
    );
    assert!(
        versions.contains(r#""servers":{"web1":{"is":"read"},"web5""#),
        "{versions}"
    );
}

fn rules_of_versions(servers: &[(&str, Value)]) -> calipers::combine::Combined {
    let rules = Rules::new().at("version", [Leaf::inverse_map()]).unwrap();
    let mut combining = rules.combining();
    servers
        .iter()
        .for_each(|(server, stats)| combining.add(server, stats));
    combining.finish()
}

#[test]
fn patterns_gather_keys_and_stars_keep_them_apart() {
    let rules = Rules::new()
        .pattern("success", "[1-3][0-9][0-9]")
        .and_then(|rules| rules.pattern("error", "[45][0-9][0-9]"))
        .and_then(|rules| rules.at("/a/{success}", [Leaf::sum()]))
        .and_then(|rules| rules.at("/a/{error}", [Leaf::sum()]))
        .and_then(|rules| rules.at("/a/*", [Leaf::sum()]))
        .and_then(|rules| rules.at("/paths/%2Findex", [Leaf::sum()]))
        .unwrap();
    let stats = json!({ "a": { "200": 10, "302": 10, "404": 1, "500": 3, "2000": 7 }, "paths": { "/index": 1 } });
    let result = &combined(&rules, &[("one", stats.clone()), ("two", stats)])["combined"];
    assert_eq!(result["a"]["success"]["sum"], 40);
    assert_eq!(result["a"]["error"]["sum"], 8);
    assert_eq!(result["a"]["404"]["sum"], 2);
    assert_eq!(result["a"]["2000"]["sum"], 14);
    assert_eq!(result["paths"]["/index"]["sum"], 2);
    // Where nothing is, there is nothing, and no end to it is sought.
    let empty = combined(&rules, &[("one", json!({ "a": {}, "paths": null }))]);
    assert_eq!(empty["combined"], json!({}));
}

#[test]
fn whole_numbers_are_added_without_rounding() {
    let rules = Rules::new()
        .at("/n", [Leaf::sum(), Leaf::largest()])
        .unwrap();
    let servers = [
        ("a", json!({ "n": u64::MAX - 2 })),
        ("b", json!({ "n": u64::MAX - 1 })),
        ("c", json!({ "n": 2 })),
    ];
    assert_eq!(
        combined(&rules, &servers[1..])["combined"]["n"]["sum"],
        json!(1.844_674_407_370_955_2e19)
    );
    assert_eq!(
        combined(&rules, &[servers[0].clone(), servers[2].clone()])["combined"]["n"]["sum"],
        json!(u64::MAX)
    );
    assert_eq!(
        combined(&rules, &servers)["combined"]["n"]["largest"]["server"],
        "b"
    );
}

#[test]
fn merged_distributions_are_what_one_that_saw_everything_would_be() {
    let all = Registry::new();
    let whole = all.timer("latency").unwrap();
    let parts: Vec<Value> = (1..=3_u64)
        .map(|server| {
            let registry = Registry::new();
            let timer = registry.timer("latency").unwrap();
            for n in 1..=server * 100 {
                let time = Duration::from_micros(n * n * server);
                timer.record(time);
                whole.record(time);
            }
            json!(registry.snapshot())
        })
        .collect();
    let idle = Registry::new();
    idle.timer("latency").unwrap();
    let idle = json!(idle.snapshot());
    let rules = Rules::new()
        .at(
            "/latency",
            [
                Leaf::merge(),
                Leaf::average(),
                Leaf::average().of("p99").weighted_by("count").named("p99s"),
            ],
        )
        .unwrap();
    let servers = [
        ("a", parts[0].clone()),
        ("b", parts[1].clone()),
        ("idle", idle),
        ("c", parts[2].clone()),
    ];
    let result = combined(&rules, &servers);
    assert_eq!(
        result["servers"]["idle"],
        json!({ "is": "read" }),
        "{result}"
    );
    let merged = &result["combined"]["latency"]["merge"];
    let expected = json!(all.snapshot());
    let expected = &expected["latency"];
    for name in ["count", "sum", "min", "max", "mean", "ok"] {
        let (is, should) = (
            merged[name].as_f64().unwrap(),
            expected[name].as_f64().unwrap(),
        );
        assert!((is / should - 1.0).abs() < 1e-9, "{name}: {is} {should}");
    }
    let deviation = merged["stddev"].as_f64().unwrap() / expected["stddev"].as_f64().unwrap();
    assert!((deviation - 1.0).abs() < 0.02, "{deviation}");
    for name in ["p50", "p95", "p99"] {
        let bound = |end: usize| merged[name][end].as_f64().unwrap();
        let is = expected[name].as_f64().unwrap();
        assert!(bound(0) <= is && is <= bound(1), "{name}: {is} in {merged}");
    }
    let average = &result["combined"]["latency"]["average"];
    assert_eq!(average["count"], 600);
    assert!(
        (average["average"].as_f64().unwrap() / expected["mean"].as_f64().unwrap() - 1.0).abs()
            < 1e-9
    );
}

#[test]
fn what_does_not_fit_is_told_and_the_rest_counts() {
    let rules = Rules::new().at("/jobs/*", [Leaf::sum()]).unwrap();
    let mut combining = rules.combining();
    combining.add("good", &json!({ "jobs": { "done": 2 } }));
    combining.add(
        "odd",
        &json!({ "jobs": { "done": 3, "word": "x", "more": {} } }),
    );
    let result = combining.finish();
    assert_eq!(json!(result)["combined"]["jobs"]["done"]["sum"], 5);
    let Report::Unfit { values, first } = &result.servers[1].1 else {
        panic!("{result:?}");
    };
    assert_eq!((*values, first.starts_with("/jobs/")), (2, true));
    let table = result.to_string();
    assert!(
        table.contains("/jobs/done\n  sum  5\n") && table.contains("odd: 2 values do not fit"),
        "{table}"
    );
}

#[test]
fn a_number_among_distributions_is_told_and_they_are_merged_without_it() {
    let rules = Rules::new().at("/latency", [Leaf::merge()]).unwrap();
    let distribution = json!({ "latency": { "count": 10, "sum": 1.0 } });
    for odd_is_the in [0, 1, 2] {
        let mut servers = vec![("a", distribution.clone()), ("b", distribution.clone())];
        servers.insert(odd_is_the, ("odd", json!({ "latency": 5 })));
        let mut combining = rules.combining();
        for (server, stats) in &servers {
            combining.add(server, stats);
        }
        let result = combining.finish();
        let merged = &json!(result)["combined"]["latency"]["merge"];
        assert_eq!(merged, &json!({ "count": 20, "sum": 2.0 }));
        let told: Vec<_> = result.servers.iter().map(|(_, report)| report).collect();
        let unfit = Report::Unfit {
            values: 1,
            first: "/latency".to_owned(),
        };
        assert_eq!(told, [&Report::Read, &Report::Read, &unfit]);
    }
    // Numbers alone add up.
    let numbers = [
        ("a", json!({ "latency": 5 })),
        ("b", json!({ "latency": 6 })),
    ];
    assert_eq!(
        combined(&rules, &numbers)["combined"]["latency"]["merge"],
        11
    );
}

#[test]
fn a_file_says_the_same_as_rust_and_its_mistakes_are_told() {
    let file = r#"
        [patterns]
        failed = "[45].."

        [[rule]]
        at = "/answers/{failed}"
        sum = {}
        sorted = { descending = true }

        [[rule]]
        at = "/latency"
        average = { of = "mean", weightedBy = "count" }
        largest = { of = "recent/p99", name = "slowest" }
        inverseMap = { of = "count" }
    "#;
    let rules = Rules::from_toml(file).unwrap();
    let same = Rules::new()
        .pattern("failed", "[45]..")
        .unwrap()
        .at(
            "/answers/{failed}",
            [Leaf::sum(), Leaf::sorted().descending()],
        )
        .unwrap()
        .at(
            "/latency",
            [
                Leaf::average().of("mean").weighted_by("count"),
                Leaf::inverse_map().of("count"),
                Leaf::largest().of("recent/p99").named("slowest"),
            ],
        )
        .unwrap();
    let stats = json!({ "answers": { "404": 2 }, "latency": { "mean": 2.0, "count": 3, "recent": { "p99": 4.0 } } });
    let servers = [("a", stats)];
    assert_eq!(combined(&rules, &servers), combined(&same, &servers));
    assert_eq!(
        combined(&rules, &servers)["combined"]["latency"]["slowest"]["value"],
        4.0
    );

    for (mistake, told) in [
        ("rules = 3", "unknown field `rules`"),
        ("[[rule]]\nat = \"/a\"\nsumm = {}", "unknown field `summ`"),
        ("[[rule]]\nat = \"/a\"", "does nothing"),
        ("[[rule]]\nat = \"/a//b\"\nsum = {}", "no path"),
        ("[[rule]]\nat = \"/{x}\"\nsum = {}", "pattern `x`"),
        ("[patterns]\nx = \"(\"", "no regular expression"),
        (
            "[[rule]]\nat = \"/a\"\nsum = {}\n[[rule]]\nat = \"/a\"\nsum = {}",
            "twice",
        ),
        ("[[", "not understood"),
        ("", "begin one with"),
        ("[[rule]]\nat = \"/web/{n\"\nsum = {}", "`{n` in"),
        ("[[rule]]\nat = \"/a/*b/c\"\nsum = {}", "`*b` in"),
        ("[[rule]]\nat = \"/a\"\nsum = true", "a table such as"),
    ] {
        let error: RuleError = Rules::from_toml(mistake).unwrap_err();
        assert!(error.to_string().contains(told), "{mistake}: {error}");
        assert!(
            !error.to_string().contains('\n') || mistake.contains('('),
            "{error}"
        );
    }
}

#[test]
fn a_rule_that_leads_nowhere_is_told() {
    let rules = Rules::new()
        .at("/jobs", [Leaf::sum()])
        .and_then(|rules| rules.at("/web/nope", [Leaf::sum()]))
        .and_then(|rules| rules.at("/nope/*", [Leaf::merge()]))
        .unwrap();
    let stats = json!({ "jobs": true, "web": {} });
    let mut combining = rules.combining();
    combining.add("web5", &stats);
    let result = combining.finish();
    assert_eq!(result.unmet, ["/web/nope", "/nope/*"]);
    assert!(result.to_string().contains("anything at /web/nope"));
    // And a sum of nothing that fits is no number.
    assert_eq!(json!(result)["combined"], json!({}));
    let mut combining = rules.combining();
    combining.fail("web5", "away");
    assert!(combining.finish().unmet.is_empty(), "nothing is known then");
}
