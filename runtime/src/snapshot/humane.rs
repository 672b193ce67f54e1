//! Numbers for people: a few significant digits and a unit that fits.
//!
//! Used by everything a person reads (the table, the page); JSON and exporters give numbers as they are.

use super::Number;

/// A count in full, its digits in groups of three: `12,345`.
pub fn grouped(count: u64) -> String {
    let digits = count.to_string();
    let mut text = String::with_capacity(digits.len() + digits.len() / 3);
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && (digits.len() - place).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// Events per second: `12.3k/s`.
pub fn rate(per_second: f64) -> String {
    format!("{}/s", number(per_second))
}

/// How fast a count with a unit grows: `3.4 MiB/s`. An annotation is left out, as in [`count_in`].
pub fn rate_in(per_second: f64, unit: &str) -> String {
    let unit = if unit.starts_with('{') { "" } else { unit };
    format!("{}/s", quantity(per_second, unit))
}

/// A number of any size in three significant digits: `12.3k`, `0.05`, `4.56M`.
pub fn number(x: f64) -> String {
    if x.is_finite() && x != 0.0 && !(1e-6..1e21).contains(&x.abs()) {
        return format!("{x:.2e}");
    }
    scaled(
        x,
        &[
            ("", 1.0),
            ("k", 1e3),
            ("M", 1e6),
            ("G", 1e9),
            ("T", 1e12),
            ("P", 1e15),
            ("E", 1e18),
        ],
    )
}

/// A duration given in seconds: `1.2 ms`, `3.4 min`.
pub fn duration(seconds: f64) -> String {
    let nanos = seconds * 1e9;
    if nanos.abs() < 119.5e9 {
        return scaled(
            nanos,
            &[(" ns", 1.0), (" µs", 1e3), (" ms", 1e6), (" s", 1e9)],
        );
    }
    scaled(nanos, &[(" min", 60e9), (" h", 3600e9), (" d", 86_400e9)])
}

/// A number of bytes: `3.4 MiB`.
pub fn bytes(x: f64) -> String {
    let kib = 1024.0;
    let [mib, gib, tib] = [2, 3, 4].map(|power| 1024f64.powi(power));
    scaled(
        x,
        &[
            (" B", 1.0),
            (" KiB", kib),
            (" MiB", mib),
            (" GiB", gib),
            (" TiB", tib),
        ],
    )
}

/// A number in the unit of a stat, which is UCUM: seconds and bytes as people write them, `1` and no unit as a
/// bare number, annotations (`{request}`) without their braces, every other unit after the number.
pub fn quantity(x: f64, unit: &str) -> String {
    match unit {
        "" | "1" => number(x),
        "s" => duration(x),
        "ms" => duration(x / 1e3),
        "us" => duration(x / 1e6),
        "ns" => duration(x / 1e9),
        "min" => duration(x * 60.0),
        "h" => duration(x * 3600.0),
        "By" => bytes(x),
        "KiBy" => bytes(x * 1024.0),
        "MiBy" => bytes(x * 1024.0 * 1024.0),
        "%" => format!("{}%", number(x)),
        other => format!("{} {}", number(x), other.trim_matches(['{', '}'])),
    }
}

/// A count with its unit; an annotation such as `{request}` is left out, as the stat's name says it.
pub fn count_in(count: u64, unit: &str) -> String {
    match unit {
        "" | "1" => grouped(count),
        unit if unit.starts_with('{') => grouped(count),
        unit => quantity(count as f64, unit),
    }
}

/// A count that may be below zero, with its unit.
pub fn level_in(level: i64, unit: &str) -> String {
    let sign = if level < 0 { "-" } else { "" };
    format!("{sign}{}", count_in(level.unsigned_abs(), unit))
}

/// What a gauge holds, in its unit; whole numbers in full.
pub fn gauge(number: Number, unit: &str) -> String {
    match number {
        Number::Bool(flag) => flag.to_string(),
        Number::U64(x) => count_in(x, unit),
        Number::I64(x) => level_in(x, unit),
        Number::F64(x) => quantity(x, unit),
    }
}

/// The text with everything escaped that would act on what shows it rather than be seen: control characters,
/// line separators, and the marks that change the direction of writing.
pub fn printable(text: &str) -> String {
    let mut safe = String::with_capacity(text.len());
    for c in text.chars() {
        if acts(c) {
            safe.extend(c.escape_default());
        } else {
            safe.push(c);
        }
    }
    safe
}

fn acts(c: char) -> bool {
    c.is_control()
        || matches!(c, '\u{2028}' | '\u{2029}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

/// `x` in the largest of these units of which there is one at least, after rounding; the smallest otherwise.
fn scaled(x: f64, units: &[(&str, f64)]) -> String {
    if !x.is_finite() {
        return x.to_string();
    }
    let fits = |&&(_, size): &&(&str, f64)| round(x / size).abs() >= 1.0;
    match units.iter().rev().find(fits).or(units.first()) {
        Some((unit, size)) => format!("{}{unit}", round(x / size)),
        None => x.to_string(),
    }
}

/// To three significant digits, or to a whole number when it has more.
fn round(x: f64) -> f64 {
    if x == 0.0 {
        return 0.0;
    }
    let magnitude = x.abs().log10().floor() as i32;
    let decimals = (2 - magnitude).max(0);
    // So small that the factor would overflow: nothing a person would read.
    if decimals > 300 {
        return 0.0;
    }
    let factor = 10f64.powi(decimals);
    (x * factor).round() / factor
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_are_given_in_full_with_groups() {
        assert_eq!(grouped(0), "0");
        assert_eq!(grouped(999), "999");
        assert_eq!(grouped(1000), "1,000");
        assert_eq!(grouped(12_345_678), "12,345,678");
        assert_eq!(grouped(u64::MAX), "18,446,744,073,709,551,615");
    }

    #[test]
    fn durations_are_in_the_unit_that_fits() {
        assert_eq!(duration(0.0), "0 ns");
        assert_eq!(duration(5e-9), "5 ns");
        assert_eq!(duration(0.001_2), "1.2 ms");
        assert_eq!(duration(0.000_012_34), "12.3 µs");
        assert_eq!(duration(1.0), "1 s");
        assert_eq!(duration(90.0), "90 s");
        assert_eq!(duration(120.0), "2 min");
        assert_eq!(duration(5400.0), "1.5 h");
        assert_eq!(duration(10.0 * 86_400.0), "10 d");
    }

    #[test]
    fn rounding_moves_on_to_the_next_unit() {
        assert_eq!(duration(0.000_999_9), "1 ms");
        assert_eq!(duration(0.999_999), "1 s");
        assert_eq!(number(999.9), "1k");
        assert_eq!(number(999_499.0), "999k");
        assert_eq!(bytes(1023.0 * 1024.0), "1023 KiB");
        assert_eq!(bytes(1_048_575.9), "1 MiB");
    }

    #[test]
    fn rates_and_numbers_have_three_digits() {
        assert_eq!(rate(12_345.6), "12.3k/s");
        assert_eq!(rate(0.0), "0/s");
        assert_eq!(rate(0.016_66), "0.0167/s");
        assert_eq!(number(-4_560_000.0), "-4.56M");
        assert_eq!(number(f64::NAN), "NaN");
        assert_eq!(number(f64::INFINITY), "inf");
        assert_eq!(number(1e-7), "1.00e-7");
        assert_eq!(number(-1e300), "-1.00e300");
    }

    #[test]
    fn units_of_stats_are_shown_as_people_write_them() {
        assert_eq!(quantity(3.4 * 1024.0 * 1024.0, "By"), "3.4 MiB");
        assert_eq!(quantity(0.0012, "s"), "1.2 ms");
        assert_eq!(quantity(1.2, "ms"), "1.2 ms");
        assert_eq!(quantity(12.0, "{request}"), "12 request");
        assert_eq!(quantity(21.5, "Cel"), "21.5 Cel");
        assert_eq!(quantity(40.0, "%"), "40%");
        assert_eq!(quantity(17.0, "1"), "17");
        assert_eq!(gauge(Number::I64(-12_345), "1"), "-12,345");
        assert_eq!(gauge(Number::U64(12_345), "{request}"), "12,345");
    }

    #[test]
    fn what_would_act_on_a_terminal_or_a_page_is_seen_instead() {
        assert_eq!(printable("a\u{1b}[2J\n"), r"a\u{1b}[2J\n");
        assert_eq!(
            printable("\u{2028}\u{202e}exe.txt"),
            r"\u{2028}\u{202e}exe.txt"
        );
        assert_eq!(printable("日本 ü"), "日本 ü");
    }
}
