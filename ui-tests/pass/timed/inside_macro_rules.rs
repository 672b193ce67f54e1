//! `#[timed]` below a `macro_rules!`: names, types, bodies, paths and timers through its variables.
use calipers::prelude::*;

macro_rules! functions {
    ($($path:literal $name:ident($argument:ident: $ty:ty) -> $output:ty $body:block)*) => {$(
        #[timed($path)]
        fn $name($argument: $ty) -> $output $body
    )*};
}

functions! {
    "/macros/double" double(n: u32) -> u32 { n * 2 }
    "/macros/parse" parse(text: &str) -> Result<u32, std::num::ParseIntError> {
        let n = text.parse()?;
        Ok(n)
    }
}

macro_rules! methods {
    ($class:ident, $timer:expr, |$this:ident| $body:expr) => {
        impl $class {
            #[timed($timer)]
            fn run($this: &Self) -> u8 {
                $body
            }
        }
    };
}

#[derive(Instrumented)]
struct Handler {
    latency: Timer,
}

static TIMER: std::sync::LazyLock<Timer> = std::sync::LazyLock::new(Timer::detached);

methods!(Handler, TIMER, |this| u8::from(this.latency.start().elapsed().is_zero()) & 0);

macro_rules! whole {
    ($($method:ident)*) => {
        #[timed("/macros/{type}/{fn}")]
        impl Handler {
            $(fn $method(&self) {})*
        }
    };
}

whole!(first second);

fn main() {
    assert_eq!((double(2), parse("3")), (4, Ok(3)));
    let handler = Handler::init("/handler");
    assert_eq!(Handler::run(&handler), 0);
    handler.first();
    handler.second();
    let snapshot = calipers::snapshot();
    for path in ["double", "parse", "Handler/first", "Handler/second"] {
        let timer = snapshot.timer(&format!("/macros/{path}"));
        assert_eq!(timer.map(|timer| timer.lifetime().count()), Some(1), "{path}");
    }
}
