//! Which format a scraper gets: what its `Accept` header asks for.

use crate::report::accept::{Range, ranges};

/// The formats that an exposition can be written in.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Format {
    /// The text format 0.0.4, which everything reads.
    #[default]
    Text,
    /// OpenMetrics 1.0: units, created timestamps, infos and state sets beside what the text format has.
    OpenMetrics,
    /// `io.prometheus.client.MetricFamily` messages, each behind its length: the form that has native histograms.
    Protobuf,
}

impl Format {
    /// The format that an `Accept` header asks for; [`Text`](Format::Text) when there is none, or none that is known.
    ///
    /// The highest `q` wins. Between equals, the format that says more wins: protobuf, then OpenMetrics, then text. A
    /// wildcard means text, so a browser is shown something to read.
    ///
    /// ```
    /// use calipers::report::prometheus::Format;
    /// let prometheus = "application/openmetrics-text;version=1.0.0,text/plain;version=0.0.4;q=0.5,*/*;q=0.1";
    /// assert_eq!(Format::negotiate(prometheus), Format::OpenMetrics);
    /// assert_eq!(Format::negotiate("text/html, */*;q=0.8"), Format::Text);
    /// ```
    pub fn negotiate(accept: &str) -> Format {
        let mut best = (0, Format::Text);
        for range in ranges(accept) {
            if let Some(format) = asked(range)
                && range.quality > 0
                && (range.quality, rank(format)) > (best.0, rank(best.1))
            {
                best = (range.quality, format);
            }
        }
        best.1
    }

    /// What the `Content-Type` header of an answer in this format says.
    pub fn content_type(self) -> &'static str {
        match self {
            Format::Text => "text/plain; version=0.0.4; charset=utf-8",
            Format::OpenMetrics => "application/openmetrics-text; version=1.0.0; charset=utf-8",
            Format::Protobuf => {
                "application/vnd.google.protobuf; proto=io.prometheus.client.MetricFamily; encoding=delimited"
            }
        }
    }
}

fn rank(format: Format) -> u8 {
    match format {
        Format::Text => 0,
        Format::OpenMetrics => 1,
        Format::Protobuf => 2,
    }
}

/// The format that one media range asks for.
fn asked(range: Range<'_>) -> Option<Format> {
    let (version, proto, encoding) = (
        range.parameter("version"),
        range.parameter("proto"),
        range.parameter("encoding"),
    );
    match range.name.to_ascii_lowercase().as_str() {
        "application/vnd.google.protobuf"
            if proto == Some("io.prometheus.client.MetricFamily")
                && encoding == Some("delimited") =>
        {
            Some(Format::Protobuf)
        }
        "application/openmetrics-text" if matches!(version, None | Some("1.0.0")) => {
            Some(Format::OpenMetrics)
        }
        "text/plain" if matches!(version, None | Some("0.0.4")) => Some(Format::Text),
        "text/*" | "*/*" => Some(Format::Text),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PROTOBUF: &str = "application/vnd.google.protobuf;proto=io.prometheus.client.MetricFamily;encoding=delimited";

    #[test]
    fn what_prometheus_sends_gets_what_it_prefers() {
        let plain = "application/openmetrics-text;version=1.0.0,application/openmetrics-text;version=0.0.1;q=0.75,\
            text/plain;version=0.0.4;q=0.5,*/*;q=0.1";
        assert_eq!(Format::negotiate(plain), Format::OpenMetrics);
        let native = format!(
            "{PROTOBUF},application/openmetrics-text;version=1.0.0;q=0.8,\
            application/openmetrics-text;version=0.0.1;q=0.75,text/plain;version=0.0.4;q=0.5,*/*;q=0.1"
        );
        assert_eq!(Format::negotiate(&native), Format::Protobuf);
        let three = "application/openmetrics-text;version=1.0.0;escaping=allow-utf-8;q=0.6,\
            application/openmetrics-text;version=0.0.1;q=0.5,text/plain;version=1.0.0;escaping=allow-utf-8;q=0.4,\
            text/plain;version=0.0.4;q=0.3,*/*;q=0.2";
        assert_eq!(Format::negotiate(three), Format::OpenMetrics);
    }

    #[test]
    fn the_highest_quality_wins_and_zero_never() {
        let open = "application/openmetrics-text";
        for (accept, format) in [
            (format!("{open};q=0.2, text/plain;q=0.3"), Format::Text),
            (
                format!("text/plain;q=0.3,{open};q=0.301"),
                Format::OpenMetrics,
            ),
            (format!("{open} ; q = 0 , text/plain;q=0.1"), Format::Text),
            (format!("{PROTOBUF};q=0.5,{open};q=0.5"), Format::Protobuf),
            (format!("*/*,{open};q=0.9"), Format::Text),
            (format!("{open};version=1.0.0;q=nonsense"), Format::Text),
            (format!("{open};q=2"), Format::Text),
        ] {
            assert_eq!(Format::negotiate(&accept), format, "{accept}");
        }
    }

    #[test]
    fn what_is_not_known_gets_text() {
        for accept in [
            "",
            ",;,=;q",
            "image/png",
            "application/openmetrics-text;version=2.0.0",
            "application/vnd.google.protobuf",
            "application/vnd.google.protobuf;proto=io.prometheus.client.MetricFamily;encoding=text",
            "text/html,application/xhtml+xml;q=0.9,*/*;q=0.8",
        ] {
            assert_eq!(Format::negotiate(accept), Format::Text, "{accept}");
        }
    }

    #[test]
    fn types_and_parameters_are_read_as_http_has_them() {
        assert_eq!(
            Format::negotiate("APPLICATION/OpenMetrics-Text; VERSION=\"1.0.0\""),
            Format::OpenMetrics
        );
    }
}
