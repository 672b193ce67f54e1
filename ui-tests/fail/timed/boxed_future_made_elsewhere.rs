use std::pin::Pin;

#[calipers::timed]
fn fetch() -> Pin<Box<dyn Future<Output = u8>>> {
    let future = Box::pin(async { 1 });
    future
}

fn main() {}
