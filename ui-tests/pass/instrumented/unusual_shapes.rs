//! Local types, raw names, restricted visibility, generic children, skipped fields of every kind.
use std::collections::HashMap;
use std::fmt::Debug;
use std::sync::Arc;

use calipers::prelude::*;
use calipers::{Instrumented, Node, Sum};

mod outer {
    pub mod inner {
        use calipers::prelude::*;

        /// Visible in `outer` only.
        #[derive(Instrumented)]
        pub(in crate::outer) struct Restricted {
            pub(super) seen: Counter,
            #[stat(skip)]
            pub(super) size: usize,
        }
    }

    pub fn run() -> usize {
        let restricted = inner::Restricted::init("/restricted", inner::RestrictedParts { size: 3 });
        restricted.seen.inc();
        restricted.size
    }
}

#[derive(Instrumented)]
struct r#Struct {
    r#fn: Counter,
    #[stat(skip)]
    r#type: u8,
}

#[derive(Instrumented)]
struct Inner<T: Send + Sync + 'static> {
    seen: Counter,
    #[stat(skip = std::marker::PhantomData)]
    of: std::marker::PhantomData<T>,
}

#[derive(Instrumented)]
struct Outer<T>
where
    T: Send + Sync + Debug + 'static,
{
    total: Sum<Counter>,
    node: Node,
    #[stat(child)]
    inner: Inner<T>,
    #[stat(child = GivenParts { value: value.clone() })]
    given: Given<T>,
    #[stat(skip)]
    value: Arc<T>,
}

#[derive(Instrumented)]
struct Given<T: 'static> {
    used: Counter,
    #[stat(skip)]
    value: Arc<T>,
}

#[derive(Instrumented)]
struct Skipped<'a, F, const N: usize>
where
    F: Fn(&str) -> usize + 'a,
{
    calls: Counter,
    #[stat(skip)]
    function: F,
    #[stat(skip)]
    dynamic: Box<dyn Fn(u8) -> u8 + Send + 'a>,
    #[stat(skip)]
    pointer: for<'b> fn(&'b str) -> &'b str,
    #[stat(skip)]
    array: [&'a str; N],
    #[stat(skip = (0, HashMap::from([(1, "a"), (2, "b")])))]
    tuple: (u8, HashMap<u8, &'static str>),
}

fn main() {
    assert_eq!(outer::run(), 3);

    let raw = Struct::init("/raw", StructParts { r#type: 1 });
    raw.r#fn.inc();
    assert_eq!((Struct::CLASS.name, Struct::CLASS.stats[0].name, raw.r#type), ("Struct", "fn", 1));

    let outer = Outer::<u8>::init("/outer", OuterParts { value: Arc::new(7) });
    outer.inner.seen.inc();
    outer.given.used.inc();
    assert_eq!((*outer.value, *outer.given.value), (7, 7));
    let _ = (&outer.total, &outer.node, &outer.inner.of);

    let name = String::from("name");
    let skipped = Skipped::init(
        "/skipped",
        SkippedParts {
            function: |text: &str| text.len() + name.len(),
            dynamic: Box::new(|byte| byte + 1),
            pointer: |text| text,
            array: [name.as_str(), "other"],
        },
    );
    skipped.calls.inc();
    assert_eq!((skipped.function)("a") + usize::from((skipped.dynamic)(1)), 7);
    assert_eq!(((skipped.pointer)("x"), skipped.array[0], skipped.tuple.1.len()), ("x", "name", 2));

    #[derive(Instrumented)]
    struct Local {
        seen: Counter,
    }
    Local::init_child(&outer, "local").seen.inc();
    assert_eq!(calipers::snapshot().counter("/outer/inner/seen"), Some(1));
    assert_eq!(calipers::snapshot().counter("/outer/given/used"), Some(1));
}
