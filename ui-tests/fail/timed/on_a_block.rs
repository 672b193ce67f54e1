fn run() {
    #[calipers::timed]
    {
        let _ = 1;
    }
}

fn main() {}
