#[derive(calipers::Variants)]
#[variants(rename_all = "Kebab", rename_all = "lowercase", crate = 1, name = "x", renameall = "a")]
#[variant(name = "error")]
enum DbError {
    #[variant(nam = "a")]
    A(u8),
    #[variant(name = 1)]
    B,
    #[variant(name = "c", name = "d")]
    C,
    #[variant(rename_all = "lowercase", crate = "x")]
    D,
    #[variants(rename_all = "lowercase")]
    E,
    #[variant]
    F,
}

fn main() {}
