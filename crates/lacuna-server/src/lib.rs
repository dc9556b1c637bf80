//! The browser app over a data set folder: paint, train, look, correct, verify.
//!
//! One person on this machine, or a team with accounts. The plain files of the data set are the truth: [`Server`] adds
//! journals of edits to its annotations, run folders under `models/` and verifications under `verifications/`, and nothing
//! that could disagree with them. A team has accounts beside that, in `server.sqlite`; a Label Studio that may connect, what
//! it last said, in `label-studio/`.

mod access;
mod annotations;
mod api;
mod app;
mod assets;
mod authorship;
mod catalogue;
mod cookie;
mod entrance;
mod event_stream;
mod label_studio;
mod log;
mod metrics;
mod models;
mod names;
mod person;
mod pictures;
mod predictions;
mod problem;
mod project;
mod proposals;
mod queue;
mod readings;
mod session;
mod sheet;
mod suggestion;
pub mod team;
mod verifications;
mod worker;

use std::io;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::path::PathBuf;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use lacuna_data::Class;
use lacuna_train::Interrupt;
use tokio::net::TcpListener;
use tokio::runtime::Runtime;

use crate::app::App;
use crate::entrance::Entrance;
use crate::problem::Problem;
use crate::team::TeamError;

pub use api::openapi;
pub use label_studio::LabelStudioConfig;
pub use names::PublicUrl;

/// How often it is looked whether somebody wants the server to end.
const LISTEN_TO_INTERRUPT: Duration = Duration::from_millis(100);

/// The port if none is asked for.
const USUAL_PORT: u16 = 7878;

/// What is served, and to whom.
#[derive(Clone, Debug)]
pub struct ServeConfig {
    /// A data set, or a folder of photos that becomes one.
    pub folder: PathBuf,
    /// The port, on 127.0.0.1 but for a team that says otherwise; 0 for any that is free; `None`: always the same one if it is free.
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
    /// How a team reaches it; `None` for one person on this machine.
    pub team: Option<TeamConfig>,
    /// Where programs that watch over the server get its numbers, if anywhere. Everybody who reaches the address gets them.
    pub metrics: Option<SocketAddr>,
    /// The Label Studio that may connect.
    pub label_studio: Option<LabelStudioConfig>,
}

/// How the browsers of a team reach the server.
#[derive(Clone, Debug)]
pub struct TeamConfig {
    /// The address to listen on.
    bind: IpAddr,
    /// What people type; `None` for browsers on this machine only.
    public_url: Option<PublicUrl>,
    /// Proxies on other machines.
    trusted_proxies: Vec<IpAddr>,
}

impl TeamConfig {
    /// Checks that the server knows by which name it is called.
    ///
    /// # Errors
    /// If it would listen for other machines and does not.
    pub fn new(
        bind: IpAddr,
        public_url: Option<PublicUrl>,
        trusted_proxies: &[IpAddr],
    ) -> Result<Self, ServeError> {
        if public_url.is_none() && !bind.is_loopback() {
            return Err(ServeError::Nameless { bind });
        }
        let trusted_proxies = trusted_proxies.iter().map(IpAddr::to_canonical).collect();
        Ok(Self { bind, public_url, trusted_proxies })
    }

    /// Whether passwords and pictures would be readable on the way to other machines.
    pub fn is_readable_on_the_way(&self) -> bool {
        self.public_url.as_ref().is_some_and(|url| !url.is_https())
    }

    /// Whether only browsers on this machine can reach it.
    pub fn is_local(&self) -> bool {
        self.public_url.is_none()
    }
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
    /// Browsers on other machines would call it by a name that it does not know.
    #[error("to listen on {bind} the server must know under which address people open it")]
    Nameless {
        /// The address to listen on.
        bind: IpAddr,
    },
    /// The accounts cannot be used.
    #[error(transparent)]
    Team(#[from] TeamError),
    /// The port is taken.
    #[error("cannot listen on port {port} of this machine")]
    Port {
        /// The port.
        port: u16,
        /// Why.
        #[source]
        source: io::Error,
    },
    /// The address for programs that watch over the server is taken, or none of this machine's.
    #[error("cannot listen on {address} for whoever asks for the server's numbers")]
    Metrics {
        /// The address.
        address: SocketAddr,
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
            Self::Team(error) => error.hint(),
            Self::Nameless { .. } => {
                Some("say it: `--public-url https://lacuna.example.org`".to_owned())
            }
            Self::Metrics { .. } => Some("name another address with `--metrics`".to_owned()),
            Self::Port { .. } => Some("choose another with `--port`, or 0 for any".to_owned()),
            _ => None,
        }
    }
}

/// A server that has its port and its folder, and waits to run.
pub struct Server {
    runtime: Runtime,
    listener: TcpListener,
    /// Of the address for programs that watch over it.
    metrics: Option<TcpListener>,
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
        let address = config.team.as_ref().map_or(Ipv4Addr::LOCALHOST.into(), |team| team.bind);
        let listener = runtime.block_on(listen(address, config.port))?;
        let port = listener.local_addr()?.port();
        let metrics = config.metrics.map(|address| runtime.block_on(listen_at(address)));
        let metrics = metrics.transpose()?;
        let entrance = Entrance::new(&config, port)?;
        let folder = config.folder.clone();
        let app = App::open(config, entrance).map_err(|problem| {
            let Problem { detail: reason, hint, .. } = problem;
            ServeError::Folder { folder, reason, hint }
        })?;
        Ok(Self { runtime, listener, metrics, app: Arc::new(app) })
    }

    /// The port it listens on.
    ///
    /// # Errors
    /// If the system does not say.
    pub fn port(&self) -> io::Result<u16> {
        Ok(self.listener.local_addr()?.port())
    }

    /// The link that opens the app, once; for a team its address.
    pub fn link(&self) -> String {
        self.app.entrance.link()
    }

    /// Where programs that watch over the server get its numbers.
    ///
    /// # Errors
    /// If the system does not say.
    pub fn metrics_address(&self) -> io::Result<Option<SocketAddr>> {
        self.metrics.as_ref().map(TcpListener::local_addr).transpose()
    }

    /// The address to give to Label Studio, if it may connect. Whoever knows it is let in as one.
    pub fn label_studio_address(&self) -> Option<String> {
        let label_studio = self.app.label_studio.as_ref()?;
        Some(label_studio.address(&self.app.entrance.origin()))
    }

    /// Makes further links while the server runs, for another browser or one that has lost its cookie.
    pub fn links(&self) -> impl Fn() -> Result<String, ServeError> + Send + 'static {
        let app = Arc::clone(&self.app);
        move || app.entrance.renew().map_err(|_| ServeError::NoChance)
    }

    /// Serves until `interrupt` is raised; then stops a training after its step and writes everything into its files.
    ///
    /// # Errors
    /// If the socket fails, or at the end a file cannot be written (its edits are in the journal then).
    pub fn run(self, interrupt: &Interrupt) -> Result<(), ServeError> {
        let Self { runtime, listener, metrics, app } = self;
        let router = api::router(Arc::clone(&app));
        let service = router.into_make_service_with_connect_info::<SocketAddr>();
        let _ = std::thread::spawn(app.look_at_pictures());
        if let Some(label_studio) = &app.label_studio {
            label_studio.look_again(&app);
        }
        runtime.block_on(async {
            let house = tokio::spawn(Arc::clone(&app).keep_house());
            if let Some(metrics) = metrics {
                let router = api::monitoring::router(Arc::clone(&app));
                tokio::spawn(axum::serve(metrics, router).into_future());
            }
            let served = tokio::select! {
                served = axum::serve(listener, service).into_future() => served,
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

async fn listen_at(address: SocketAddr) -> Result<TcpListener, ServeError> {
    let bound = TcpListener::bind(address).await;
    bound.map_err(|source| ServeError::Metrics { address, source })
}

/// The usual port is always the same, because a browser keeps what it could not send by address.
async fn listen(address: IpAddr, port: Option<u16>) -> Result<TcpListener, ServeError> {
    let bind = |port| TcpListener::bind(SocketAddr::from((address, port)));
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
