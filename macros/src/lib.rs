//! The macros of `calipers`; depend on `calipers`, which re-exports them.
//!
//! Each macro runs the same way, one file a step: `attr` reads the options with their spans,
//! `model` understands the item and keeps its syntax, `check` holds the rules against it, one
//! function a rule, and `expand` writes Rust that calls into the runtime. Mistakes are collected
//! on the way and reported together; `fallback` then emits a stub, so that one mistake is one
//! message. `keys` is the one table of options that all of them read.

mod attr;
mod case;
mod check;
mod errors;
mod expand;
mod fallback;
mod keys;
mod model;
mod nearest;
mod partial;
mod path;
mod path_template;
mod source;

use proc_macro::TokenStream;

use model::handler::Flavour;

/// Puts a struct's stats into the tree: every instance shows up under its path, with its ancestors
/// totalling it.
///
/// Each field is a stat, named like the field, unless it says otherwise. A doc comment is the stat's
/// help text (its first paragraph). The derive adds four functions, as visible as the struct:
///
/// - `init(path)` puts an instance at `path` in the global registry, `init_in(&registry, path)` in
///   one of your own;
/// - `init_child(&parent, name)` puts it below another instance, `init_child_numbered(&parent, name)`
///   below that at the lowest free number.
///
/// ```
/// use calipers::prelude::*;
///
/// /// One front-end worker.
/// #[derive(Instrumented)]
/// struct Handler {
///     /// Requests served.
///     requests: Counter,
///     /// Time to serve one request.
///     latency: Timer,
///     #[stat(name = "byPath", label = "path")]
///     by_path: Family<String, Counter>,
///     #[stat(unit = "By")]
///     body_size: Histogram,
///     #[stat(skip)]
///     pool: Vec<String>,
///     #[stat(skip = Vec::with_capacity(64))]
///     scratch: Vec<u8>,
/// }
///
/// let handler = Handler::init("/handler", HandlerParts { pool: vec!["a".to_owned()] });
/// handler.requests.inc();
/// assert_eq!(calipers::snapshot().counter("/handler/requests"), Some(1));
/// assert_eq!((handler.pool.len(), handler.scratch.capacity()), (1, 64));
/// ```
///
/// # Fields that are not stats
///
/// A field marked `#[stat(skip)]` is handed to `init`, by name, in a struct that the derive adds: for
/// `Handler` it is `HandlerParts`, as visible as `Handler` itself. `#[stat(skip = expression)]` makes
/// the field from the expression instead. Such an expression, and those of `with` and `child`, may
/// use the parts by name; there they are references.
///
/// A field of type `calipers::Node` is the place itself. A struct without any stat needs one, as
/// nothing else would keep its place in the tree.
///
/// # Options of a field: `#[stat(…)]`
///
/// | option | what it does |
/// | --- | --- |
/// | `name = "byPath"` | the stat's path below its struct's; the field's name otherwise |
/// | `unit = "By"` | the unit in UCUM: `s`, `By`, `1` |
/// | `label = "path"` | what a family's key is called in Prometheus; `key` otherwise |
/// | `skip` | not a stat: handed to `init` by name, or made by the expression |
/// | `with = \|\| 1` | what the stat starts from: a gauge's closure, an `Info`'s pairs |
/// | `child` | an instrumented struct of its own, below this one; the expression gives its parts |
/// | `cap = 100` | how many keys a family holds before the overflow member takes the rest |
/// | `hide_zero` | a family's members at zero are not shown |
///
/// # Options of the struct: `#[instrumented(…)]`
///
/// | option | what it does |
/// | --- | --- |
/// | `parent = Server` | what `init_child` takes; its aggregates are checked against the stats at compile time |
/// | `label = "thread"` | what the last segment of an instance's path is called as a label in Prometheus |
/// | `init = at` | another name for `init`, and for the functions beside it |
/// | `collapsed` | readers show one line for an instance until it is opened |
/// | `prefix = "cache"` | a path put before the name of every stat |
/// | `rename_all = "camelCase"` | how fields are spelt as stat names: `camelCase`, `kebab-case`, … |
/// | `crate = "::calipers"` | where `calipers` is, when it is not `::calipers` |
///
/// With `init = at` the functions are `at`, `at_in`, `at_child` and `at_child_numbered`.
///
/// ```
/// use calipers::prelude::*;
/// use calipers::{Info, Node, Sum};
///
/// /// Holds no stat of its own that is recorded into: it totals.
/// #[derive(Instrumented)]
/// #[instrumented(init = at, crate = "::calipers")]
/// struct Server {
///     node: Node,
///     #[stat(name = "cache/hits")]
///     hits: Sum<Counter>,
/// }
///
/// #[derive(Instrumented)]
/// #[instrumented(parent = Server, label = "thread", collapsed)]
/// #[instrumented(prefix = "cache", rename_all = "camelCase")]
/// struct Worker {
///     hits: Counter,
///     #[stat(label = "path", cap = 100, hide_zero)]
///     misses_by_path: Family<String, Counter>,
///     #[stat(with = { let entries = entries.len() as u64; move || entries })]
///     size: Gauge<u64>,
///     #[stat(with = [("version", "1.2"), ("build", "release")])]
///     about: Info,
///     #[stat(child = PoolParts { limit: 8 })]
///     pool: Pool,
///     #[stat(skip)]
///     entries: Vec<u8>,
/// }
///
/// #[derive(Instrumented)]
/// struct Pool {
///     in_use: Gauge<u64>,
///     #[stat(skip)]
///     limit: u64,
/// }
///
/// let server = Server::at("/server");
/// let worker = Worker::init_child(&server, "first", WorkerParts { entries: vec![1, 2] });
/// worker.hits.inc();
/// worker.misses_by_path.get("/a").inc();
/// worker.pool.in_use.set(worker.pool.limit - 7);
///
/// let snapshot = calipers::snapshot();
/// assert_eq!(snapshot.counter("/server/first/cache/hits"), Some(1));
/// assert_eq!(snapshot.counter("/server/first/cache/missesByPath/%2Fa"), Some(1));
/// assert_eq!(snapshot.counter("/server/cache/hits"), Some(1));
/// assert!(snapshot.at("/server/first/cache/pool").is_some());
/// ```
#[proc_macro_derive(Instrumented, attributes(stat, instrumented))]
pub fn derive_instrumented(input: TokenStream) -> TokenStream {
    expand::derive_instrumented(input.into(), Flavour::Derived).into()
}

/// What `collection!` derives for the struct it declares.
#[doc(hidden)]
#[proc_macro_derive(Collected, attributes(stat, instrumented))]
pub fn derive_collected(input: TokenStream) -> TokenStream {
    expand::derive_instrumented(input.into(), Flavour::Collected).into()
}

/// Makes an enum a closed set of states, for `StateSet`, `StateTime` and `CountBy`, and a key of
/// families; neither hashes anything.
///
/// A state is named like its variant, in snake case.
///
/// ```
/// use calipers::{StateSet, States};
///
/// #[derive(States)]
/// enum Phase {
///     WaitingForTask,
///     #[state(name = "working")]
///     PerformingTask,
/// }
/// assert_eq!(Phase::NAMES, ["waiting_for_task", "working"]);
///
/// #[derive(States)]
/// #[states(rename_all = "camelCase", crate = "::calipers")]
/// enum Health { NotYetKnown, Good }
/// assert_eq!(Health::NAMES, ["notYetKnown", "good"]);
/// ```
///
/// # Options of a variant: `#[state(…)]`
///
/// | option | what it does |
/// | --- | --- |
/// | `name = "working"` | what the state is called; the variant in snake case otherwise |
///
/// # Options of the enum: `#[states(…)]`
///
/// | option | what it does |
/// | --- | --- |
/// | `rename_all = "camelCase"` | how variants are spelt as state names: `camelCase`, `kebab-case`, … |
/// | `crate = "::calipers"` | where `calipers` is, when it is not `::calipers` |
#[proc_macro_derive(States, attributes(state, states))]
pub fn derive_states(input: TokenStream) -> TokenStream {
    expand::derive_states(input.into()).into()
}

/// Lets the values of an enum be counted by variant, whatever the variants carry: made for errors.
///
/// A variant is called what it is, in snake case. [`timed`](macro@timed) counts a function's errors with its option `err`; by hand, a
/// family is keyed by `Variant`.
///
/// ```
/// use calipers::prelude::*;
/// use calipers::{Variant, Variants};
///
/// #[derive(Variants)]
/// enum DbError {
///     Timeout,
///     NoSuchTable(String),
///     #[variant(name = "io")]
///     Disk { source: std::io::Error },
/// }
///
/// #[derive(Instrumented)]
/// struct Store {
///     #[stat(label = "error")]
///     errors: Family<Variant<DbError>, Counter>,
/// }
///
/// let store = Store::init("/store");
/// store.errors.get(&DbError::NoSuchTable("users".to_owned())).inc();
/// assert_eq!(calipers::snapshot().counter("/store/errors/no_such_table"), Some(1));
///
/// #[derive(Variants)]
/// #[variants(rename_all = "camelCase", crate = "::calipers")]
/// enum ParseError { UnexpectedEnd, BadDigit(char) }
/// assert_eq!(ParseError::NAMES, ["unexpectedEnd", "badDigit"]);
/// ```
///
/// # Options of a variant: `#[variant(…)]`
///
/// | option | what it does |
/// | --- | --- |
/// | `name = "timeout"` | what the variant is called; it itself in snake case otherwise |
///
/// # Options of the enum: `#[variants(…)]`
///
/// | option | what it does |
/// | --- | --- |
/// | `rename_all = "camelCase"` | how variants are spelt as names: `camelCase`, `kebab-case`, … |
/// | `crate = "::calipers"` | where `calipers` is, when it is not `::calipers` |
#[proc_macro_derive(Variants, attributes(variant, variants))]
pub fn derive_variants(input: TokenStream) -> TokenStream {
    expand::derive_variants(input.into()).into()
}

/// A group of stats with no instance of its own: a static, opened at its first use and shown at zero
/// before it.
///
/// ```
/// use calipers::{collection, Counter, Timer};
///
/// collection! {
///     /// What the front end answered.
///     pub static WEB: Web = "/web" {
///         /// Answers with a status of 500 or above.
///         errors: Counter,
///         success: Counter,
///         latency: Timer,
///     }
/// }
///
/// # fn main() {
/// WEB.success.inc();
/// assert_eq!(calipers::snapshot().counter("/web/success"), Some(1));
/// assert_eq!(calipers::snapshot().counter("/web/errors"), Some(0));
/// # }
/// ```
///
/// The macro declares the struct too (`Web`); its fields are as visible as the static unless they say
/// otherwise, and take the same `#[stat(…)]` options as those of a struct that derives
/// `Instrumented`, apart from a `skip` without an expression.
#[proc_macro]
pub fn collection(input: TokenStream) -> TokenStream {
    expand::collection::expand(input.into()).into()
}

/// Times every call of a function: how long, how it ended, how many are under way.
///
/// A call ends as `ok`, as `err` (the function returned an `Err`), as `panicked`, or, for a future that is
/// dropped before its end, as `cancelled`. An `async fn` is timed from its first poll to its last.
///
/// ```
/// use calipers::prelude::*;
/// use calipers::timed;
///
/// #[timed("/config/parse")]
/// fn parse(input: &str) -> Result<u16, std::num::ParseIntError> {
///     let port = input.trim().parse()?;
///     Ok(port)
/// }
///
/// #[derive(Instrumented)]
/// struct Store {
///     latency: Timer,
/// }
///
/// impl Store {
///     #[timed(self.latency)]
///     async fn fetch(&mut self) -> Option<u8> {
///         None
///     }
/// }
///
/// assert!(parse("80").is_ok() && parse("x").is_err());
/// # drop(async { Store::init("/store").fetch().await });
/// ```
///
/// # Which timer
///
/// | written | the timer |
/// | --- | --- |
/// | `#[timed]` | at `{module}/{fn}`, or `{module}/{type}/{fn}` for a method |
/// | `#[timed("/db/{fn}")]` | at that path; `{fn}`, `{module}` and `{type}` are filled in |
/// | `#[timed(self.latency)]` | the field, or whatever timer the expression gives |
///
/// A timer with a path is visible at zero before the first call, except where the path holds the type of a
/// method: the attribute does not see which `impl` it stands in, so the method takes its type's
/// name when it is first called.
///
/// On a whole `impl`, `#[timed]` times every method (a `const fn` aside), or only those that are marked with
/// a `#[timed]` of their own. There the type is known: a path may hold `{type}`, and every method is visible at
/// zero.
///
/// ```
/// use calipers::timed;
///
/// struct Store;
///
/// #[timed("/db/{type}/{fn}")]
/// impl Store {
///     fn get(&self) {}
///     fn put(&mut self) {}
/// }
/// # let mut store = Store;
/// # store.get();
/// # store.put();
/// ```
///
/// # Options: `#[timed(…)]`
///
/// | option | what it does |
/// | --- | --- |
/// | `err` | counts errors by variant: at the timer's path with `_errors`, or in the family given |
/// | `polls` | times the polls of a future: at the timer's path with `_busy` and `_longest_poll` |
/// | `slow = "2*p99"` | logs calls above a limit: `p99`, `2*p99`, `250ms` |
/// | `crate = "::calipers"` | where `calipers` is, when it is not `::calipers` |
///
/// ## Errors by variant: `err`
///
/// An error's text is different each time, so errors are counted by their variant. The error's type derives
/// [`Variants`](macro@Variants); a function that returns another, or no `Result`, does not compile.
///
/// Written alone, `err` counts in a family beside the timer, whose path it has with `_errors` behind. A field is a timer for each instance,
/// which has no such place; there the family is given as well, as is a family that several functions share. A `&mut self`
/// or `self` method then holds a handle of it during the call, which costs two atomic increments.
///
/// ```
/// use calipers::prelude::*;
/// use calipers::{Variant, Variants};
///
/// #[derive(Variants)]
/// enum DbError {
///     Timeout,
///     NoSuchTable(String),
/// }
///
/// #[timed("/db/query", err)]
/// fn query(table: &str) -> Result<u32, DbError> {
///     Err(DbError::NoSuchTable(table.to_owned()))
/// }
///
/// #[derive(Instrumented)]
/// struct Store {
///     latency: Timer,
///     errors: Family<Variant<DbError>, Counter>,
/// }
///
/// impl Store {
///     #[timed(self.latency, err = self.errors)]
///     fn get(&self) -> Result<u32, DbError> {
///         query("users")
///     }
/// }
///
/// assert!(Store::init("/store").get().is_err());
/// assert_eq!(calipers::snapshot().counter("/db/query_errors/no_such_table"), Some(1));
/// ```
///
/// On a whole `impl` it counts the errors of those methods whose return type is written `Result`, or `…Result`.
///
/// ## Time inside polls: `polls`
///
/// The time of an `async fn` is what its caller waits. With `polls` there are two more timers, for each call one value: at the path with
/// `_busy`, how much of that time it was polled, and with `_longest_poll`, how long its longest poll kept a thread of
/// the executor from everything else. A call that is polled once reads the clock no more often than without.
///
/// ```
/// use calipers::prelude::*;
///
/// #[timed("/mail/send", polls)]
/// async fn send(text: &str) -> usize {
///     std::future::ready(text.len()).await
/// }
/// # let mut context = std::task::Context::from_waker(std::task::Waker::noop());
/// # assert!(std::pin::pin!(send("a")).poll(&mut context).is_ready());
/// # use std::future::Future;
///
/// assert!(calipers::snapshot().timer("/mail/send_longest_poll").is_some());
/// ```
///
/// ## Slow calls: `slow`
///
/// What is above the limit is logged through `log`, with target `calipers::slow`, at most one line in ten seconds, which tells
/// how many calls it stands for. A limit is a duration (`"250ms"`, `"2 s"`), a quantile of the last minute (`"p99"`), or a multiple of
/// one (`"2*p99"`); a quantile counts once a hundred calls ended in that minute. It watches timers with a path; for one in
/// a struct there is `calipers::SlowLog`.
///
/// ```
/// use calipers::timed;
///
/// #[timed("/db/{fn}", slow = "2*p99", crate = "::calipers")]
/// fn load() {}
/// # load();
/// ```
///
/// # What can be timed
///
/// Functions and methods with a body, `async` or not, generic, `unsafe`, returning `Result`, references,
/// `impl Trait` or never; and functions that end in `async { … }` or `Box::pin(async { … })`, whose
/// block is what is timed. A `const fn`, and a function that returns a future made elsewhere, cannot be: the
/// first has no clock, the second is done before any work is.
#[proc_macro_attribute]
pub fn timed(arguments: TokenStream, item: TokenStream) -> TokenStream {
    expand::timed::expand(arguments.into(), item.into()).into()
}

/// Gives each type that implements a trait stats of its own, at a path that holds the type's name.
///
/// The trait says which: methods marked `#[stat]`, that return a reference to one. Their bodies are
/// generated, and default methods use them, through `dyn Trait` too. Each `impl` carries `#[metered]`
/// as well; one that lacks it does not compile. There is no stat for the trait itself.
///
/// ```
/// use calipers::prelude::*;
/// use calipers::{Meter, metered};
///
/// #[metered("my.http.endpoints.{type}")]
/// trait Endpoint {
///     /// Time to answer.
///     #[stat]
///     fn latency(&self) -> &Timer;
///     #[stat(name = "errorRate")]
///     fn error_rate(&self) -> &Meter;
///
///     fn get(&self) {
///         let _timing = self.latency().start();
///         self.get_impl()
///     }
///     fn get_impl(&self);
/// }
///
/// struct Users;
///
/// #[metered]
/// impl Endpoint for Users {
///     fn get_impl(&self) {}
/// }
///
/// Users.get();
/// assert!(calipers::snapshot().timer("/my/http/endpoints/Users/latency").is_some());
/// ```
///
/// Every implementor is visible at zero before its first use. Only a generic one is not: it has a path for each
/// instantiation, from the first use of that. The stats take the options of a field of an instrumented struct,
/// `#[stat(…)]`; they are the fields of a struct that the macro adds, `EndpointStats` here.
///
/// # Limits
///
/// An `impl` finds its trait by name, so no type can implement two metered traits of one name, and a generic
/// trait cannot be metered. The type has to be one of your crate's: `u8` or `Vec<T>` cannot have stats of their own. Two types of one name in different modules share a path; put `{module}`, the
/// module of the trait, or a second part into the path of one of the traits to tell them apart.
///
/// # Options: `#[metered(…)]`
///
/// | option | what it does |
/// | --- | --- |
/// | `crate = "::calipers"` | where `calipers` is, when it is not `::calipers` |
///
/// ```
/// # use calipers::prelude::*;
/// #[metered("jobs/{type}", crate = "::calipers")]
/// trait Job {
///     #[stat(unit = "{run}")]
///     fn runs(&self) -> &Counter;
/// }
///
/// struct Cleanup;
///
/// #[metered(crate = "::calipers")]
/// impl Job for Cleanup {}
/// # Cleanup.runs().inc();
/// # assert_eq!(calipers::snapshot().counter("/jobs/Cleanup/runs"), Some(1));
/// ```
#[proc_macro_attribute]
pub fn metered(arguments: TokenStream, item: TokenStream) -> TokenStream {
    expand::metered::expand(arguments.into(), item.into()).into()
}
