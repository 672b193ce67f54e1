#[calipers::timed]
fn number() -> u8 {
    "text"
}

#[calipers::timed]
async fn later() -> u8 {
    "text"
}

#[calipers::timed]
fn early(text: &str) -> Result<u8, std::num::ParseIntError> {
    if text.is_empty() {
        return 1;
    }
    text.parse()
}

#[calipers::timed]
fn nothing() {
    1
}

fn main() {}
