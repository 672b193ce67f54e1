//! What is done with the values that a rule leads to.

/// One way to combine the values of many servers, with what of each value it takes and what it is called in the result.
#[derive(Clone, Debug, PartialEq)]
pub struct Leaf {
    pub(super) how: How,
    /// The part of the value that is taken, a path; the whole when there is none.
    pub(super) of: Option<String>,
    pub(super) weight: Option<String>,
    pub(super) name: String,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum How {
    Average,
    Sum,
    InverseMap,
    Sorted { descending: bool },
    Highlight { largest: bool },
    Merge,
}

impl Leaf {
    fn new(how: How, name: &str) -> Leaf {
        Leaf {
            how,
            of: None,
            weight: None,
            name: name.to_owned(),
        }
    }

    /// The average of numbers, with their `total` and `count`.
    ///
    /// A distribution is taken by its `mean`, and counts as often as its `count` says, unless [`of`](Self::of) and
    /// [`weighted_by`](Self::weighted_by) say otherwise; the average is then that of all values.
    pub fn average() -> Leaf {
        Leaf::new(How::Average, "average")
    }

    /// The sum of numbers; whole numbers are added without rounding, as long as the sum is below 2^64.
    pub fn sum() -> Leaf {
        Leaf::new(How::Sum, "sum")
    }

    /// Which servers have which value: `{"1.2": ["web5", "web20"]}`.
    pub fn inverse_map() -> Leaf {
        Leaf::new(How::InverseMap, "inverseMap")
    }

    /// All servers with their numbers, the smallest first.
    pub fn sorted() -> Leaf {
        Leaf::new(How::Sorted { descending: false }, "sorted")
    }

    /// The server with the largest number, a highlight.
    pub fn largest() -> Leaf {
        Leaf::new(How::Highlight { largest: true }, "largest")
    }

    /// The server with the smallest number, a highlight.
    pub fn smallest() -> Leaf {
        Leaf::new(How::Highlight { largest: false }, "smallest")
    }

    /// Distributions as one, and whole families of them: counts, sums and rates add up, `min`, `max`, `mean` and `stddev` are
    /// those of all values together. A percentile of all values lies between the lowest and the highest of the
    /// servers', and that is what is told of it, `[0.2, 0.9]`: there is no more in a page's JSON, and an average of
    /// percentiles would be none.
    pub fn merge() -> Leaf {
        Leaf::new(How::Merge, "merge")
    }

    /// What of a value is taken: `p99`, `recent/p99`.
    #[must_use]
    pub fn of(mut self, part: impl Into<String>) -> Leaf {
        self.of = Some(part.into());
        self
    }

    /// The part of a value that says how often it counts in an average: `count`.
    #[must_use]
    pub fn weighted_by(mut self, part: impl Into<String>) -> Leaf {
        self.weight = Some(part.into());
        self
    }

    /// The largest first, where servers are [sorted](Self::sorted).
    #[must_use]
    pub fn descending(mut self) -> Leaf {
        if let How::Sorted { descending } = &mut self.how {
            *descending = true;
        }
        self
    }

    /// What it is called in the result: two of one kind at one place need names.
    #[must_use]
    pub fn named(mut self, name: impl Into<String>) -> Leaf {
        self.name = name.into();
        self
    }
}
