use calipers::prelude::*;
use calipers::{Variant, Variants};

enum NotDerived {
    _A,
}

#[derive(Variants)]
enum DbError {
    _A,
}

#[calipers::timed("/a", err)]
fn not_derived() -> Result<u8, NotDerived> {
    Ok(1)
}

#[calipers::timed("/b", err)]
async fn no_result() -> u8 {
    1
}

#[derive(Instrumented)]
struct Store {
    count: Counter,
    errors: Family<Variant<DbError>, Counter>,
}

impl Store {
    #[calipers::timed("/c", err = self.count)]
    fn not_a_family(&self) -> Result<(), DbError> {
        Ok(())
    }

    #[calipers::timed("/d", err = self.errors)]
    fn of_another_error(&self) -> Result<(), std::convert::Infallible> {
        Ok(())
    }

    #[calipers::timed("/e", err = self.missing)]
    fn missing(&self) -> Result<(), DbError> {
        Ok(())
    }
}

fn main() {}
