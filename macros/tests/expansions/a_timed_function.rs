/// Reads a number.
pub fn parse(input: &str) -> Result<impl Iterator<Item = u8>, ParseError> {
    let running = {
        static TIMER: ::calipers::private::FnTimer = ::calipers::private::FnTimer::new(
            "{module}/parse",
            "parse",
            "Reads a number.",
            ::core::module_path!(),
            ::core::file!(),
            0u32,
        );
        ::calipers::private::inventory::submit!(::calipers::private::Declared(& TIMER));
        TIMER.start("")
    };
    let value = ::calipers::private::once(move || -> Result<_, ParseError> {
        let number: u8 = input.parse()?;
        Ok(std::iter::once(number))
    });
    running.finish(::calipers::private::Probe(&value).outcome());
    value
}
