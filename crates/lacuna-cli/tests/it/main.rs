//! Black-box tests of the program.

#![expect(clippy::unwrap_used, reason = "a failing test may panic")]

mod line;
mod program;
