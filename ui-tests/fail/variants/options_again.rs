#[derive(calipers::Variants)]
#[variants(crate = "calipers", crate = "calipers", rename_all)]
enum Twice {
    A,
}

#[derive(calipers::Variants)]
#[variants(crat = "calipers")]
enum Misspelt {
    A,
}

fn main() {}
