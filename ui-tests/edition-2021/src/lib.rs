//! Empty: the case is the edition of this package, which `tests` compiles every passing case in.
