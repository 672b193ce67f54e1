//! Bounds are added where a stat needs them, and the parts take only the parameters they use.
use calipers::prelude::*;
use calipers::{Key, StateSet, States};

#[derive(Instrumented)]
pub struct Cache<'a, K: Key + Ord + Send + Sync + 'static, V: Clone = u8, const N: usize = 2>
where
    V: Send,
{
    hits: Family<K, Counter>,
    misses: Counter,
    #[stat(skip)]
    source: &'a [V; N],
    #[stat(skip = None)]
    last: Option<K>,
}

#[derive(Instrumented)]
struct Machine<S: States> {
    state: StateSet<S>,
    moves: Counter,
}

#[derive(Instrumented)]
struct Named<'a> {
    uses: Counter,
    #[stat(skip)]
    name: &'a str,
}

#[derive(States)]
enum Light {
    Green,
    Red,
}

fn main() {
    let source = [1_u8, 2];
    let cache: Cache<'_, String> = Cache::init("/cache", CacheParts { source: &source });
    cache.misses.inc();
    assert!(cache.source.len() == 2 && cache.last.is_none());
    let _ = &cache.hits;
    let machine = Machine::<Light>::init("/machine");
    machine.moves.inc();
    let _ = (&machine.state, Light::Green, Light::Red);
    let name = String::from("x");
    let named = Named::init("/named", NamedParts { name: &name });
    named.uses.inc();
    assert_eq!(named.name, "x");
}
