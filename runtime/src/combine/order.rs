//! Names as people sort them: `web5` before `web20`.

use std::cmp::Ordering;

/// Runs of digits are compared as numbers, everything else letter by letter; names that differ in leading zeros alone
/// are in the order of their bytes.
pub(super) fn human(a: &str, b: &str) -> Ordering {
    let (mut left, mut right) = (a, b);
    while let (Some(x), Some(y)) = (left.chars().next(), right.chars().next()) {
        let order = if x.is_ascii_digit() && y.is_ascii_digit() {
            let (first, second) = (digits(&mut left), digits(&mut right));
            first
                .len()
                .cmp(&second.len())
                .then_with(|| first.cmp(second))
        } else {
            left = &left[x.len_utf8()..];
            right = &right[y.len_utf8()..];
            x.cmp(&y)
        };
        if order.is_ne() {
            return order;
        }
    }
    left.len().cmp(&right.len()).then_with(|| a.cmp(b))
}

/// Takes a run of digits from the front; gives it without its leading zeros.
fn digits<'a>(text: &mut &'a str) -> &'a str {
    let end = text
        .find(|c: char| !c.is_ascii_digit())
        .unwrap_or(text.len());
    let (run, rest) = text.split_at(end);
    *text = rest;
    run.trim_start_matches('0')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn five_comes_before_twenty() {
        let mut names = [
            "web20", "web5", "a", "web", "web5b", "web05", "web5a10", "web5a9", "10", "9",
        ];
        names.sort_by(|a, b| human(a, b));
        assert_eq!(
            names,
            [
                "9", "10", "a", "web", "web05", "web5", "web5a9", "web5a10", "web5b", "web20"
            ]
        );
        let huge = "1".repeat(400);
        assert!(human(&huge, &format!("{huge}0")).is_lt());
    }
}
