use calipers::prelude::*;

#[derive(Instrumented)]
struct Handler;

fn main() {}
