//! A field that is configured away leaves the others where they belong.
use calipers::prelude::*;

#[derive(Instrumented)]
struct Handler {
    #[cfg(any())]
    never: Missing,
    #[cfg_attr(all(), stat(name = "renamed"))]
    first: Counter,
    #[cfg(any())]
    #[stat(skip)]
    gone: Missing,
    second: Counter,
    #[cfg(all())]
    #[stat(skip)]
    kept: u8,
}

calipers::collection! {
    pub static WEB: Web = "/web" {
        #[cfg(any())]
        never: Missing,
        errors: Counter,
    }
}

fn main() {
    let handler = Handler::init("/handler", HandlerParts { kept: 1 });
    handler.first.inc();
    handler.second.inc();
    assert_eq!(handler.kept, 1);
    use calipers::Instrumented as _;
    let names: Vec<_> = Handler::CLASS.stats.iter().map(|stat| stat.name).collect();
    assert_eq!(names, ["renamed", "second"]);
    WEB.errors.inc();
}
