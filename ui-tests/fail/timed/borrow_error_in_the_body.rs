#[calipers::timed]
fn dangling<'a>() -> &'a str {
    let text = String::new();
    &text
}

#[calipers::timed]
fn immutable(text: String) {
    text.push('a');
}

fn main() {}
