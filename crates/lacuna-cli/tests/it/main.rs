//! Black-box tests of the program.

#![expect(clippy::unwrap_used, reason = "a failing test may panic")]

mod annotation_loop;
mod audit;
mod bench;
mod compare;
mod crash;
mod demo;
mod detect;
mod doctor;
mod drawn;
mod explain;
mod export;
mod help;
mod import;
mod init;
mod line;
mod monitoring;
mod patterns;
mod pictures;
mod plan;
mod predict;
mod program;
mod reproduce;
mod simulate;
mod split;
mod team;
mod verify;
mod weights;
