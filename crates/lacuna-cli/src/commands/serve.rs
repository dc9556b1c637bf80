//! `lacuna serve`: the browser app.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use fs_err as fs;
use lacuna_data::class::{Class, ClassSet, default_color};
use lacuna_server::{ServeConfig, ServeError, Server};
use serde::Serialize;

use super::demo::mouths;
use crate::cli::{RoleArg, ServeArgs};
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
}

/// Serves until Ctrl-C.
pub(crate) fn run(arguments: &ServeArgs, printer: &Printer) -> Result<ExitStatus> {
    let interrupt = interrupt::listen(printer)?;
    let config = config(arguments, printer)?;
    let folder = config.folder.clone();
    let server = Server::bind(config)?;
    let link = server.link();
    let address = Address { link: &link, folder: &folder };
    printer.result(&address, || {
        format!(
            "{} is open at\n\n  {link}\n\nThe link works once: Enter shows another. Ctrl-C ends the app.\n",
            folder.display()
        )
    })?;
    if !arguments.no_open && open::that_detached(&link).is_err() {
        printer.message("no browser could be opened: open the link yourself");
    }
    if printer.can_ask() {
        let (links, printer) = (server.links(), printer.clone());
        std::thread::spawn(move || show_links(links, &printer));
    }
    server.run(&interrupt)?;
    printer.message("everything is saved");
    Ok(ExitStatus::Done)
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
