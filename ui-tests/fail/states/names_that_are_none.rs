#[derive(calipers::States)]
enum Phase {
    #[state(name = "a/b")]
    Idle,
    #[state(name = "")]
    Busy,
    #[state(name = "stopped")]
    Waiting,
    Stopped,
}

fn main() {}
