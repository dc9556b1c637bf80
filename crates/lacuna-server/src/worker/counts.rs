//! What the worker counts, over the ends of the server.

use lacuna_data::json_file::{read_json, write_json};
use serde::{Deserialize, Serialize};

use crate::models::Models;

/// `models/worker.json`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Counts {
    pub(super) version: u32,
    /// Edits since the last training began.
    pub(super) edits: u32,
    /// Edits after which a training starts by itself.
    pub(super) auto_after: Option<u32>,
}

impl Counts {
    pub(super) const VERSION: u32 = 1;

    /// From the disk; nothing if there is nothing.
    pub(super) fn load(models: &Models) -> Self {
        let stored = read_json(&models.worker_file(), Self::VERSION).ok().flatten();
        stored.unwrap_or(Self { version: Self::VERSION, edits: 0, auto_after: None })
    }

    /// Whether it could be written.
    pub(super) fn store(&self, models: &Models) -> bool {
        let file = models.worker_file();
        let made = file.parent().is_none_or(|folder| fs_err::create_dir_all(folder).is_ok());
        made && write_json(&file, self).is_ok()
    }
}
