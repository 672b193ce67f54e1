use calipers::Timer;

#[calipers::timed("/a", slow = "fast")]
fn a() {}

#[calipers::timed("/b", slow = "2*p100")]
fn b() {}

#[calipers::timed(slow = 250)]
fn c() {}

#[calipers::timed(slow = "p99", slow = "1s")]
fn d() {}

struct Store {
    latency: Timer,
}

impl Store {
    #[calipers::timed(self.latency, slow = "p99")]
    fn e(&self) {}
}

fn main() {}
