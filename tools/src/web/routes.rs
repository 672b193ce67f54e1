//! mmash's routes: labels, values and files as JSON.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use axum::Router;
use axum::extract::State;
use axum::http::{StatusCode, Uri, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use globset::{Glob, GlobMatcher};
use percent_encoding::percent_decode_str;
use serde_json::{Value as Json, json};

use super::Processes;
use super::aggregate::{Aggregate, value};
use crate::labels;
use crate::source::Source;

/// The routes, which come before the page's.
pub(super) fn of(processes: Arc<Processes>) -> Router {
    Router::new()
        .route("/stats/", get(answer))
        .route("/stats/{*rest}", get(answer))
        .route("/files/", get(answer))
        .route("/files/{*rest}", get(answer))
        .with_state(processes)
}

async fn answer(State(processes): State<Arc<Processes>>, uri: Uri) -> Response {
    // Reading files takes its time, and others are served meanwhile.
    let answered = tokio::task::spawn_blocking(move || asked(&processes, &uri)).await;
    let (status, json) = match answered {
        Ok(Ok(json)) => (StatusCode::OK, json),
        Ok(Err(reason)) => (StatusCode::BAD_REQUEST, json!({ "error": reason })),
        Err(_) => (
            StatusCode::INTERNAL_SERVER_ERROR,
            json!({ "error": "the stats could not be read" }),
        ),
    };
    let headers = [
        (header::CONTENT_TYPE, "application/json"),
        (header::CACHE_CONTROL, "no-store"),
    ];
    (status, headers, json.to_string() + "\n").into_response()
}

fn asked(processes: &Processes, uri: &Uri) -> Result<Json, String> {
    let parameters = Parameters::of(uri.query().unwrap_or_default())?;
    if let Some(rest) = uri.path().strip_prefix("/files/") {
        return files(processes, &decoded(rest)?);
    }
    match decoded(uri.path().strip_prefix("/stats/").unwrap_or_default())? {
        none if none.is_empty() => all_labels(processes),
        label => values(processes, &label, &parameters),
    }
}

/// What is asked for beside a label.
#[derive(Default)]
struct Parameters {
    exact: bool,
    aggregate: Option<Aggregate>,
    chosen: Chosen,
}

impl Parameters {
    fn of(query: &str) -> Result<Parameters, String> {
        let mut asked = Parameters::default();
        for pair in query.split('&') {
            let (name, text) = pair.split_once('=').unwrap_or((pair, ""));
            let text = decoded(&text.replace('+', " "))?;
            match name {
                "exact" => asked.exact = !text.is_empty(),
                "aggr" if text.is_empty() => {}
                "aggr" => {
                    let aggregate = Aggregate::parse(&text);
                    let expected = || {
                        format!(
                            "`{text}` is no way to aggregate; expected one of {}",
                            Aggregate::NAMES
                        )
                    };
                    asked.aggregate = Some(aggregate.ok_or_else(expected)?);
                }
                "glob" => asked.chosen = Chosen::of(&text)?,
                _ => {}
            }
        }
        Ok(asked)
    }
}

/// Which files are meant: a glob over their names, never a path.
#[derive(Default)]
struct Chosen(Option<GlobMatcher>);

impl Chosen {
    fn of(glob: &str) -> Result<Chosen, String> {
        if glob.is_empty() {
            return Ok(Chosen(None));
        }
        if glob.contains('/') || glob.contains("..") {
            return Err(format!(
                "`{glob}` leads to another folder; give a glob for names of files"
            ));
        }
        let built =
            Glob::new(glob).map_err(|error| format!("`{glob}` is not a glob: {}", error.kind()))?;
        Ok(Chosen(Some(built.compile_matcher())))
    }

    fn has(&self, source: &Source) -> bool {
        let Some(glob) = &self.0 else { return true };
        match source.path().and_then(|path| path.file_name()) {
            Some(name) => glob.is_match(name),
            None => glob.is_match(&source.name),
        }
    }
}

fn decoded(text: &str) -> Result<String, String> {
    let decoded = percent_decode_str(text).decode_utf8();
    decoded
        .map(|text| text.into_owned())
        .map_err(|_| format!("`{text}` is not UTF-8 when it is decoded"))
}

fn files(processes: &Processes, glob: &str) -> Result<Json, String> {
    let chosen = Chosen::of(glob)?;
    let look = processes.look();
    let sources = look.found.iter().map(|(source, _)| source);
    let names = sources
        .filter(|source| chosen.has(source))
        .map(|source| match source.path() {
            Some(path) => path.to_string_lossy().into_owned(),
            None => source.name.clone(),
        });
    Ok(json!({ "files": names.collect::<Vec<_>>() }))
}

fn all_labels(processes: &Processes) -> Result<Json, String> {
    let look = processes.look();
    let labels = look
        .read()
        .flat_map(|(source, snapshot)| labels::beside(source, snapshot));
    let labels: BTreeSet<String> = labels.map(|field| field.label).collect();
    Ok(json!({ "stats": labels }))
}

fn values(processes: &Processes, label: &str, asked: &Parameters) -> Result<Json, String> {
    let mut values: BTreeMap<String, Vec<_>> = BTreeMap::new();
    let look = processes.look();
    for (source, snapshot) in look.read() {
        if !asked.chosen.has(source) {
            continue;
        }
        for field in labels::beside(source, snapshot) {
            let fits = if asked.exact {
                field.label == label
            } else {
                field.label.starts_with(label)
            };
            if fits {
                values.entry(field.label).or_default().push(field.value);
            }
        }
    }
    let mut members = serde_json::Map::new();
    for (label, values) in values {
        let member = match asked.aggregate {
            None => Json::Array(values.iter().map(value).collect()),
            Some(aggregate) => aggregate
                .of(&values)
                .ok_or_else(|| format!("the values of `{label}` cannot be made one in this way"))?,
        };
        members.insert(label, member);
    }
    Ok(Json::Object(members))
}
