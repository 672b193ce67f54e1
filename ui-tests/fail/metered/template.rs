#[allow(unused_imports)]
use calipers::prelude::*;
use calipers::metered;

#[metered("http//{type}")]
trait A {
    #[stat]
    fn latency(&self) -> &Timer;
}

#[metered("http.{type}.{fn}")]
trait B {
    #[stat]
    fn latency(&self) -> &Timer;
}

#[metered("http.{kind}")]
trait C {
    #[stat]
    fn latency(&self) -> &Timer;
}

#[metered]
trait D {
    #[stat]
    fn latency(&self) -> &Timer;
}

fn main() {}
