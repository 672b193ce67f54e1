#[calipers::timed("/db/{name}")]
fn a() {}

#[calipers::timed("/db/{fn")]
fn b() {}

#[calipers::timed("/db//{fn}")]
fn c() {}

#[calipers::timed("/db/{type}")]
fn d() {}

#[calipers::timed("")]
fn e() {}

fn main() {}
