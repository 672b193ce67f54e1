//! Page files: numbers outlive the process that counted them, and are read from outside while it counts.
//!
//! What has a file is a process of its own: this program once more, which plays the part that a variable names ([`part`]).

mod churn;
mod files;
mod fork;
mod full;
mod gauges;
mod hostile;
mod killed;
mod live;
mod part;
mod python;
