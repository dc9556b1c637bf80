//! `lacuna bench`: how fast this machine trains and predicts.

use anyhow::Result;
use lacuna_data::Size;
use lacuna_report::{Cell, Column, Table};
use lacuna_train::Interrupt;
use lacuna_train::bench::{BenchConfig, Cpu, Measurement, Work, measure};
use lacuna_train::config::RawConfig;
use serde::Serialize;

use crate::cli::{BenchArgs, WorkArg};
use crate::exit_status::ExitStatus;
use crate::interrupt;
use crate::printer::Printer;

/// Outputs of the network, as many as the paper's.
const CLASSES: usize = 2;

/// What was measured, and on what.
#[derive(Serialize)]
struct Report {
    lacuna_version: &'static str,
    processor: Cpu,
    measurements: Vec<Measurement>,
}

/// Measures each work at each size.
pub(crate) fn run(arguments: &BenchArgs, printer: &Printer) -> Result<ExitStatus> {
    let interrupt = interrupt::listen(printer)?;
    let processor = Cpu::measure(arguments.isa.as_deref())?;
    let mut measurements = Vec::new();
    for size in &arguments.image_size {
        for work in works(arguments.work) {
            let config = config(arguments, *work, *size)?;
            measurements.push(processor.with(|| one(&config, printer, &interrupt))??);
        }
    }
    let lacuna_version = env!("CARGO_PKG_VERSION");
    let report = Report { lacuna_version, processor, measurements };
    printer.result(&report, || table(&report).to_text())?;
    Ok(ExitStatus::Done)
}

fn works(work: WorkArg) -> &'static [Work] {
    match work {
        WorkArg::Train => &[Work::Train],
        WorkArg::Infer => &[Work::Infer],
        WorkArg::Both => &[Work::Train, Work::Infer],
    }
}

fn config(arguments: &BenchArgs, work: Work, image_size: Size) -> Result<BenchConfig> {
    let depth = arguments.encoder_depth.to_string();
    let settings = [
        ("architecture", arguments.architecture.as_str()),
        ("encoder_depth", &depth),
        ("precision", &arguments.precision),
    ];
    let settings = RawConfig::from_pairs(settings)?.check()?;
    Ok(BenchConfig {
        work,
        network: settings.unet_config(CLASSES),
        image_size,
        batch_size: arguments.batch_size,
        steps: arguments.steps,
        device: arguments.device.clone(),
        precision: settings.precision,
    })
}

fn one(config: &BenchConfig, printer: &Printer, interrupt: &Interrupt) -> Result<Measurement> {
    let progress = printer.progress("measuring", config.steps);
    let mut step = |done, total| progress.set(done, total);
    Ok(measure(config, &mut step, interrupt)?)
}

fn table(report: &Report) -> Table {
    let Cpu { isa, operations_per_second: peak, threads, .. } = &report.processor;
    let title = format!("{isa}, {threads} threads, {:.0} GFLOP/s measured peak", peak / 1e9);
    let numbers = ["batch", "images/s", "s a step", "best", "GFLOP/s", "of peak", "memory"];
    let columns = ["work", "input", "device", "precision"].map(Column::text).into_iter();
    let mut table = Table::new(title, columns.chain(numbers.map(Column::number)).collect());
    for measured in &report.measurements {
        let [height, width] = measured.image_size;
        let on_cpu = measured.device == "cpu";
        table.row(vec![
            Cell::text(if measured.work == Work::Train { "train" } else { "infer" }),
            Cell::text(format!("{height}×{width}")),
            Cell::text(&measured.device),
            Cell::text(measured.precision.name()),
            Cell::count(measured.batch_size),
            Cell::number(measured.images_per_second, 2),
            Cell::number(measured.median_seconds, 3),
            Cell::number(measured.best_seconds, 3),
            Cell::number(measured.operations_per_second / 1e9, 0),
            Cell::maybe(on_cpu.then(|| measured.operations_per_second / peak), 2),
            measured
                .peak_bytes
                .map_or(Cell::Missing, |bytes| Cell::text(format!("{:.0} MB", bytes as f64 / 1e6))),
        ]);
    }
    table
}
