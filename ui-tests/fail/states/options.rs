#[derive(calipers::States)]
#[states(rename_all = "Kebab", rename_all = "lowercase", crate = 1, crate = "calipers", name = "x", renameall = "a")]
#[state(name = "phase")]
enum Phase {
    #[state(nam = "idle")]
    Idle,
    #[state(name = 1)]
    Busy,
    #[state(name = "a", name = "b")]
    Waiting,
    #[state(rename_all = "lowercase", crate = "x")]
    Stopped,
}

fn main() {}
