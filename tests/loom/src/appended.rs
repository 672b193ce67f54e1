//! Append-only lists: the stats of a node, the slabs of the process.
//!
//! Race: several threads put something in front of a list while the collector goes through it.
//!
//! Cure: nothing is ever taken out; the link and the contents are written first, and the head is exchanged with `Release`. A reader
//! loads the head with `Acquire` and follows plain links: each push is a read-modify-write and so goes on with the release
//! sequence of the ones before it, which is why one `Acquire` at the head is enough for all that follows.
//!
//! Shown: whatever is reached is whole, and what one walk has found is the end of what every later walk finds. Both orderings
//! are needed.

use loom::sync::Arc;
use loom::thread;

use crate::parts::*;

const KIND: u64 = 7;

fn model(push: Ordering, walk: Ordering) -> impl Fn() + Send + Sync + 'static {
    move || {
        let list = Arc::new(Stack::new(2));
        let contents = Arc::new([0, 1, 2].map(|_| Plain::new(0)));
        let threads = [1, 2].map(|stat| {
            let (list, contents) = (list.clone(), contents.clone());
            thread::spawn(move || {
                contents[stat].set(KIND);
                list.push(stat, push);
            })
        });
        let look = || {
            let found = list.walk(walk);
            assert!(
                found.iter().all(|&stat| contents[stat].get() == KIND),
                "a stat without its contents"
            );
            found
        };
        let first = look();
        assert!(look().ends_with(&first), "a stat was lost");
        for thread in threads {
            thread.join().unwrap();
        }
        assert_eq!(look().len(), 2, "a push was lost");
    }
}

#[test]
fn what_is_in_the_list_is_whole_and_stays() {
    holds(model(Release, Acquire));
}

#[test]
fn a_push_relaxed_is_caught() {
    caught(RACE, model(Relaxed, Acquire));
}

#[test]
fn a_walk_relaxed_is_caught() {
    caught(RACE, model(Release, Relaxed));
}
