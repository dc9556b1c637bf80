//! A Label Studio on whose tasks people paint: it is told what the current model predicts, and what is painted there is
//! painted here as well. The protocol is that of its machine learning backends.
//!
//! Label Studio keeps what was painted in it. This server has a copy in `label-studio/` to know what changed: only the
//! pixels of which the tasks of a picture say something else than the last time are painted, and only what was painted for
//! them is taken back. What people painted in the app elsewhere stays.
//!
//! One annotation takes this way: [`inbox`] (safe on the disk before the answer) → [`work`] → [`pictures`] (which case is
//! it?) → [`word`] (what do all tasks of the case say?) → [`changes`] (against what they said before, in [`painted`]) → an
//! ordinary edit → [`received`] (the task as it is now).

mod changes;
mod connection;
mod inbox;
mod painted;
mod pictures;
mod prediction;
mod received;
mod source;
mod touched;
mod word;
mod work;

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::{Arc, Mutex};
use std::time::Instant;

use lacuna_data::annotation::{Role, Unpainted};
use lacuna_data::formats::label_studio::{Interface, InterfaceError, Reading};

use crate::ServeConfig;
use crate::app::App;
use crate::lock;
use crate::names::PublicUrl;
use crate::problem::Problem;
use crate::session::is_same;

pub(crate) use inbox::Letter;
pub(crate) use prediction::{Answer, Question};
pub(crate) use received::ProjectKey;
pub(crate) use work::Errand;

use inbox::Inbox;
use painted::PaintedFolder;
use received::Received;
use source::Source;
use touched::Touched;
use work::Waiting;

/// Version of the files of the connection.
const VERSION: u32 = 1;

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
    received: Received,
    painted: PaintedFolder,
    inbox: Inbox,
    touched: Touched,
    /// When projects that connect may be fetched again; never, if everything of them was.
    fetched: Mutex<BTreeMap<u64, Option<Instant>>>,
    waiting: Mutex<Waiting>,
    /// Held by whoever adds a picture.
    adding: Mutex<()>,
    /// Held by whoever paints for tasks.
    painting: Mutex<()>,
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
            received: Received::open(&folder, settings.url.to_string())?,
            painted: PaintedFolder::new(&folder),
            inbox: Inbox::new(&folder),
            touched: Touched::default(),
            fetched: Mutex::default(),
            waiting: Mutex::default(),
            adding: Mutex::default(),
            painting: Mutex::default(),
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
    /// that has none, and what was annotated in it before is fetched.
    pub(crate) fn connect(
        self: &Arc<Self>,
        app: &Arc<App>,
        project: u64,
        schema: &str,
        token: Option<&str>,
    ) -> Result<(), Problem> {
        let interface = Interface::parse(schema)?;
        if app.project.find().is_none() {
            app.project.make_of(interface.classes())?;
        }
        interface.check(app.project.dataset()?.classes())?;
        if let Some(token) = token.filter(|token| !token.is_empty()) {
            self.source.set_token(token);
        }
        self.look_again(app);
        // it connects whenever somebody opens a task
        let is_due = match lock(&self.fetched).get(&project) {
            None => true,
            Some(again) => again.is_some_and(|again| again <= Instant::now()),
        };
        if is_due {
            self.go(app, Errand::Fetch { project });
        }
        Ok(())
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
