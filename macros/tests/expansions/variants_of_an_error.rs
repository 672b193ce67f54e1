const _: () = {
    #[automatically_derived]
    impl<E: Error> ::calipers::Variants for DbError<E>
    where
        E: Send,
    {
        const NAMES: &'static [&'static str] = &["timed-out", "io", "other"];
        fn index(&self) -> usize {
            match self {
                Self::TimedOut { .. } => 0usize,
                Self::Io { .. } => 1usize,
                Self::Else { .. } => 2usize,
            }
        }
    }
};
