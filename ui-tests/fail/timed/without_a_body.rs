trait Fetch {
    #[calipers::timed]
    fn fetch(&self) -> u8;
}

fn main() {}
