const _: () = {
    #[automatically_derived]
    impl ::calipers::States for Phase {
        const NAMES: &'static [&'static str] = &["waiting_for_task", "busy"];
        fn index(&self) -> usize {
            match self {
                Self::WaitingForTask => 0usize,
                Self::PerformingTask => 1usize,
            }
        }
        fn from_index(index: usize) -> ::core::option::Option<Self> {
            match index {
                0usize => ::core::option::Option::Some(Self::WaitingForTask),
                1usize => ::core::option::Option::Some(Self::PerformingTask),
                _ => ::core::option::Option::None,
            }
        }
    }
    #[automatically_derived]
    impl ::calipers::Key for Phase {
        const VARIANTS: &'static [&'static str] = <Self as ::calipers::States>::NAMES;
        fn variant(&self) -> usize {
            ::calipers::States::index(self)
        }
        fn text(&self) -> ::calipers::private::Cow<'_, str> {
            ::calipers::private::state_text(self)
        }
    }
};
