use calipers::prelude::*;

struct One {
    latency: Timer,
}

#[calipers::timed("/one")]
impl One {
    fn a(&self) {}

    fn b(&self) {}
}

struct Two {
    latency: Timer,
}

#[calipers::timed(self.latency)]
impl Two {
    fn a(&self) {}
}

struct Three;

#[calipers::timed]
impl Three {
    const A: u8 = 1;
}

struct Four;

#[calipers::timed]
impl Four {
    #[calipers::timed]
    const fn a() {}

    #[calipers::timed("/four//a")]
    fn b() {}
}

fn main() {
    Four::b();
}
