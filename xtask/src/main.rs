//! Checks and packaging of the workspace, run as `cargo xtask TASK…`.
//!
//! * `edges`: the layers of `ARCHITECTURE.md`, the one crate that may name the tensor engine, file sizes;
//! * `licences`: every package of the resolved graph has a licence that `deny.toml` allows;
//! * `gpu-check`: the networks on a GPU, or on Mesa's software Vulkan, against the CPU;
//! * `sanitize`: the tests of the kernels under AddressSanitizer and valgrind;
//! * `dist`: the stripped release binary in an archive, tried in a bare Debian root on request.
#![expect(
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "what a developer's tool prints is its result"
)]

mod dist;
mod edges;
mod gpu_check;
mod licences;
mod metadata;
mod process;
mod sanitize;

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::{Context, Result, bail};

const USAGE: &str = "\
usage: cargo xtask TASK…

  edges                     layer edges, uses of the tensor engine, file sizes
  licences                  licences of every package in the resolved graph
  gpu-check [--device NAME] compares training on a GPU with the CPU; on Mesa's software Vulkan
                            unless another device is named, such as cuda:0 (builds for minutes)
  sanitize                  tests of the kernels under AddressSanitizer and valgrind
  dist [--smoke ROOT] [--debootstrap]
                            release archive in target/dist; --smoke tries the binary in the Debian
                            root ROOT, --debootstrap makes that root first (default target/dist/debian)
";

/// What the command line asks for, in its order.
#[derive(Debug, PartialEq)]
enum Task {
    Edges,
    Licences,
    GpuCheck { device: Option<String> },
    Sanitize,
    Dist(dist::Options),
}

fn main() -> ExitCode {
    match run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("xtask: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn run() -> Result<()> {
    let tasks = parse(std::env::args().skip(1))?;
    let root = workspace_root()?;
    for task in tasks {
        match task {
            Task::Edges => edges::run(&root)?,
            Task::Licences => licences::run(&root)?,
            Task::GpuCheck { device } => gpu_check::run(&root, device.as_deref())?,
            Task::Sanitize => sanitize::run(&root)?,
            Task::Dist(options) => dist::run(&root, &options)?,
        }
    }
    Ok(())
}

fn parse(arguments: impl IntoIterator<Item = String>) -> Result<Vec<Task>> {
    let mut tasks = Vec::new();
    let mut arguments = arguments.into_iter();
    while let Some(argument) = arguments.next() {
        match (argument.as_str(), tasks.last_mut()) {
            ("edges", _) => tasks.push(Task::Edges),
            ("licences" | "licenses", _) => tasks.push(Task::Licences),
            ("gpu-check", _) => tasks.push(Task::GpuCheck { device: None }),
            ("--device", Some(Task::GpuCheck { device })) => {
                *device = Some(arguments.next().context("--device needs a name")?);
            }
            ("sanitize", _) => tasks.push(Task::Sanitize),
            ("dist", _) => tasks.push(Task::Dist(dist::Options::default())),
            ("--smoke", Some(Task::Dist(options))) => {
                let root = arguments.next().context("--smoke needs a folder")?;
                options.smoke = Some(PathBuf::from(root));
            }
            ("--debootstrap", Some(Task::Dist(options))) => options.debootstrap = true,
            ("help" | "-h" | "--help", _) => {
                println!("{USAGE}");
                return Ok(Vec::new());
            }
            (unknown, _) => bail!("unknown task or option `{unknown}`\n\n{USAGE}"),
        }
    }
    if tasks.is_empty() {
        bail!("no task given\n\n{USAGE}");
    }
    Ok(tasks)
}

/// The folder above this package: tasks work from wherever they are called.
fn workspace_root() -> Result<PathBuf> {
    let package = Path::new(env!("CARGO_MANIFEST_DIR"));
    package.parent().map(Path::to_path_buf).context("xtask has no parent folder")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tasks(line: &str) -> Result<Vec<Task>> {
        parse(line.split_whitespace().map(String::from))
    }

    #[test]
    fn several_tasks_in_one_call() {
        assert_eq!(tasks("edges licences").unwrap(), [Task::Edges, Task::Licences]);
        let options = dist::Options { smoke: Some("/srv/root".into()), debootstrap: true };
        assert_eq!(tasks("dist --smoke /srv/root --debootstrap").unwrap(), [Task::Dist(options)]);
    }

    #[test]
    fn a_gpu_check_may_name_its_device() {
        assert_eq!(tasks("gpu-check").unwrap(), [Task::GpuCheck { device: None }]);
        let device = Some("cuda:0".to_owned());
        assert_eq!(tasks("gpu-check --device cuda:0").unwrap(), [Task::GpuCheck { device }]);
    }

    #[test]
    fn what_is_not_understood_is_refused() {
        for line in [
            "",
            "edge",
            "edges --smoke root",
            "edges --device cuda",
            "dist --smoke",
            "dist --strip",
        ] {
            assert!(tasks(line).is_err(), "{line:?}");
        }
    }
}
