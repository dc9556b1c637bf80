//! A Label Studio on whose tasks people paint: it is told what the current model predicts, and what is painted there is
//! painted here as well. The protocol is that of its machine learning backends.
//!
//! Label Studio keeps what was painted in it. This server has a copy in `label-studio/` to know what changed: an edit
//! sets the pixels of which the task says something else than the picture, and takes back what an annotation said
//! before and no longer says. What people painted in the app elsewhere stays.

mod changes;
mod connection;
mod pictures;
mod prediction;
mod received;
mod source;
mod work;

use std::collections::VecDeque;
use std::path::Path;
use std::sync::{Mutex, MutexGuard};

use lacuna_data::annotation::{Role, Unpainted};
use lacuna_data::formats::label_studio::{Interface, InterfaceError, Reading};

use crate::ServeConfig;
use crate::app::App;
use crate::lock;
use crate::names::PublicUrl;
use crate::problem::Problem;
use crate::session::is_same;

pub(crate) use prediction::{Predicted, Question};
pub(crate) use work::{What, Work};

use received::Received;
use source::Source;

/// Where everything about the connection lies in the data set's folder.
pub(crate) const FOLDER: &str = "label-studio";

/// A Label Studio that may connect.
#[derive(Clone, Debug)]
pub struct LabelStudioConfig {
    /// Under which address this server reaches it.
    pub url: PublicUrl,
    /// Other hosts from which pictures of its tasks may be fetched.
    pub pictures: Vec<PublicUrl>,
    /// What pixels are that nobody painted in an annotation.
    pub unpainted: Unpainted,
    /// An access token, in place of the one that it sends when it connects.
    pub token: Option<String>,
}

/// The connection to a Label Studio.
pub(crate) struct LabelStudio {
    /// Part of the address under which it finds this server.
    secret: String,
    source: Source,
    reading: Reading,
    /// Held by whoever works on a task.
    received: Mutex<Received>,
    waiting: Mutex<Waiting>,
}

/// What is to be done once requests are answered.
#[derive(Default)]
struct Waiting {
    work: VecDeque<Work>,
    /// Whether a thread is at it.
    is_attended: bool,
}

impl LabelStudio {
    /// The connection that the configuration allows; its address is the same as at the last start.
    pub(crate) fn open(
        config: &ServeConfig,
        settings: &LabelStudioConfig,
    ) -> Result<Self, Problem> {
        let folder = config.folder.join(FOLDER);
        let role = if config.is_expert { Role::Expert } else { Role::NonExpert };
        Ok(Self {
            secret: connection::secret_in(&folder)?,
            source: Source::new(settings),
            reading: Reading { unpainted: settings.unpainted, role },
            received: Mutex::new(Received::open(&folder)?),
            waiting: Mutex::default(),
        })
    }

    /// Where Label Studio finds this server that is open at `origin`.
    pub(crate) fn address(&self, origin: &str) -> String {
        format!("{}/{FOLDER}/{}", origin.trim_end_matches('/'), self.secret)
    }

    /// Whether a request knows the address.
    pub(crate) fn is_ours(&self, secret: &str) -> bool {
        is_same(&self.secret, secret)
    }

    /// Takes the interface and the access token of a project that connects. Its labels become the classes of a folder
    /// that has none.
    pub(crate) fn connect(
        &self,
        app: &App,
        schema: &str,
        token: Option<&str>,
    ) -> Result<(), Problem> {
        let interface = Interface::parse(schema)?;
        if app.project.find().is_none() {
            for class in interface.classes() {
                app.project.add_class(&class.name, Some(class.color))?;
            }
        }
        interface.check(app.project.dataset()?.classes())?;
        if let Some(token) = token.filter(|token| !token.is_empty()) {
            self.source.set_token(token);
        }
        Ok(())
    }

    fn received(&self) -> MutexGuard<'_, Received> {
        lock(&self.received)
    }
}

/// The version by which Label Studio tells predictions apart.
pub(crate) fn version_name(version: Option<u32>) -> String {
    version.map_or_else(|| "lacuna-untrained".to_owned(), |version| format!("lacuna-{version}"))
}

/// Takes the folder of a connection out of sight of other people of the machine.
fn make_private(folder: &Path) -> std::io::Result<()> {
    fs_err::create_dir_all(folder)?;
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        fs_err::set_permissions(folder, std::fs::Permissions::from_mode(0o700))?;
    }
    Ok(())
}

impl From<InterfaceError> for Problem {
    fn from(error: InterfaceError) -> Self {
        let problem = Self::invalid(error.to_string());
        match error.hint() {
            Some(hint) => problem.with_hint(hint),
            None => problem,
        }
    }
}
