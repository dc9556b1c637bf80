//! The server as a browser and as a stranger see it.

#![expect(clippy::unwrap_used, reason = "a failing test may panic")]

mod app;
mod browser;
mod label_studio;
mod learning;
mod painting;
mod people;
mod proposals;
mod readings;
mod safety;
