/// Reads a number.
pub fn parse(input: &str) -> Result<impl Iterator<Item = u8>, ParseError> {
    let running = {
        const CLASS: &::calipers::private::Class = &::calipers::private::Class {
            name: "parse",
            module: ::core::module_path!(),
            file: ::core::file!(),
            line: 0u32,
            label: ::core::option::Option::None,
            collapsed: false,
            stats: &[
                ::calipers::private::StatSpec::new(
                        "parse",
                        ::calipers::Kind::Timer,
                        "Reads a number.",
                        0u32,
                    )
                    .unit("s"),
            ],
        };
        static TIMER: ::calipers::private::FnTimer = ::calipers::private::FnTimer::new(
            CLASS,
            "{module}/parse",
        );
        ::calipers::private::inventory::submit! {
            ::calipers::private::Declared::new(CLASS,
            ::core::option::Option::Some("{module}/parse"), || TIMER.touch())
        }
        TIMER.start()
    };
    let value = ::calipers::private::once(move || -> Result<_, ParseError> {
        let number: u8 = input.parse()?;
        Ok(std::iter::once(number))
    });
    running.finish(::calipers::private::Probe(&value).outcome());
    value
}
