#[derive(calipers::States)]
enum Phase<T> {
    Idle,
    Busy(T),
}

fn main() {}
