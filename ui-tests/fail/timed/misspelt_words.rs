#[calipers::timed(pols)]
async fn alone() {}

#[calipers::timed("/a", er)]
fn behind_a_path() -> Result<(), ()> {
    Ok(())
}

#[calipers::timed(slo = "p99")]
fn with_a_value() {}

#[calipers::timed(slow)]
fn without_its_value() {}

#[calipers::timed(polls, self.latency)]
async fn timer_behind_an_option() {}

#[calipers::timed(err, "/b")]
fn path_behind_an_option() -> Result<(), ()> {
    Ok(())
}

struct Store;

#[calipers::timed(errs)]
impl Store {
    fn a(&self) {}
}

fn main() {}
