//! Expansions as readable Rust, in `macros/tests/expansions`: what changes there is what users compile.
//!
//! `UPDATE_EXPANSIONS=1 cargo test -p calipers-macros` writes them anew.

use std::path::PathBuf;

use proc_macro2::TokenStream;
use quote::quote;

use super::{collection, derive_instrumented, derive_states, derive_variants, metered, timed};
use crate::model::handler::Flavour;

#[track_caller]
fn holds(name: &str, expansion: TokenStream) {
    let file =
        syn::parse2(expansion.clone()).unwrap_or_else(|error| panic!("{error} in {expansion}"));
    let now = prettyplease::unparse(&file);
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR"))
        .join("tests/expansions")
        .join(name)
        .with_extension("rs");
    if std::env::var_os("UPDATE_EXPANSIONS").is_some() {
        std::fs::write(&path, &now).expect("the expansions' folder is writable");
    }
    let kept = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(
        kept == now,
        "the expansion of `{name}` changed; UPDATE_EXPANSIONS=1 accepts it:\n{now}"
    );
}

fn instrumented(input: TokenStream) -> TokenStream {
    derive_instrumented(input, Flavour::Derived)
}

#[test]
fn stats_alone() {
    holds(
        "stats_alone",
        instrumented(quote! {
            pub struct Handler {
                /// Requests served.
                requests: Counter,
                #[stat(name = "byPath", label = "path", cap = 100, hide_zero)]
                by_path: Family<String, Counter>,
                #[stat(unit = "By")]
                r#type: Histogram,
                #[stat(merge = "per-source")]
                age: Gauge,
            }
        }),
    );
}

#[test]
fn parts_and_expressions() {
    holds(
        "parts_and_expressions",
        instrumented(quote! {
            pub(crate) struct Handler<'a, K: Key + Into<T>, T = u8> where T: Send {
                by_key: Family<K, Counter>,
                /// Where answers come from.
                #[stat(skip)]
                pool: &'a Pool<T>,
                #[stat(skip = Vec::new())]
                scratch: Vec<u8>,
                #[stat(with = { let pool = pool.clone(); move || pool.len() })]
                size: Gauge<u64>,
                #[stat(child, name = "cache/l1")]
                cache: Cache,
                #[stat(child = CacheParts { pool: pool.clone() })]
                other: Cache2,
            }
        }),
    );
}

#[test]
fn a_child_of_a_known_parent() {
    holds(
        "a_child_of_a_known_parent",
        instrumented(quote! {
            #[instrumented(parent = Processor, label = "thread", init = at, collapsed)]
            struct Worker<S: States> {
                finished: Counter,
                state: StateSet<S>,
            }
        }),
    );
}

#[test]
fn a_place_alone_in_a_renamed_crate() {
    holds(
        "a_place_alone_in_a_renamed_crate",
        instrumented(quote! {
            #[instrumented(crate = "crate::stats", rename_all = "kebab-case", prefix = "a/b")]
            struct Holder { node: crate::stats::Node, #[stat(child)] some_child: Child }
        }),
    );
}

#[test]
fn a_faulty_struct() {
    holds(
        "a_faulty_struct",
        instrumented(quote! {
            struct Handler {
                #[stat(unti = "s", name = "a", name = "b")]
                requests: Counter,
                #[stat(skpi)]
                pool: Pool,
                #[stat(name = "a//b")]
                a: Counter,
            }
        }),
    );
}

#[test]
fn a_closed_set_of_states() {
    holds(
        "a_closed_set_of_states",
        derive_states(quote! {
            enum Phase { WaitingForTask, #[state(name = "busy")] PerformingTask }
        }),
    );
}

#[test]
fn a_collection_of_stats() {
    holds(
        "a_collection_of_stats",
        collection::expand(quote! {
            /// The front end.
            #[cfg(feature = "web")]
            pub static WEB: Web = "/web" {
                /// Answers that failed.
                errors: Counter,
                #[cfg(unix)]
                success: Counter,
            }
        }),
    );
}

#[test]
fn a_timed_function() {
    holds(
        "a_timed_function",
        timed::expand(
            quote!(),
            quote! {
                /// Reads a number.
                pub fn parse(input: &str) -> Result<impl Iterator<Item = u8>, ParseError> {
                    let number: u8 = input.parse()?;
                    Ok(std::iter::once(number))
                }
            },
        ),
    );
}

#[test]
fn a_timed_method_into_a_field() {
    holds(
        "a_timed_method_into_a_field",
        timed::expand(
            quote!(self.latency),
            quote! {
                async fn fetch(&mut self) -> Result<&mut Row, Error> {
                    self.rows.next().await
                }
            },
        ),
    );
}

#[test]
fn a_timed_method_of_some_type() {
    holds(
        "a_timed_method_of_some_type",
        timed::expand(
            quote!("/stores/{type}/{fn}", slow = "2*p99"),
            quote!(
                fn len(&self) -> usize {
                    self.rows.len()
                }
            ),
        ),
    );
}

#[test]
fn a_timed_boxed_future() {
    holds(
        "a_timed_boxed_future",
        timed::expand(
            quote!(self.latency),
            quote! {
                fn fetch<'a>(&'a self) -> Pin<Box<dyn Future<Output = u8> + Send + 'a>> {
                    let row = self.row();
                    Box::pin(async move { row.read().await })
                }
            },
        ),
    );
}

#[test]
fn a_mistake_leaves_the_function_as_it_was() {
    holds(
        "a_mistake_leaves_the_function_as_it_was",
        timed::expand(
            quote!(self.load),
            quote!(
                const fn fetch() -> u8 {
                    1
                }
            ),
        ),
    );
}

#[test]
fn a_timed_impl() {
    holds(
        "a_timed_impl",
        timed::expand(
            quote!("/db/{type}/{fn}"),
            quote! {
                impl<T: Clone> Store<T> {
                    pub const fn new() -> Self { Store }
                    fn get(&self) -> T { self.0.clone() }
                }
            },
        ),
    );
}

#[test]
fn a_metered_trait() {
    holds(
        "a_metered_trait",
        metered::expand(
            quote!("my.http.endpoints.{type}"),
            quote! {
                /// An endpoint.
                pub trait Endpoint: Send {
                    /// Time to answer.
                    #[stat]
                    fn latency(&self) -> &Timer;
                    #[stat(name = "errorRate")]
                    fn error_rate(&self) -> &Meter;
                    fn get(&self) { let _timing = self.latency().start(); }
                }
            },
        ),
    );
}

#[test]
fn metered_implementors() {
    let plain = metered::expand(
        quote!(),
        quote!(impl http::Endpoint for Users<'_> { fn get(&self) {} }),
    );
    let generic = metered::expand(
        quote!(),
        quote!(
            impl<T: Send> Endpoint for Cached<T> where T: Clone {}
        ),
    );
    holds("metered_implementors", quote!(#plain #generic));
}

#[test]
fn timed_errors_and_polls() {
    let beside = timed::expand(
        quote!("/db/query", err, polls),
        quote!(
            async fn query(&mut self) -> Result<impl Iterator<Item = Row>, DbError> {
                self.rows().await
            }
        ),
    );
    let given = timed::expand(
        quote!(self.latency, err = self.errors),
        quote!(
            fn get(&self, key: &str) -> Result<Row, DbError> {
                self.row(key)
            }
        ),
    );
    let taken = timed::expand(
        quote!(self.latency, err = self.errors),
        quote!(
            fn close(self) -> Result<(), DbError> {
                drop(self.file)
            }
        ),
    );
    let many = timed::expand(
        quote!("/db/{fn}", err, polls),
        quote!(
            impl Store {
                fn len(&self) -> usize { 0 }
                async fn put(&self) -> io::Result<()> { Ok(()) }
                fn clear(&self) {}
            }
        ),
    );
    holds(
        "timed_errors_and_polls",
        quote!(#beside #given #taken #many),
    );
}

#[test]
fn variants_of_an_error() {
    holds(
        "variants_of_an_error",
        derive_variants(quote! {
            #[variants(rename_all = "kebab-case")]
            enum DbError<E: Error> where E: Send {
                TimedOut,
                Io(E),
                #[variant(name = "other")]
                Else { code: u8 },
            }
        }),
    );
}
