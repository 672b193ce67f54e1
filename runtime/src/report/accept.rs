//! What a client says it takes: the headers of the `Accept` family, which all list things with a quality each.

/// One thing of such a list, and how much it is wanted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Range<'a> {
    /// As it was written: `text/html`, `text/*`, `gzip`.
    pub(crate) name: &'a str,
    /// In thousandths: what has no `q` is wanted fully, what has `q=0` not at all.
    pub(crate) quality: u16,
    parameters: &'a str,
}

impl<'a> Range<'a> {
    fn parse(text: &'a str) -> Option<Range<'a>> {
        let (name, parameters) = text.split_once(';').unwrap_or((text, ""));
        let mut range = Range {
            name: name.trim(),
            quality: 1000,
            parameters,
        };
        if let Some(quality) = range.parameter("q") {
            range.quality = thousandths(quality)?;
        }
        Some(range).filter(|range| !range.name.is_empty())
    }

    /// The value of a parameter, without its quotes.
    pub(crate) fn parameter(&self, wanted: &str) -> Option<&'a str> {
        self.parameters.split(';').find_map(|parameter| {
            let (name, value) = parameter.split_once('=').unwrap_or((parameter, ""));
            let named = name.trim().eq_ignore_ascii_case(wanted);
            named.then(|| value.trim().trim_matches('"'))
        })
    }
}

/// What a header lists; what has a quality that is none is left out.
pub(crate) fn ranges(header: &str) -> impl Iterator<Item = Range<'_>> {
    header.split(',').filter_map(Range::parse)
}

/// `0.75` as 750; nothing for what is no quality.
fn thousandths(text: &str) -> Option<u16> {
    let quality: f64 = text.parse().ok()?;
    (0.0..=1.0)
        .contains(&quality)
        .then(|| (quality * 1000.0).round() as u16)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_header_is_a_list_of_things_with_a_quality_each() {
        let all: Vec<_> = ranges("text/html, a/b ; V=\"1\" ;q=0.25,, x;q=2, y;Q=0, z;q=soon")
            .map(|range| (range.name, range.quality, range.parameter("v")))
            .collect();
        assert_eq!(
            all,
            [
                ("text/html", 1000, None),
                ("a/b", 250, Some("1")),
                ("y", 0, None)
            ]
        );
        assert_eq!(ranges("").count(), 0);
    }
}
