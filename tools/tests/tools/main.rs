//! The `calipers` command, run as people run it.

mod clean;
mod command;
mod hosts;
mod poll;
mod slurp;
mod top;
mod web;
