//! Black-box tests of the program.

#![expect(clippy::unwrap_used, reason = "a failing test may panic")]

mod audit;
mod doctor;
mod help;
mod import;
mod init;
mod line;
mod pictures;
mod program;
mod simulate;
mod split;
mod weights;
