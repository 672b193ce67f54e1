use calipers::prelude::*;

#[derive(Instrumented)]
enum Handler {
    One,
}

fn main() {}
