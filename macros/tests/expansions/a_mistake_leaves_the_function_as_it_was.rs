::core::compile_error! {
    "`#[timed]` cannot wrap a `const fn`\nhelp: time the caller"
}
::core::compile_error! {
    "`self.load` needs a receiver, but `fetch` has none\nhelp: add `&self`, or give a path: `#[timed(\"fetch\")]`"
}
const fn fetch() -> u8 {
    1
}
