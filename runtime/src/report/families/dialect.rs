//! What differs from one protocol to another: how names are spelt, what a unit is called, and what may clash.
//!
//! Asked once a slot or a family, never once a series.

use std::borrow::Cow;
use std::fmt::Debug;

use super::factor::Factor;
use super::family::Type;

/// The spelling of a protocol.
pub(in crate::report) trait Dialect: Debug + Sync {
    /// Appends a segment of a path to a name.
    fn push_segment(&self, name: &mut String, segment: &str);

    /// Mends what a name may not begin with.
    fn begin(&self, name: &mut String);

    /// Ends a name as its type and its unit want it.
    fn finish(&self, name: &mut String, of: Type, unit: &str);

    /// What the names of a family's samples end in; the bare name is every family's own.
    fn suffixes(&self, of: Type) -> &'static [&'static str];

    /// A label's name.
    fn label<'t>(&self, text: &'t str) -> Cow<'t, str>;

    /// What a state set calls the label that tells its states apart.
    fn state_label<'n>(&self, family: &'n str) -> &'n str;

    /// What a unit in UCUM is called, and what numbers in it are to be multiplied with.
    fn unit(&self, ucum: &'static str) -> Unit;

    /// What durations are shown in, which are kept in nanoseconds.
    fn durations(&self) -> Unit;

    /// What a level is that adds up over instances, as the value of an up-down counter does and a temperature does not.
    fn level(&self) -> Type;
}

/// What a stat's unit is called, and what its numbers are to be multiplied with.
#[derive(Clone, Debug, PartialEq)]
pub(in crate::report) struct Unit {
    /// Empty for what has no unit.
    pub(in crate::report) name: Cow<'static, str>,
    pub(in crate::report) factor: Factor,
}

impl Unit {
    /// What is counted has none.
    pub(super) const NONE: Unit = Unit {
        name: Cow::Borrowed(""),
        factor: Factor::ONE,
    };
}

/// A label's name that none of `taken` is: `thread`, else `thread_2`, and so on.
pub(super) fn unique_label(
    dialect: &dyn Dialect,
    text: &str,
    taken: impl Fn(&str) -> bool,
) -> String {
    let wanted = dialect.label(text);
    if !taken(&wanted) {
        return wanted.into_owned();
    }
    let mut number = 2_u32;
    loop {
        let name = format!("{wanted}_{number}");
        if !taken(&name) {
            return name;
        }
        number += 1;
    }
}
