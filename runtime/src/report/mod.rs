//! Readers: what shows snapshots to people and to other programs. Each stands behind a feature of its own.
