#[derive(calipers::States)]
enum Phase {
    Idle,
    Busy(u8),
    Waiting { since: u64 },
}

fn main() {}
