//! Gauges say how they are merged with those of other processes, in whatever form they come.
use calipers::Merging;
use calipers::prelude::*;

#[derive(Instrumented)]
struct Queue<T: Send + Sync + 'static> {
    #[stat(merge = "sum")]
    depth: Gauge<u64>,
    #[stat(merge = "max", unit = "Cel")]
    hottest: Gauge,
    #[stat(merge = "min", with = || 3_i64)]
    lowest: Gauge<i64>,
    #[stat(merge = "last", label = "path", cap = 10)]
    configured: Family<String, Gauge<bool>>,
    #[stat(merge = "per-source")]
    each: Gauge,
    said: Gauge,
    #[stat(skip)]
    of: T,
}

collection! {
    static QUEUES: Queues = "/queues" {
        #[stat(merge = "sum")]
        open: Gauge<u64>,
    }
}

#[metered("stores.{type}")]
trait Store {
    #[stat(merge = "max")]
    fn latest(&self) -> &Gauge<u64>;
}

struct Disk;

#[metered]
impl Store for Disk {}

fn main() {
    let queue = Queue::init("/queue", QueueParts { of: () });
    let () = queue.of;
    queue.depth.set(1);
    queue.configured.get("a").set(true);
    queue.each.set(1.0);
    (queue.hottest.set(1.0), queue.lowest.set(1), queue.said.set(1.0));
    QUEUES.open.set(1);
    Disk.latest().set(1);
    let snapshot = calipers::snapshot();
    for (path, merging) in [
        ("/queue/depth", Some(Merging::Sum)),
        ("/queue/hottest", Some(Merging::Max)),
        ("/queue/lowest", Some(Merging::Min)),
        ("/queue/configured", Some(Merging::Last)),
        ("/queue/each", Some(Merging::PerSource)),
        ("/queue/said", None),
        ("/queues/open", Some(Merging::Sum)),
        ("/stores/Disk/latest", Some(Merging::Max)),
    ] {
        assert_eq!(snapshot.entry(path).unwrap().merging(), merging, "{path}");
    }
}
