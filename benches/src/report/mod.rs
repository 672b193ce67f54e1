//! How results are shown.

pub(crate) mod table;
