//! What is sent to OpenTelemetry, where, and when.

use std::time::Duration;

use super::exchange::Exchange;
use super::request::Sender;
use super::settings::{Endpoint, Settings};
use super::spelling::Spelling;
use super::{Otlp, Temporality};
use crate::report::families::{Depth, Told};
use crate::report::rules::{Rules, ruled};
use crate::report::schedule::scheduled;
use crate::report::{Schedule, StartError};

/// What is sent to OpenTelemetry, where, and when.
#[derive(Debug)]
#[must_use = "nothing is pushed before `start` or `run`"]
pub struct OtlpBuilder {
    settings: Settings,
    scope: Vec<(String, String)>,
    rules: Rules,
    depth: Depth,
    prefix: String,
    spelling: Spelling,
    schedule: Schedule,
}

impl OtlpBuilder {
    pub(super) fn new() -> OtlpBuilder {
        let mut rules = Rules::default();
        rules.allow("**");
        rules.forbid("/calipers/**");
        OtlpBuilder {
            settings: Settings::default(),
            scope: Vec::new(),
            rules,
            depth: Depth::default(),
            prefix: String::new(),
            spelling: Spelling::default(),
            schedule: Schedule::new("otlp"),
        }
    }

    /// The receiver of all signals, `http://collector:4318`: metrics go to `v1/metrics` below it.
    pub fn endpoint(mut self, url: impl Into<String>) -> Self {
        self.settings.endpoint = Some(Endpoint::Base(url.into()));
        self
    }

    /// Where metrics go, taken as it is: `http://collector:4318/v1/metrics`.
    pub fn metrics_endpoint(mut self, url: impl Into<String>) -> Self {
        self.settings.endpoint = Some(Endpoint::Metrics(url.into()));
        self
    }

    /// What the program is called, the attribute `service.name`. `unknown_service:` and its file's name unless told otherwise.
    pub fn service_name(mut self, name: impl Into<String>) -> Self {
        self.settings.service_name = Some(name.into());
        self
    }

    /// An attribute of the program and where it runs: `deployment.environment.name`, `host.name`.
    pub fn resource(mut self, key: impl Into<String>, value: impl Into<String>) -> Self {
        let key = key.into();
        if !key.is_empty() {
            self.settings.resource.push((key, value.into()));
        }
        self
    }

    /// An attribute of the instrumentation scope, which is this library.
    pub fn scope(mut self, key: impl Into<String>, value: impl Into<String>) -> Self {
        let key = key.into();
        self.scope.retain(|(known, _)| *known != key);
        if !key.is_empty() {
            self.scope.push((key, value.into()));
        }
        self
    }

    /// A header that each request carries, such as `authorization`.
    pub fn header(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.settings.headers.push((name.into(), value.into()));
        self
    }

    /// Whether requests are compressed with gzip. They are not unless told otherwise.
    pub fn gzip(mut self, compressed: bool) -> Self {
        self.settings.gzip = Some(compressed);
        self
    }

    /// How long one attempt may take, from the name's resolution to the answer's end. Ten seconds unless told otherwise,
    /// or told none at all.
    pub fn timeout(mut self, limit: Duration) -> Self {
        self.settings.timeout = Some(limit);
        self
    }

    /// What the numbers are since; [`Temporality::Cumulative`] unless told otherwise.
    pub fn temporality(mut self, temporality: Temporality) -> Self {
        self.settings.temporality = Some(temporality);
        self
    }

    /// Which of a total and the instances it adds up are sent; [`Depth::Totals`] unless told otherwise.
    pub fn depth(mut self, depth: Depth) -> Self {
        self.depth = depth;
        self
    }

    /// A word that every name begins with. None unless told otherwise.
    pub fn prefix(mut self, prefix: impl Into<String>) -> Self {
        self.prefix = prefix.into();
        self
    }

    /// Durations in seconds, within 0.65 %, rather than in nanoseconds, without loss.
    pub fn seconds(mut self) -> Self {
        self.spelling.seconds = true;
        self
    }

    ruled!();
    scheduled!();

    pub(super) fn parts(self) -> Result<(Schedule, Otlp), StartError> {
        let environment = Settings::from_environment(|name| std::env::var(name).ok());
        let settings = self.settings.or(environment);
        let target = settings.target()?;
        let reader = Otlp {
            rules: self.rules.compiled()?,
            depth: self.depth,
            prefix: Some(self.prefix).filter(|prefix| !prefix.is_empty()),
            spelling: self.spelling,
            temporality: settings.temporality.unwrap_or_default(),
            gzip: target.gzip,
            sender: Sender {
                resource: settings.resource(),
                scope: self.scope,
            },
            exchange: Exchange::new(target),
            before: None,
            waiting: None,
            complained: false,
            told: Told::new(),
        };
        Ok((self.schedule, reader))
    }
}
