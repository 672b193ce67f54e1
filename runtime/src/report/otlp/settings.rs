//! Where requests go and what they carry: from what the program says, then from the environment, then as usual.
//!
//! What is wrong in the environment was not written by who reads the program's errors, so a variable that makes no sense is
//! logged and passed over, as the specification wants it; only an address that is none keeps the reader from starting.

use std::fmt::Display;
use std::time::Duration;

use percent_encoding::percent_decode_str;
use ureq::http::{HeaderName, HeaderValue, Uri};

use super::Temporality;
use crate::log_line;
use crate::report::StartError;

/// Where every request goes.
#[derive(Debug, PartialEq)]
pub(super) struct Target {
    pub(super) url: String,
    pub(super) headers: Vec<(String, String)>,
    pub(super) gzip: bool,
    pub(super) timeout: Duration,
}

/// What was said, by a program or by the environment.
#[derive(Debug, Default, PartialEq)]
pub(super) struct Settings {
    pub(super) endpoint: Option<Endpoint>,
    /// Later ones of the same name win.
    pub(super) headers: Vec<(String, String)>,
    pub(super) gzip: Option<bool>,
    pub(super) timeout: Option<Duration>,
    pub(super) temporality: Option<Temporality>,
    pub(super) service_name: Option<String>,
    pub(super) resource: Vec<(String, String)>,
}

/// An address, and what it is the address of.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Endpoint {
    /// A receiver of all signals: metrics go to `v1/metrics` below it.
    Base(String),
    /// Where metrics go, as it is.
    Metrics(String),
}

const USUAL: &str = "http://localhost:4318";

impl Settings {
    /// The variables `OTEL_EXPORTER_OTLP_*`, those for metrics before those for all signals, and who the program is.
    pub(super) fn from_environment(variable: impl Fn(&str) -> Option<String>) -> Settings {
        // The specification: a variable that is empty is not set.
        let get = |name: &str| variable(name).filter(|value| !value.trim().is_empty());
        let either = |name: &str| {
            ["OTEL_EXPORTER_OTLP_METRICS_", "OTEL_EXPORTER_OTLP_"]
                .into_iter()
                .find_map(|prefix| {
                    let name = format!("{prefix}{name}");
                    get(&name).map(|value| (name, value))
                })
        };
        let mut settings = Settings {
            endpoint: get("OTEL_EXPORTER_OTLP_METRICS_ENDPOINT")
                .map(Endpoint::Metrics)
                .or_else(|| get("OTEL_EXPORTER_OTLP_ENDPOINT").map(Endpoint::Base)),
            service_name: get("OTEL_SERVICE_NAME"),
            ..Settings::default()
        };
        if let Some((name, value)) = either("HEADERS") {
            settings.headers = pairs(&name, &value);
        }
        if let Some(value) = get("OTEL_RESOURCE_ATTRIBUTES") {
            settings.resource = pairs("OTEL_RESOURCE_ATTRIBUTES", &value);
        }
        if let Some((name, value)) = either("COMPRESSION") {
            settings.gzip = word(&name, &value, &[("gzip", true), ("none", false)]);
        }
        if let Some((name, value)) = either("TIMEOUT") {
            match value.trim().parse() {
                // Nothing arrives in no time; and without a limit, a receiver that hangs would end the reporting.
                Ok(milliseconds @ 1..) => {
                    settings.timeout = Some(Duration::from_millis(milliseconds));
                }
                _ => passed_over(&name, &value, &"give milliseconds, 1 or more"),
            }
        }
        const PREFERENCE: &str = "OTEL_EXPORTER_OTLP_METRICS_TEMPORALITY_PREFERENCE";
        if let Some(value) = get(PREFERENCE) {
            let known = [
                ("cumulative", Temporality::Cumulative),
                ("delta", Temporality::Delta),
                // Differs for instruments that are asked, which there are none of here.
                ("lowmemory", Temporality::Delta),
            ];
            settings.temporality = word(PREFERENCE, &value, &known);
        }
        const AGGREGATION: &str = "OTEL_EXPORTER_OTLP_METRICS_DEFAULT_HISTOGRAM_AGGREGATION";
        if let Some(value) = get(AGGREGATION) {
            word(
                AGGREGATION,
                &value,
                &[("base2_exponential_bucket_histogram", ())],
            );
        }
        if let Some((name, value)) = either("PROTOCOL") {
            word(&name, &value, &[("http/protobuf", ())]);
        }
        for secure in ["CERTIFICATE", "CLIENT_KEY", "CLIENT_CERTIFICATE"] {
            if let Some((name, value)) = either(secure) {
                passed_over(&name, &value, &"this reader does not speak TLS");
            }
        }
        settings
    }

    /// This, and what `usual` says where this says nothing.
    pub(super) fn or(self, usual: Settings) -> Settings {
        Settings {
            endpoint: self.endpoint.or(usual.endpoint),
            headers: [usual.headers, self.headers].concat(),
            gzip: self.gzip.or(usual.gzip),
            timeout: self.timeout.or(usual.timeout),
            temporality: self.temporality.or(usual.temporality),
            service_name: self.service_name.or(usual.service_name),
            resource: [usual.resource, self.resource].concat(),
        }
    }

    /// Where requests go.
    pub(super) fn target(&self) -> Result<Target, StartError> {
        let usual = Endpoint::Base(USUAL.to_owned());
        let mut headers: Vec<(String, String)> = Vec::new();
        for (name, value) in &self.headers {
            let name = name.to_ascii_lowercase();
            // What tells the receiver where a request ends and how to read it follows from the request.
            const OURS: [&str; 7] = [
                "connection",
                "content-encoding",
                "content-length",
                "content-type",
                "expect",
                "host",
                "transfer-encoding",
            ];
            if OURS.contains(&&*name) {
                passed_over("the header", &name, &"it follows from what is sent");
                continue;
            }
            if HeaderName::try_from(&name).is_err() || HeaderValue::try_from(value).is_err() {
                // Not the value, which may be a secret.
                passed_over("a header", &name, &"it cannot be sent");
                continue;
            }
            headers.retain(|(known, _)| *known != name);
            headers.push((name, value.clone()));
        }
        Ok(Target {
            url: self.endpoint.as_ref().unwrap_or(&usual).url()?,
            headers,
            gzip: self.gzip.unwrap_or(false),
            timeout: self
                .timeout
                .filter(|limit| !limit.is_zero())
                .unwrap_or(Duration::from_secs(10)),
        })
    }

    /// Who sends: later attributes of one name win, and each stands once.
    pub(super) fn resource(&self) -> Vec<(String, String)> {
        let mut resource = super::identity::usual();
        let named = self.service_name.iter();
        let named = named.map(|name| ("service.name".to_owned(), name.clone()));
        for (key, value) in self.resource.iter().cloned().chain(named) {
            resource.retain(|(known, _)| *known != key);
            resource.push((key, value));
        }
        resource
    }
}

impl Endpoint {
    fn url(&self) -> Result<String, StartError> {
        let (Endpoint::Base(given) | Endpoint::Metrics(given)) = self;
        let no_address = || StartError::Address {
            addr: given.clone(),
            example: "http://127.0.0.1:4318",
        };
        let uri: Uri = given.trim().parse().map_err(|_| no_address())?;
        match uri.scheme_str() {
            Some("http") => {}
            Some("https") => {
                return Err(StartError::Tls {
                    addr: given.clone(),
                });
            }
            _ => return Err(no_address()),
        }
        let authority = uri.authority().filter(|whole| !whole.host().is_empty());
        let authority = authority.ok_or_else(no_address)?;
        let query = uri.query().map(|query| format!("?{query}"));
        let path = match self {
            Endpoint::Base(_) => format!("{}/v1/metrics", uri.path().trim_end_matches('/')),
            Endpoint::Metrics(_) => uri.path().to_owned(),
        };
        Ok(format!(
            "http://{authority}{path}{}",
            query.unwrap_or_default()
        ))
    }
}

/// `a=1,b=2`, percent-encoded, as in W3C baggage; nothing of it when one of them is wrong.
fn pairs(variable: &str, text: &str) -> Vec<(String, String)> {
    let decoded = |text: &str| {
        let text = percent_decode_str(text.trim()).decode_utf8().ok()?;
        Some(text.into_owned())
    };
    let pair = |pair: &str| {
        let (key, value) = pair.split_once('=')?;
        Some((decoded(key).filter(|key| !key.is_empty())?, decoded(value)?))
    };
    let given = || text.split(',').filter(|pair| !pair.trim().is_empty());
    let pairs = given().map(|text| pair(text).ok_or(text));
    pairs.collect::<Result<_, _>>().unwrap_or_else(|wrong| {
        // Its value may be a secret, and so may what has no `=`.
        let which = match wrong.split_once('=') {
            Some((key, _)) => format!("`{}` is wrong", key.trim()),
            None => {
                let before = given().take_while(|text| *text != wrong).count();
                format!("number {} has no `=`", before + 1)
            }
        };
        let all = given().count();
        log_line::warn(
            log_line::TARGET,
            format_args!(
                "otlp: {variable} is passed over, all {all} of it: {which}; write `key=value,key=value`, percent-encoded"
            ),
        );
        Vec::new()
    })
}

fn word<T: Copy>(variable: &str, value: &str, known: &[(&str, T)]) -> Option<T> {
    let word = value.trim().to_ascii_lowercase();
    let found = known.iter().find(|(name, _)| *name == word);
    if found.is_none() {
        let names: Vec<&str> = known.iter().map(|(name, _)| *name).collect();
        passed_over(
            variable,
            value,
            &format!("known here: {}", names.join(", ")),
        );
    }
    found.map(|(_, meaning)| *meaning)
}

fn passed_over(what: &str, value: &str, why: &dyn Display) {
    log_line::warn(
        log_line::TARGET,
        format_args!("otlp: {what} `{value}` is passed over; {why}"),
    );
}

#[cfg(test)]
mod tests {
    use super::*;

    fn environment(variables: &[(&str, &str)]) -> Settings {
        let found = |name: &str| variables.iter().find(|(known, _)| *known == name);
        Settings::from_environment(|name| found(name).map(|(_, value)| (*value).to_owned()))
    }

    fn url(endpoint: Endpoint) -> Result<String, String> {
        endpoint.url().map_err(|error| error.to_string())
    }

    #[test]
    fn metrics_have_a_path_of_their_own_below_an_endpoint_of_all_signals() {
        for (base, metrics) in [
            ("http://localhost:4318", "http://localhost:4318/v1/metrics"),
            ("http://c:4318/", "http://c:4318/v1/metrics"),
            ("http://c/my/collector/", "http://c/my/collector/v1/metrics"),
            ("http://[::1]:4318", "http://[::1]:4318/v1/metrics"),
        ] {
            assert_eq!(url(Endpoint::Base(base.to_owned())), Ok(metrics.to_owned()));
        }
    }

    #[test]
    fn an_endpoint_of_metrics_is_taken_as_it_is() {
        for (given, taken) in [
            ("http://c:4318/in?tenant=a", "http://c:4318/in?tenant=a"),
            ("http://c:4318", "http://c:4318/"),
        ] {
            assert_eq!(
                url(Endpoint::Metrics(given.to_owned())),
                Ok(taken.to_owned())
            );
        }
    }

    #[test]
    fn what_is_no_address_or_needs_tls_is_told() {
        for given in ["collector:4318", "", "grpc://c:4317", "http://", "/v1"] {
            let error = url(Endpoint::Base(given.to_owned())).unwrap_err();
            assert!(error.contains("http://127.0.0.1:4318"), "{given}: {error}");
        }
        let error = url(Endpoint::Base("https://c:4318".to_owned())).unwrap_err();
        assert!(error.contains("TLS"), "{error}");
    }

    #[test]
    fn a_variable_for_metrics_comes_before_that_for_all_signals() {
        let settings = environment(&[
            ("OTEL_EXPORTER_OTLP_ENDPOINT", "http://all:1"),
            ("OTEL_EXPORTER_OTLP_METRICS_ENDPOINT", "http://metrics:2/x"),
            ("OTEL_EXPORTER_OTLP_HEADERS", "a=1"),
            (
                "OTEL_EXPORTER_OTLP_METRICS_HEADERS",
                "Api-Key = se%20cret , b=2",
            ),
            ("OTEL_EXPORTER_OTLP_COMPRESSION", "gzip"),
            ("OTEL_EXPORTER_OTLP_METRICS_TIMEOUT", "2500"),
            ("OTEL_EXPORTER_OTLP_METRICS_TEMPORALITY_PREFERENCE", "Delta"),
        ]);
        assert_eq!(settings.temporality, Some(Temporality::Delta));
        let target = settings.target().unwrap();
        let header = |name: &str, value: &str| (name.to_owned(), value.to_owned());
        assert_eq!(
            target,
            Target {
                url: "http://metrics:2/x".to_owned(),
                headers: vec![header("api-key", "se cret"), header("b", "2")],
                gzip: true,
                timeout: Duration::from_millis(2500),
            }
        );
    }

    #[test]
    fn without_any_variable_it_is_as_the_specification_says() {
        let target = environment(&[]).target().unwrap();
        assert_eq!(target.url, "http://localhost:4318/v1/metrics");
        assert_eq!(target.timeout, Duration::from_secs(10));
        assert!(!target.gzip && target.headers.is_empty());
    }

    #[test]
    fn what_makes_no_sense_in_the_environment_is_passed_over() {
        let settings = environment(&[
            ("OTEL_EXPORTER_OTLP_TIMEOUT", "soon"),
            ("OTEL_EXPORTER_OTLP_METRICS_TIMEOUT", "0"),
            ("OTEL_EXPORTER_OTLP_COMPRESSION", "zip"),
            ("OTEL_EXPORTER_OTLP_HEADERS", "good=1,bad"),
            ("OTEL_EXPORTER_OTLP_PROTOCOL", "grpc"),
            ("OTEL_EXPORTER_OTLP_METRICS_TEMPORALITY_PREFERENCE", "both"),
            ("OTEL_EXPORTER_OTLP_ENDPOINT", " "),
        ]);
        assert_eq!(settings, Settings::default());
        let hostile = Settings {
            headers: vec![
                ("a b".to_owned(), "1".to_owned()),
                ("c".to_owned(), "\n".to_owned()),
                ("Content-Length".to_owned(), "3".to_owned()),
            ],
            timeout: Some(Duration::ZERO),
            ..Settings::default()
        };
        let target = hostile.target().unwrap();
        assert_eq!(target.headers, []);
        assert_eq!(target.timeout, Duration::from_secs(10));
    }

    #[test]
    fn the_program_says_more_than_the_environment_and_an_attribute_stands_once() {
        let settings = Settings {
            gzip: Some(false),
            resource: vec![("zone".to_owned(), "b".to_owned())],
            ..Settings::default()
        };
        let settings = settings.or(environment(&[
            ("OTEL_EXPORTER_OTLP_COMPRESSION", "gzip"),
            ("OTEL_SERVICE_NAME", "shop"),
            (
                "OTEL_RESOURCE_ATTRIBUTES",
                "service.name=other,zone=a,team=x%2Cy",
            ),
        ]));
        assert!(!settings.target().unwrap().gzip);
        let resource = settings.resource();
        let of = |key: &str| {
            let mut values = resource.iter().filter(|(known, _)| known == key);
            let value = values.next().map(|(_, value)| value.as_str());
            assert_eq!(values.next(), None, "{key}");
            value
        };
        assert_eq!(of("service.name"), Some("shop"));
        assert_eq!(of("zone"), Some("b"));
        assert_eq!(of("team"), Some("x,y"));
        assert!(of("service.instance.id").is_some());
    }
}
