#[calipers::timed("/a", err)]
fn nothing() {}

#[calipers::timed("/b", err)]
fn never() -> ! {
    loop {}
}

struct Store {
    latency: calipers::Timer,
    errors: calipers::Counter,
}

impl Store {
    #[calipers::timed(self.latency, err)]
    fn one_of_many_timers(&self) -> Result<(), ()> {
        Ok(())
    }

    #[calipers::timed("/c", err = self.errors)]
    fn no_receiver() -> Result<(), ()> {
        Ok(())
    }
}

#[calipers::timed("/d", err, err)]
fn twice() -> Result<(), ()> {
    Ok(())
}

#[calipers::timed("/e", err = )]
fn half_typed() -> Result<(), ()> {
    Ok(())
}

#[calipers::timed("/f", err("by variant"))]
fn in_parentheses() -> Result<(), ()> {
    Ok(())
}

#[calipers::timed("/g/{fn}", err)]
impl Store {
    fn a(&self) {}
    fn b(&self) -> usize {
        0
    }
}

fn main() {}
