#[derive(calipers::Variants)]
enum DbError {
    #[variant(name = "a/b")]
    A,
    #[variant(name = "")]
    B,
    #[variant(name = "d")]
    C,
    D { code: u8 },
}

fn main() {}
