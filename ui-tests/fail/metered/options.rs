#[allow(unused_imports)]
use calipers::prelude::*;
use calipers::metered;

#[metered("a.{type}", crate = "calipers", crate = "calipers")]
trait A {
    #[stat]
    fn a(&self) -> &Counter;
}

#[metered("a.{type}", label = "x")]
trait B {
    #[stat(unti = "s")]
    fn a(&self) -> &Counter;
}

#[metered("a.{type}" "b")]
trait C {
    #[stat]
    fn a(&self) -> &Counter;
}

#[metered(path)]
trait D {
    #[stat]
    fn a(&self) -> &Counter;
}

fn main() {}
