//! The secret in the address of this server: Label Studio sends no password with its webhooks, so whoever knows the
//! address is let in.

use std::path::Path;

use lacuna_data::json_file::{read_json, write_json};
use serde::{Deserialize, Serialize};

use super::{VERSION, make_private};
use crate::problem::Problem;
use crate::session;

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Connection {
    version: u32,
    secret: String,
}

/// The secret kept in the folder, made if there is none.
pub(super) fn secret_in(folder: &Path) -> Result<String, Problem> {
    let path = folder.join("connection.json");
    let kept = read_json::<Connection>(&path, VERSION).map_err(|e| Problem::failed(&e))?;
    if let Some(Connection { secret, .. }) = kept.filter(|kept| !kept.secret.is_empty()) {
        return Ok(secret);
    }
    let secret = session::secret().map_err(|e| Problem::failed(&e))?;
    make_private(folder).map_err(|e| Problem::failed(&e))?;
    let connection = Connection { version: VERSION, secret: secret.clone() };
    write_json(&path, &connection).map_err(|e| Problem::failed(&e))?;
    Ok(secret)
}
