//! Names, labels and texts that somebody chose to do harm: an exposition has as many lines as it has samples.

use super::*;
use crate::Info;

const TEXTS: [&str; 12] = [
    "",
    " ",
    "\"",
    "\\",
    "\n",
    "\0",
    "\u{2400}",
    "\u{2400}0",
    "a\"} 1\nevil_total 666",
    "{le=\"+Inf\"}",
    "\u{2028}\u{202e}",
    "# EOF\n",
];

#[derive(Instrumented)]
#[instrumented(label = "who")]
struct Attacked {
    /// Help with "quotes" and a \.
    by_key: Family<String, Counter>,
    #[stat(with = [("a-b", "1"), ("a_b", "2"), ("", "3"), ("who", "4"), ("__name__", "5"), ("é\n", "6\n")])]
    about: Info,
}

/// A line as a parser sees it: the name, the labels, the number.
fn parsed(line: &str) -> (String, Vec<(String, String)>, String) {
    let end = line.find(['{', ' ']).unwrap();
    let (name, mut rest) = line.split_at(end);
    let mut labels = Vec::new();
    if let Some(inside) = rest.strip_prefix('{') {
        rest = inside;
        while !rest.starts_with('}') {
            let (label, after) = rest.trim_start_matches(',').split_once("=\"").unwrap();
            let mut value = String::new();
            let mut chars = after.char_indices();
            rest = loop {
                match chars.next().unwrap() {
                    (at, '"') => break &after[at + 1..],
                    (_, '\\') => value.push(match chars.next().unwrap().1 {
                        'n' => '\n',
                        other => other,
                    }),
                    (_, other) => value.push(other),
                }
            };
            labels.push((label.to_owned(), value));
        }
        rest = &rest[1..];
    }
    let number = rest.strip_prefix(' ').unwrap();
    assert!(!number.contains(' '), "{line:?}");
    (name.to_owned(), labels, number.to_owned())
}

#[test]
fn every_key_is_one_series_and_comes_back() {
    let registry = Registry::new();
    let attacked: Attacked = init_in(&registry, "/x/y \"\\{}", ());
    for (number, text) in TEXTS.into_iter().enumerate() {
        attacked.by_key.get(text).add(number + 1);
    }
    let text = Exposition::new().text(&registry.snapshot());
    let lines = samples(&text).into_iter().map(parsed);
    let keys: Vec<_> = lines
        .filter(|(name, ..)| name == "x_by_key_total")
        .collect();
    assert_eq!(keys.len(), TEXTS.len());
    for (number, text) in TEXTS.into_iter().enumerate() {
        let shown = text
            .replace('\u{2400}', "\u{2400}1")
            .replace('\0', "\u{2400}0");
        let series = keys
            .iter()
            .filter(|(_, labels, _)| labels[1] == ("key".to_owned(), shown.clone()));
        let numbers: Vec<_> = series.map(|(.., number)| number.clone()).collect();
        assert_eq!(numbers, [(number + 1).to_string()], "{text:?}");
    }
    for (_, labels, _) in keys {
        assert_eq!(labels[0], ("who".to_owned(), "y \"\\{}".to_owned()));
    }
}

#[test]
fn a_key_of_64_kilobytes_makes_no_line_of_64_kilobytes() {
    let registry = Registry::new();
    let family = registry.get::<Family<String, Timer>>("wait").unwrap();
    let long = "x".repeat(65_536);
    let times = [&long, &long[..65_535], &long[..1024]].map(|key| {
        family.get(key).record(Duration::from_millis(1));
        key
    });
    let counted = registry.get::<Family<String, Counter>>("hits").unwrap();
    times.iter().for_each(|key| counted.get(*key).inc());
    let snapshot = registry.snapshot();
    let text = Exposition::new().text(&snapshot);
    assert!(text.lines().all(|line| line.len() < 1200));
    let counts = text
        .lines()
        .filter(|line| line.starts_with("wait_seconds_count{"));
    let counts: std::collections::BTreeSet<&str> = counts.collect();
    assert_eq!(counts.len(), times.len(), "they stay apart");
    let whole = format!("wait_seconds_count{{key=\"{}\"}} 1", times[2]);
    assert!(counts.contains(&*whole));
    let mut protobuf = Vec::new();
    Exposition::new().write(&snapshot, Format::Protobuf, &mut protobuf);
    assert!(protobuf.len() < 30_000, "{}", protobuf.len());
}

#[test]
fn an_info_has_each_label_once_and_legal() {
    let registry = Registry::new();
    let _attacked: Attacked = init_in(&registry, "/x/y", ());
    let text = open_metrics(Exposition::new(), &registry);
    let line = text
        .lines()
        .find(|line| line.starts_with("x_about_info{"))
        .unwrap();
    assert_eq!(
        line,
        r#"x_about_info{who="y",a_b="1",a_b_2="2",_="3",who_2="4",_name_="5",__2="6\n"} 1"#
    );
}

#[test]
fn a_help_text_stays_in_its_line() {
    let registry = Registry::new();
    let attacked: Attacked = init_in(&registry, "/x/y", ());
    attacked.by_key.get("k").inc();
    let plain = Exposition::new().text(&registry.snapshot());
    let help = r#"Help with "quotes" and a \\."#;
    assert!(
        plain.contains(&format!("# HELP x_by_key_total {help}\n")),
        "{plain}"
    );
    let open = open_metrics(Exposition::new(), &registry);
    let help = help.replace('"', "\\\"");
    assert!(
        open.contains(&format!("# HELP x_by_key {help}\n")),
        "{open}"
    );
}

#[test]
fn names_of_nothing_legal_are_still_names() {
    let registry = Registry::new();
    for path in [
        "/日本/語",
        "/ /{}",
        "/\"/x y",
        "/9/9",
        "/a:b/c",
        "/le/quantile",
        &"x/".repeat(500),
    ] {
        registry.counter(path.trim_end_matches('/')).unwrap().inc();
    }
    let text = Exposition::new().text(&registry.snapshot());
    for line in samples(&text) {
        let (name, labels, number) = parsed(line);
        let legal = |c: char| c.is_ascii_alphanumeric() || c == '_';
        assert!(
            name.chars().all(legal) && !name.starts_with(|c: char| c.is_ascii_digit()),
            "{name}"
        );
        assert_eq!((labels.len(), &*number), (0, "1"));
    }
    assert_eq!(text.lines().count(), 3 * samples(&text).len());
}
