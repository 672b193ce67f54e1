#[calipers::timed(crate = "calipers", crate = "calipers")]
fn a() {}

#[calipers::timed(carte = "calipers")]
fn b() {}

#[calipers::timed(crate = 1)]
fn c() {}

#[calipers::timed("/d", "/e")]
fn d() {}

#[calipers::timed("/d" "/e")]
fn e() {}

#[calipers::timed(let)]
fn f() {}

#[calipers::timed("/g", name = "x")]
fn g() {}

fn calls() {
    (a(), b(), c(), d(), e(), f(), g());
}

fn main() {}
