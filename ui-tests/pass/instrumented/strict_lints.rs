//! What is generated is documented and passes the lints that a strict crate denies.
#![deny(missing_docs, unreachable_pub, warnings)]
#![forbid(unsafe_code)]
#![deny(missing_debug_implementations, unused_qualifications, unused_results, single_use_lifetimes)]

mod inner {
    //! Private types in a public struct's parts.
    use calipers::prelude::*;
    use calipers::{States, collection};

    #[derive(Debug, Clone)]
    struct Hidden;

    /// A struct.
    #[derive(Instrumented)]
    pub(crate) struct Handler {
        r#type: Counter,
        #[stat(skip)]
        hidden: Hidden,
    }

    /// States.
    #[derive(Debug, States)]
    pub(crate) enum Phase {
        /// A raw name.
        r#In,
        /// Another.
        Out,
    }

    collection! {
        pub(crate) static WEB: Web = "/web" { errors: Counter }
    }

    pub(crate) fn run() {
        let handler = Handler::init("/handler", HandlerParts { hidden: Hidden });
        handler.r#type.inc();
        let _ = (handler.hidden.clone(), Phase::In, Phase::Out);
        WEB.errors.inc();
        timed_one();
    }

    #[calipers::timed]
    fn timed_one() {}
}

fn main() {
    inner::run();
}
