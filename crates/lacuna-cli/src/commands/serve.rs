//! `lacuna serve`: the browser app.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use fs_err as fs;
use lacuna_data::Dataset;
use lacuna_data::class::{Class, ClassSet, default_color};
use lacuna_server::team::{self, COMMAND_LINE, Checked, FILE_NAME, Team, TeamRole};
use lacuna_server::{LabelStudioConfig, ServeConfig, ServeError, Server, TeamConfig};
use serde::Serialize;
use tracing_subscriber::filter::{LevelFilter, Targets};
use tracing_subscriber::layer::{Layer, SubscriberExt};
use tracing_subscriber::registry::Registry;

use super::demo::mouths;
use super::team::Admitted;
use crate::cli::{LabelStudioArgs, LogArg, RoleArg, ServeArgs, ServeTeamArgs};
use crate::error_report::{InputError, UsageError};
use crate::exit_status::ExitStatus;
use crate::interrupt;
use crate::printer::Printer;

/// Where `--demo` puts its mouths if no folder is named.
const DEMO_FOLDER: &str = "lacuna-demo-app";
/// The app trains with an encoder of five stages.
const DIVISOR: usize = 32;

/// Where the app is.
#[derive(Serialize)]
struct Address<'a> {
    link: &'a str,
    folder: &'a Path,
    /// The first account of a team, made just now.
    #[serde(skip_serializing_if = "Option::is_none")]
    first: Option<&'a Admitted>,
    /// Where Prometheus gets its numbers.
    #[serde(skip_serializing_if = "Option::is_none")]
    metrics: Option<SocketAddr>,
    /// Where Label Studio finds it.
    #[serde(skip_serializing_if = "Option::is_none")]
    label_studio: Option<String>,
}

/// That everything is whole.
#[derive(Serialize)]
struct Whole {
    cases: usize,
    accounts: Option<usize>,
    log_entries: Option<i64>,
}

/// Serves until Ctrl-C.
pub(crate) fn run(arguments: &ServeArgs, printer: &Printer) -> Result<ExitStatus> {
    let interrupt = interrupt::listen(printer)?;
    if arguments.check {
        return check(arguments, printer);
    }
    if let Some(format) = arguments.log {
        log_to_stderr(format)?;
    }
    let config = config(arguments, printer)?;
    let folder = config.folder.clone();
    let team = config.team.clone();
    let first = team.as_ref().map_or(Ok(None), |_| first_owner(&config, printer))?;
    let server = Server::bind(config)?;
    let link = server.link();
    let label_studio = server.label_studio_address();
    let metrics = server.metrics_address()?;
    let address =
        Address { link: &link, folder: &folder, first: first.as_ref(), metrics, label_studio };
    printer.result(&address, || address.in_words(team.is_some()))?;
    if team.as_ref().is_some_and(TeamConfig::is_readable_on_the_way) {
        let hint = "put a proxy with TLS before it: docs/team.md shows how";
        printer.warning(
            "passwords and pictures can be read on the way: the address begins with http",
            Some(hint),
        );
    }
    let is_here = team.as_ref().is_none_or(TeamConfig::is_local);
    if is_here && !arguments.no_open && open::that_detached(&link).is_err() {
        printer.message("no browser could be opened: open the link yourself");
    }
    if team.is_none() && printer.can_ask() {
        let (links, printer) = (server.links(), printer.clone());
        std::thread::spawn(move || show_links(links, &printer));
    }
    server.run(&interrupt)?;
    printer.message("everything is saved");
    Ok(ExitStatus::Done)
}

impl Address<'_> {
    fn in_words(&self, is_for_a_team: bool) -> String {
        let Self { link, folder, first, metrics, label_studio } = self;
        let model = label_studio.as_ref().map(|address| {
            format!(
                "For Label Studio the address of the model, which nobody else should know, is\n\n  {address}\n\n"
            )
        });
        let numbers =
            metrics.map(|address| format!("Its numbers are at http://{address}/metrics\n\n"));
        let more = model.into_iter().chain(numbers).collect::<String>();
        let open = format!("{} is open at\n\n  {link}\n\n{more}", folder.display());
        if !is_for_a_team {
            return format!(
                "{open}The link works once: Enter shows another. Ctrl-C ends the app.\n"
            );
        }
        let first = first.map(|first| format!("{}\n", first.in_words())).unwrap_or_default();
        format!(
            "{open}{first}An owner adds people in the app, or `lacuna team add`. Ctrl-C ends the app.\n"
        )
    }
}

/// Lets the server's own lines through, and not the spans of the kernels.
fn log_to_stderr(format: LogArg) -> Result<()> {
    let lines = tracing_subscriber::fmt::layer().with_writer(std::io::stderr);
    let lines = match format {
        LogArg::Text => lines.with_ansi(false).boxed(),
        LogArg::Json => lines.json().flatten_event(true).boxed(),
    };
    let server = Targets::new().with_target("lacuna_server", LevelFilter::INFO);
    let subscriber = Registry::default().with(lines.with_filter(server));
    tracing::subscriber::set_global_default(subscriber).context("the log cannot be written")
}

/// An account for whoever starts the server, if there is none yet.
fn first_owner(config: &ServeConfig, printer: &Printer) -> Result<Option<Admitted>> {
    let team = Team::open(&config.folder)?;
    if !team.accounts()?.is_empty() {
        return Ok(None);
    }
    let name = &config.author;
    if !printer.can_ask() {
        // the password would end up in a log file
        let hint = format!(
            "make the first one: `lacuna team add NAME --data {}`",
            config.folder.display()
        );
        return Err(UsageError::new("nobody could log in: there are no accounts")
            .with_hint(hint)
            .into());
    }
    let password = team::generate()?;
    team.add(name, TeamRole::Owner, &password, COMMAND_LINE)?;
    Ok(Some(Admitted { name: name.clone(), role: Some(TeamRole::Owner), password: Some(password) }))
}

/// Looks at everything that a server would need, without serving.
fn check(arguments: &ServeArgs, printer: &Printer) -> Result<ExitStatus> {
    let folder = folder(arguments, printer)?;
    let mut cases = 0;
    if folder.join("dataset.toml").exists() {
        let dataset = Dataset::open(&folder)?;
        for case in dataset.cases() {
            dataset.load_annotation(case)?;
            for reader in dataset.readers(case)? {
                reader.load_annotation(case)?;
            }
            cases += 1;
        }
    }
    let is_team = folder.join(FILE_NAME).exists();
    let checked = is_team.then(|| Team::open_present(&folder)?.check()).transpose()?;
    let whole = Whole {
        cases,
        accounts: checked.map(|checked| checked.accounts),
        log_entries: checked.map(|checked| checked.changes),
    };
    printer.result(&whole, || in_words(cases, checked))?;
    Ok(ExitStatus::Done)
}

fn in_words(cases: usize, checked: Option<Checked>) -> String {
    let pictures = format!("what is said about {cases} pictures can be read");
    match checked {
        None => format!("{pictures}; there are no accounts"),
        Some(Checked { accounts, changes }) => format!(
            "{pictures}; {accounts} accounts; all {changes} entries of the log are as they were written"
        ),
    }
}

/// Another link whenever somebody presses Enter; for as long as the program runs.
fn show_links(fresh: impl Fn() -> Result<String, ServeError>, printer: &Printer) {
    for _ in std::io::stdin().lines().map_while(Result::ok) {
        if let Ok(link) = fresh() {
            printer.message(&link);
        }
    }
}

fn config(arguments: &ServeArgs, printer: &Printer) -> Result<ServeConfig> {
    if arguments.size == 0 || !arguments.size.is_multiple_of(DIVISOR) {
        return Err(UsageError::new(format!(
            "--size {} is no multiple of {DIVISOR}",
            arguments.size
        ))
        .with_hint("use 128, 256, 384 or 512")
        .into());
    }
    let folder = folder(arguments, printer)?;
    let is_dataset = folder.join("dataset.toml").exists();
    if is_dataset && !(arguments.class.is_empty() && arguments.exclusive.is_empty()) {
        return Err(UsageError::new("the data set has its classes already")
            .with_hint("leave `--class` and `--exclusive` out; classes can be added in the app")
            .into());
    }
    let user = ["USER", "USERNAME"].iter().find_map(|name| std::env::var(name).ok());
    Ok(ServeConfig {
        folder,
        port: arguments.port,
        author: arguments.author.clone().or(user).unwrap_or_else(|| "me".to_owned()),
        is_expert: arguments.role == RoleArg::Expert,
        image_size: arguments.size,
        classes: classes(arguments)?,
        exclusive: groups(arguments),
        is_demo: arguments.demo,
        team: team(arguments)?,
        metrics: arguments.metrics,
        label_studio: label_studio(arguments),
    })
}

fn team(arguments: &ServeArgs) -> Result<Option<TeamConfig>> {
    let ServeTeamArgs { is_wanted, bind, public_url, trusted_proxy } = &arguments.team;
    if !is_wanted {
        return Ok(None);
    }
    Ok(Some(TeamConfig::new(*bind, public_url.clone(), trusted_proxy)?))
}

fn label_studio(arguments: &ServeArgs) -> Option<LabelStudioConfig> {
    let LabelStudioArgs { url, pictures, unpainted } = &arguments.label_studio;
    let token = std::env::var("LACUNA_LABEL_STUDIO_TOKEN").ok();
    Some(LabelStudioConfig {
        url: url.clone()?,
        pictures: pictures.clone(),
        unpainted: (*unpainted).into(),
        token: token.filter(|token| !token.is_empty()),
    })
}

fn folder(arguments: &ServeArgs, printer: &Printer) -> Result<PathBuf> {
    let named = arguments.data.as_ref().or(arguments.folder.as_ref());
    let folder = match named {
        Some(folder) => folder.clone(),
        None => PathBuf::from(DEMO_FOLDER),
    };
    let folder = std::path::absolute(folder).context("the working folder is gone")?;
    if arguments.demo && !folder.join("dataset.toml").exists() {
        let occupied = folder.exists() && fs::read_dir(&folder)?.next().is_some();
        if occupied {
            return Err(UsageError::new(format!("`{}` is not empty", folder.display()))
                .with_hint("name another folder: `lacuna serve FOLDER --demo`")
                .into());
        }
        mouths::draw_for_app(&folder, printer)?;
    }
    if !folder.is_dir() {
        return Err(InputError::new(format!("there is no folder `{}`", folder.display()))
            .with_hint("name a data set or a folder of photos; `--demo` draws some")
            .into());
    }
    if arguments.data.is_some() && !folder.join("dataset.toml").exists() {
        return Err(InputError::new(format!("`{}` is no data set", folder.display()))
            .with_hint("a folder of photos is served without `--data`")
            .into());
    }
    Ok(folder)
}

fn classes(arguments: &ServeArgs) -> Result<Vec<Class>> {
    let class = |(index, name): (usize, &String)| Class {
        name: name.trim().to_owned(),
        color: default_color(index),
    };
    let classes: Vec<Class> = arguments.class.iter().enumerate().map(class).collect();
    if !(classes.is_empty() && arguments.exclusive.is_empty()) {
        ClassSet::new(classes.clone(), &groups(arguments), &[])?;
    }
    Ok(classes)
}

fn groups(arguments: &ServeArgs) -> Vec<Vec<String>> {
    let names = |text: &String| text.split(',').map(|name| name.trim().to_owned()).collect();
    arguments.exclusive.iter().map(names).collect()
}
