//! The browser app over a data set folder: paint, train, look, correct, verify.
//!
//! One person on this machine. The plain files of the data set are the truth: [`Server`] adds journals of edits to
//! its annotations, run folders under `models/` and verifications under `verifications/`, and nothing that could
//! disagree with them.

mod annotations;
mod api;
mod app;
mod assets;
mod catalogue;
mod event_stream;
mod log;
mod models;
mod pictures;
mod predictions;
mod problem;
mod project;
mod proposals;
mod queue;
mod session;
mod suggestion;
mod verifications;
mod worker;

use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::path::PathBuf;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use lacuna_data::Class;
use lacuna_train::Interrupt;
use tokio::net::TcpListener;
use tokio::runtime::Runtime;

use crate::app::App;
use crate::problem::Problem;
use crate::session::Session;

pub use api::openapi;

/// How often it is looked whether somebody wants the server to end.
const LISTEN_TO_INTERRUPT: Duration = Duration::from_millis(100);

/// The port if none is asked for.
const USUAL_PORT: u16 = 7878;

/// What is served, and to whom.
#[derive(Clone, Debug)]
pub struct ServeConfig {
    /// A data set, or a folder of photos that becomes one.
    pub folder: PathBuf,
    /// The port on 127.0.0.1, 0 for any that is free; `None`: always the same one if it is free.
    pub port: Option<u16>,
    /// Who paints.
    pub author: String,
    /// Whether that person is trained in the field.
    pub is_expert: bool,
    /// Side of the network's input in pixels.
    pub image_size: usize,
    /// Classes of a new data set.
    pub classes: Vec<Class>,
    /// Groups of them that exclude each other.
    pub exclusive: Vec<Vec<String>>,
    /// Whether it is the demonstration.
    pub is_demo: bool,
}

/// Why the server cannot work.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ServeError {
    /// The folder cannot be served.
    #[error("cannot serve `{}`: {reason}", folder.display())]
    Folder {
        /// The folder.
        folder: PathBuf,
        /// What is wrong.
        reason: String,
        /// What to do about it.
        hint: Option<String>,
    },
    /// The port is taken.
    #[error("cannot listen on port {port} of this machine")]
    Port {
        /// The port.
        port: u16,
        /// Why.
        #[source]
        source: io::Error,
    },
    /// The system gives no chance for the secrets.
    #[error("no random numbers are to be had for the link")]
    NoChance,
    /// Threads or sockets fail.
    #[error("the server cannot go on")]
    Io(#[from] io::Error),
}

impl ServeError {
    /// What a user can do about it.
    pub fn hint(&self) -> Option<String> {
        match self {
            Self::Folder { hint, .. } => hint.clone(),
            Self::Port { .. } => Some("choose another with `--port`, or 0 for any".to_owned()),
            _ => None,
        }
    }
}

/// A server that has its port and its folder, and waits to run.
pub struct Server {
    runtime: Runtime,
    listener: TcpListener,
    app: Arc<App>,
}

impl Server {
    /// Opens the folder and the port.
    ///
    /// # Errors
    /// If the folder is no data set and cannot become one, another program edits it, or the port is taken.
    pub fn bind(config: ServeConfig) -> Result<Self, ServeError> {
        let runtime =
            tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build()?;
        let listener = runtime.block_on(listen(config.port))?;
        let port = listener.local_addr()?.port();
        let session = Session::new(port).map_err(|_| ServeError::NoChance)?;
        let start = session.start_id();
        let folder = config.folder.clone();
        let app = App::open(config, session, &start).map_err(|problem| {
            let Problem { detail: reason, hint, .. } = problem;
            ServeError::Folder { folder, reason, hint }
        })?;
        Ok(Self { runtime, listener, app: Arc::new(app) })
    }

    /// The link that opens the app, once.
    pub fn link(&self) -> String {
        self.app.session.link()
    }

    /// Makes further links while the server runs, for another browser or one that has lost its cookie.
    pub fn links(&self) -> impl Fn() -> Result<String, ServeError> + Send + 'static {
        let app = Arc::clone(&self.app);
        move || app.session.renew().map_err(|_| ServeError::NoChance)
    }

    /// Serves until `interrupt` is raised; then stops a training after its step and writes everything into its files.
    ///
    /// # Errors
    /// If the socket fails, or at the end a file cannot be written (its edits are in the journal then).
    pub fn run(self, interrupt: &Interrupt) -> Result<(), ServeError> {
        let Self { runtime, listener, app } = self;
        let router = api::router(Arc::clone(&app));
        let _ = std::thread::spawn(app.look_at_pictures());
        runtime.block_on(async {
            let house = tokio::spawn(Arc::clone(&app).keep_house());
            let served = tokio::select! {
                served = axum::serve(listener, router).into_future() => served,
                () = raised(interrupt) => Ok(()),
            };
            house.abort();
            served
        })?;
        let folder = app.project.config.folder.clone();
        let finished = app.finish().map_err(|problem| ServeError::Folder {
            folder,
            reason: problem.detail,
            hint: problem.hint,
        });
        // requests that still wait for something must not keep the program alive
        runtime.shutdown_timeout(Duration::from_secs(1));
        finished
    }
}

/// The usual port is always the same, because a browser keeps what it could not send by address.
async fn listen(port: Option<u16>) -> Result<TcpListener, ServeError> {
    let bind = |port| TcpListener::bind(SocketAddr::from((Ipv4Addr::LOCALHOST, port)));
    match port {
        Some(port) => bind(port).await.map_err(|source| ServeError::Port { port, source }),
        None => match bind(USUAL_PORT).await {
            Ok(listener) => Ok(listener),
            Err(_) => bind(0).await.map_err(|source| ServeError::Port { port: 0, source }),
        },
    }
}

/// A panic in one request leaves what it held as it was after its last complete step.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

async fn raised(interrupt: &Interrupt) {
    while !interrupt.is_raised() {
        tokio::time::sleep(LISTEN_TO_INTERRUPT).await;
    }
}
