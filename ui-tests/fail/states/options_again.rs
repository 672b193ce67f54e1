#[derive(calipers::States)]
#[states(crate = "calipers", crate = "calipers", rename_all)]
enum Twice {
    A,
}

#[derive(calipers::States)]
#[states(crat = "calipers")]
enum Misspelt {
    A,
}

fn main() {}
