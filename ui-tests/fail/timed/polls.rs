#[calipers::timed("/a", polls)]
fn not_async() {}

#[calipers::timed("/b", polls)]
async fn endless() -> ! {
    std::future::pending().await
}

#[calipers::timed("/c", polls, polls)]
async fn twice() {}

#[calipers::timed("/d", polls = true)]
async fn with_a_value() {}

struct Store {
    latency: calipers::Timer,
}

impl Store {
    #[calipers::timed(self.latency, polls)]
    async fn one_of_many_timers(&self) {}
}

#[calipers::timed("/e/{fn}", polls)]
impl Store {
    fn a(&self) {}
}

fn main() {}
