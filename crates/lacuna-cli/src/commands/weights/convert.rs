//! `lacuna weights convert`: any weight file that can be read, as safetensors.

use std::path::Path;

use anyhow::Result;
use lacuna_nn::weights::write_safetensors;
use lacuna_nn::{WeightsError, WeightsFile};
use serde::Serialize;

use crate::cli::ConvertArgs;
use crate::error_report::{InputError, UsageError};
use crate::exit_status::ExitStatus;
use crate::printer::Printer;

/// What was written.
#[derive(Serialize)]
struct Converted<'a> {
    path: &'a Path,
    tensors: usize,
    numbers: usize,
    left_out: &'a [String],
}

/// Reads one file and writes the other.
pub(super) fn run(arguments: &ConvertArgs, printer: &Printer) -> Result<ExitStatus> {
    let (input, output) = (&arguments.input, &arguments.output);
    if output.extension().is_none_or(|ending| ending != "safetensors") {
        let message = format!("`{}` does not end in .safetensors", output.display());
        return Err(UsageError::new(message)
            .with_hint("only safetensors files are written")
            .into());
    }
    if output.exists() && !arguments.force {
        let message = format!("`{}` is there already", output.display());
        return Err(UsageError::new(message)
            .with_hint("name another file, or replace it with `--force`")
            .into());
    }
    if !input.exists() {
        return Err(InputError::new(format!("`{}` does not exist", input.display())).into());
    }
    let file = WeightsFile::read(input).map_err(refused)?;
    write_safetensors(output, &file.tensors, &file.metadata)?;
    let converted = Converted {
        path: output,
        tensors: file.tensors.len(),
        numbers: file.tensors.values().map(|tensor| tensor.data.len()).sum(),
        left_out: &file.not_float,
    };
    printer.result(&converted, || {
        let Converted { tensors, numbers, .. } = converted;
        format!("wrote {tensors} tensors, {numbers} numbers, to {}", output.display())
    })?;
    if !file.not_float.is_empty() {
        let names = file.not_float.join(", ");
        printer
            .warning(&format!("left out, for they hold no floating-point numbers: {names}"), None);
    }
    Ok(ExitStatus::Done)
}

fn refused(error: WeightsError) -> anyhow::Error {
    match error {
        WeightsError::Io(_) | WeightsError::Write { .. } => error.into(),
        other => InputError::new(other.to_string())
            .with_hint("read are .safetensors files and PyTorch's .pth and .pt files with a state dict in them")
            .into(),
    }
}
