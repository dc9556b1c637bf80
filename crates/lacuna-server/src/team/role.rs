//! What somebody may do.

use std::fmt;

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// The role of an account, from the one that may do everything to the one that may only look.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "kebab-case")]
pub enum TeamRole {
    /// Everything, accounts and classes included.
    Owner,
    /// Paints, draws regions, trains, verifies.
    Expert,
    /// Draws regions, and never paints.
    NonExpert,
    /// Looks.
    Reader,
}

impl TeamRole {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::Owner, Self::Expert, Self::NonExpert, Self::Reader];

    /// As it is written in files and on the command line.
    pub fn name(self) -> &'static str {
        match self {
            Self::Owner => "owner",
            Self::Expert => "expert",
            Self::NonExpert => "non-expert",
            Self::Reader => "reader",
        }
    }

    /// The role of that name.
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|role| role.name() == name)
    }
}

impl fmt::Display for TeamRole {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.name())
    }
}
