//! From the first derive to `#[metered]`, in nine steps.
//!
//! Each step adds one thing to a program that the others have begun. What an attribute takes besides is in the docs of
//! its macro: [`Instrumented`](macro@crate::Instrumented), [`States`](macro@crate::States),
//! [`Variants`](macro@crate::Variants), [`collection!`](crate::collection), [`timed`](macro@crate::timed),
//! [`metered`](macro@crate::metered).
//!
//! # 1. Stats in a struct
//!
//! The struct that does the work holds what is counted about it. A field's name is the stat's name, its doc comment the
//! help text that a reader shows.
//!
//! ```
//! use calipers::prelude::*;
//!
//! /// Takes orders.
//! #[derive(Instrumented)]
//! struct Orders {
//!     /// Orders taken.
//!     taken: Counter,
//!     /// Time to take one.
//!     latency: Timer,
//! }
//!
//! let orders = Orders::init("/orders");
//! orders.latency.time(|| orders.taken.inc());
//! assert_eq!(calipers::snapshot().counter("/orders/taken"), Some(1));
//! ```
//!
//! The derive gave `Orders` the function `init`. The instance is in the tree while `orders`, or a clone of one of its
//! stats, lives.
//!
//! # 2. Kinds of stats, and what a field can say
//!
//! A [`Counter`](crate::Counter) only goes up, a [`Gauge`](crate::Gauge) is set, a [`Histogram`](crate::Histogram) takes
//! any quantity. A [`Family`](crate::Family) holds one of them for each key, and bounds how many there are.
//! `#[stat(…)]` says what the type does not.
//!
//! ```
//! # use calipers::prelude::*;
//! #[derive(Instrumented)]
//! #[instrumented(rename_all = "camelCase")]
//! struct Orders {
//!     taken: Counter,
//!     waiting: Gauge<u64>,
//!     #[stat(unit = "By")]
//!     body_size: Histogram,
//!     #[stat(label = "country", cap = 250)]
//!     by_country: Family<String, Counter>,
//! }
//!
//! let orders = Orders::init("/orders");
//! orders.waiting.set(3);
//! orders.body_size.record(b"2 spoons".len());
//! orders.by_country.get("NZ").inc();
//! assert_eq!(calipers::snapshot().counter("/orders/byCountry/NZ"), Some(1));
//! ```
//!
//! # 3. Fields that are no stats
//!
//! Your struct has other fields. Those marked `#[stat(skip)]` are handed to `init` by name, in a struct that the derive
//! makes; with an expression nobody hands them over.
//!
//! ```
//! # use calipers::prelude::*;
//! #[derive(Instrumented)]
//! struct Orders {
//!     taken: Counter,
//!     #[stat(skip)]
//!     currency: String,
//!     #[stat(skip = Vec::new())]
//!     open: Vec<u32>,
//! }
//!
//! let orders = Orders::init("/orders", OrdersParts { currency: "NZD".to_owned() });
//! assert_eq!((orders.currency.as_str(), orders.open.len()), ("NZD", 0));
//! # orders.taken.inc();
//! ```
//!
//! # 4. Timing functions
//!
//! `#[timed]` puts the whole of a function into a timer: one of the struct's, or one of its own at a path. An `Err`, a
//! panic and a future that is dropped half-way are told apart from success.
//!
//! ```
//! # use calipers::prelude::*;
//! #[derive(Instrumented)]
//! struct Orders { latency: Timer }
//!
//! impl Orders {
//!     #[timed(self.latency)]
//!     fn take(&self, text: &str) -> Result<u32, std::num::ParseIntError> {
//!         let spoons = count(text)?;
//!         Ok(spoons * 2)
//!     }
//! }
//!
//! #[timed("/orders/parse")]
//! fn count(text: &str) -> Result<u32, std::num::ParseIntError> {
//!     text.trim().parse()
//! }
//!
//! let orders = Orders::init("/orders");
//! assert!(orders.take("2").is_ok() && orders.take("two").is_err());
//! let snapshot = calipers::snapshot();
//! let outcomes = snapshot.timer("/orders/latency").unwrap().outcomes();
//! assert_eq!((outcomes.ok, outcomes.err), (1, 1));
//! assert_eq!(snapshot.timer("/orders/parse").unwrap().lifetime().count(), 2);
//! ```
//!
//! It stands on `async` functions as well, and on a whole `impl`. A timer with a path can log slow calls
//! (`slow = "2*p99"`) and tell what a future costs its executor (`polls`).
//!
//! # 5. Errors by variant
//!
//! That one in a hundred orders fails is half of the news. The other half is how; for that the error derives `Variants`.
//!
//! ```
//! # use calipers::prelude::*;
//! use calipers::Variants;
//!
//! #[derive(Variants)]
//! enum OrderError {
//!     OutOfStock { article: u32 },
//!     CardDeclined(String),
//! }
//!
//! #[timed("/orders/pay", err)]
//! fn pay(card: &str) -> Result<(), OrderError> {
//!     Err(OrderError::CardDeclined(card.to_owned()))
//! }
//!
//! assert!(pay("1234").is_err());
//! assert_eq!(calipers::snapshot().counter("/orders/pay_errors/card_declined"), Some(1));
//! # let _ = OrderError::OutOfStock { article: 1 };
//! ```
//!
//! # 6. Children and totals
//!
//! Several workers are several instances. They are put below a parent, and the parent totals the stats that it has an
//! aggregate of the same name for. With `parent = …` the compiler checks that each total can be made.
//!
//! ```
//! # use calipers::prelude::*;
//! use calipers::{CountBy, StateSet, States, Sum};
//!
//! #[derive(States)]
//! enum Phase { Idle, TakingOrder }
//!
//! #[derive(Instrumented)]
//! struct Desk { taken: Sum<Counter>, phase: CountBy<StateSet<Phase>> }
//!
//! #[derive(Instrumented)]
//! #[instrumented(parent = Desk, label = "clerk")]
//! struct Clerk { taken: Counter, phase: StateSet<Phase> }
//!
//! let desk = Desk::init("/desk");
//! let anna = Clerk::init_child(&desk, "anna");
//! let ben = Clerk::init_child(&desk, "ben");
//! anna.phase.set(Phase::TakingOrder);
//! anna.taken.inc();
//! ben.phase.set(Phase::Idle);
//! ben.taken.add(2);
//!
//! let snapshot = calipers::snapshot();
//! assert_eq!(snapshot.counter("/desk/anna/taken"), Some(1));
//! assert_eq!(snapshot.counter("/desk/taken"), Some(3));
//! assert_eq!(snapshot.counter("/desk/phase/taking_order"), Some(1));
//! ```
//!
//! # 7. Stats without an instance
//!
//! What belongs to no struct of yours stands in a static. It is there at zero before anything uses it.
//!
//! ```
//! use calipers::prelude::*;
//!
//! collection! {
//!     /// What our suppliers answered.
//!     pub static SUPPLIERS: Suppliers = "/suppliers" { refused: Counter, latency: Timer }
//! }
//!
//! # fn main() {
//! assert_eq!(calipers::snapshot().counter("/suppliers/refused"), Some(0));
//! SUPPLIERS.refused.inc();
//! # }
//! ```
//!
//! # 8. Stats for each type that implements a trait
//!
//! A trait can say what all of its implementors have. Each gets stats of its own, at a path that holds its name, and the
//! trait's default methods use them.
//!
//! ```
//! use calipers::prelude::*;
//!
//! #[metered("payments.{type}")]
//! trait Payment {
//!     /// Time to be paid.
//!     #[stat]
//!     fn latency(&self) -> &Timer;
//!
//!     fn pay(&self, cents: u64) -> bool {
//!         self.latency().time(|| self.charge(cents))
//!     }
//!     fn charge(&self, cents: u64) -> bool;
//! }
//!
//! struct Card;
//!
//! #[metered]
//! impl Payment for Card {
//!     fn charge(&self, cents: u64) -> bool { cents < 100_000 }
//! }
//!
//! struct Voucher;
//!
//! #[metered]
//! impl Payment for Voucher {
//!     fn charge(&self, _: u64) -> bool { true }
//! }
//!
//! let accepted: [Box<dyn Payment>; 2] = [Box::new(Card), Box::new(Voucher)];
//! assert!(accepted.iter().all(|payment| payment.pay(250)));
//! let snapshot = calipers::snapshot();
//! assert_eq!(snapshot.timer("/payments/Card/latency").unwrap().lifetime().count(), 1);
//! assert_eq!(snapshot.timer("/payments/Voucher/latency").unwrap().lifetime().count(), 1);
//! ```
//!
//! # 9. What there is, and whether it is right
//!
//! [`catalog`](crate::catalog()) lists everything that the program can emit, for a dashboard's author and for a check in CI. A test
//! sees what it recorded itself, whatever other tests do at the same time:
//!
//! ```
//! use calipers::prelude::*;
//!
//! #[timed("/orders/pack")]
//! fn pack() {}
//!
//! let catalog = calipers::catalog();
//! let pack_timer = catalog.stats().iter().find(|stat| stat.owner == "pack").unwrap();
//! assert_eq!(pack_timer.path.as_deref(), Some("/orders/pack"));
//!
//! let test = calipers::test::isolated();
//! pack();
//! assert_eq!(test.snapshot().timer("/orders/pack").unwrap().lifetime().count(), 1);
//! ```
//!
//! When the compiler names a trait that you have not met, [`bounds`](crate::bounds) says what it wants.
