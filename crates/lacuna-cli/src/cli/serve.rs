//! Arguments of `lacuna serve`.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::path::PathBuf;

use clap::{Args, ValueEnum, ValueHint};
use lacuna_server::PublicUrl;

use super::import::UnpaintedArg;

/// Open the browser app: paint, watch it learn, correct, verify
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  lacuna serve --demo
  lacuna serve photos --class gum --class teeth --exclusive gum,teeth
  lacuna serve --data mouths --port 8642
  lacuna serve --data mouths --team --public-url https://lacuna.example.org

Without `--team` the app is for one person on this machine: it answers only to the browser that is opened with the link shown, \
which works once. Every stroke is on the disk before it is acknowledged. A folder of photos becomes a data set \
where it lies; classes can also be named in the app. Ctrl-C ends it: a training is stopped after its step and \
can go on the next time.

With `--team` people log in with names and passwords (`lacuna team --help`), and what they paint carries their \
names. Other machines reach it through a proxy with TLS that knows the name of `--public-url`, or directly with \
`--bind`.")]
pub(crate) struct ServeArgs {
    /// A data set, or a folder of photos that becomes one
    #[arg(value_name = "FOLDER", value_hint = ValueHint::DirPath, required_unless_present_any = ["data", "demo"])]
    pub(crate) folder: Option<PathBuf>,
    /// Data set
    #[arg(long, value_name = "DS", value_hint = ValueHint::DirPath, conflicts_with_all = ["folder", "demo"])]
    pub(crate) data: Option<PathBuf>,
    /// Draw mouths to try the app with, in `lacuna-demo-app` or the FOLDER given
    #[arg(long)]
    pub(crate) demo: bool,
    /// Port, 0 for any that is free [default: 7878, or any if that is taken]
    #[arg(long, value_name = "P")]
    pub(crate) port: Option<u16>,
    /// A class of the new data set; repeat for more
    #[arg(long, value_name = "NAME")]
    pub(crate) class: Vec<String>,
    /// Classes of which a pixel has at most one, separated by commas; repeat for more groups
    #[arg(long, value_name = "A,B")]
    pub(crate) exclusive: Vec<String>,
    /// Side of the network's input in pixels, a multiple of 32
    #[arg(long, alias = "image-size", value_name = "SIZE", default_value_t = 256)]
    pub(crate) size: usize,
    /// Who paints, as written beside the strokes [default: the user of this machine]
    #[arg(long, value_name = "NAME")]
    pub(crate) author: Option<String>,
    /// Whether that person is trained in the field
    #[arg(long, value_enum, value_name = "ROLE", default_value_t = RoleArg::Expert)]
    pub(crate) role: RoleArg,
    #[command(flatten)]
    pub(crate) team: ServeTeamArgs,
    #[command(flatten)]
    pub(crate) label_studio: LabelStudioArgs,
    /// Write a line for every request and everything that the app says to the standard error stream
    #[arg(long, value_enum, value_name = "FORMAT")]
    pub(crate) log: Option<LogArg>,
    /// Address on which Prometheus gets the server's numbers, without a login: `127.0.0.1:9187`
    #[arg(long, value_name = "ADDRESS:PORT")]
    pub(crate) metrics: Option<SocketAddr>,
    /// Only look whether the data set, the accounts and their log are whole
    #[arg(long)]
    pub(crate) check: bool,
    /// Only show the link, do not open a browser
    #[arg(long)]
    pub(crate) no_open: bool,
}

/// Whether a team is served, and how it reaches the server.
#[derive(Debug, Args)]
pub(crate) struct ServeTeamArgs {
    /// Serve a team: people log in, each with a role
    #[arg(id = "team", long, conflicts_with = "role")]
    pub(crate) is_wanted: bool,
    /// Address under which people open the app, when it is not this machine
    #[arg(long, value_name = "URL", value_parser = PublicUrl::parse, requires = "team")]
    pub(crate) public_url: Option<PublicUrl>,
    /// Address of this machine to listen on; others than 127.0.0.1 need `--public-url`
    #[arg(long, value_name = "ADDRESS", default_value_t = Ipv4Addr::LOCALHOST.into(), requires = "team")]
    pub(crate) bind: IpAddr,
    /// A proxy on another machine, believed about where requests come from; repeat for more
    #[arg(long, value_name = "ADDRESS", requires = "public_url")]
    pub(crate) trusted_proxy: Vec<IpAddr>,
}

/// Whether a Label Studio may connect, and what it means.
#[derive(Debug, Args)]
pub(crate) struct LabelStudioArgs {
    /// Label Studio that may use this server as a machine learning backend, as `http://localhost:8080`
    #[arg(id = "label_studio", long = "label-studio", value_name = "URL", value_parser = PublicUrl::parse)]
    pub(crate) url: Option<PublicUrl>,
    /// Another host from which pictures of its tasks may be fetched; repeat for more
    #[arg(long = "label-studio-pictures", value_name = "URL", value_parser = PublicUrl::parse, requires = "label_studio")]
    pub(crate) pictures: Vec<PublicUrl>,
    /// What pixels mean that nobody painted in an annotation of Label Studio
    #[arg(long = "label-studio-unpainted", value_enum, value_name = "MEANING", default_value_t = UnpaintedArg::Unknown, requires = "label_studio")]
    pub(crate) unpainted: UnpaintedArg,
}

/// How a line of the log is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum LogArg {
    /// For people.
    Text,
    /// A JSON object, for programs.
    Json,
}

/// A person's role.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum RoleArg {
    /// Trained in the field.
    Expert,
    /// Not.
    NonExpert,
}
