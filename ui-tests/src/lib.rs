//! Nothing here: the cases are in `pass` and `fail`, a folder for each macro, and `tests` runs them.
