#[calipers::timed]
fn fetch() -> impl Future<Output = u8> {
    other()
}

async fn other() -> u8 {
    1
}

fn main() {}
