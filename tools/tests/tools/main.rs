//! The `calipers` command, run as people run it.

mod aggregate;
mod clean;
mod command;
mod hosts;
mod poll;
mod screen;
mod shell;
mod slurp;
mod top;
mod totals;
mod web;
