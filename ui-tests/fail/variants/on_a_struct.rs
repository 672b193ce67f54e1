#[derive(calipers::Variants)]
struct ParseError {
    line: u32,
}

#[derive(calipers::Variants)]
union Other {
    a: u8,
}

fn main() {}
