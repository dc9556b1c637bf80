//! `lacuna audit`: what a data set can teach.

mod picture;
mod table;

use anyhow::Result;
use lacuna_data::augment::Sampling;
use lacuna_data::supervision::{Audit, PolicyName};
use lacuna_data::{Annotation, Case, DataError, Dataset, Evidence, Size};
use lacuna_report::Table;
use lacuna_train::Interrupt;
use rayon::prelude::*;

use crate::cli::AuditArgs;
use crate::exit_status::ExitStatus;
use crate::interrupt;
use crate::printer::Printer;
use crate::wording;

/// Counts, warns, and draws if asked to.
pub(crate) fn run(arguments: &AuditArgs, printer: &Printer) -> Result<ExitStatus> {
    let dataset = Dataset::open(&arguments.data)?;
    let cases = chosen(&dataset, &arguments.case)?;
    let interrupt = interrupt::listen(printer)?;
    let Some(audit) = count(&dataset, &cases, arguments, printer, &interrupt)? else {
        return Ok(ExitStatus::Interrupted);
    };
    printer.result(&audit, || table::text(&audit, dataset.name(), arguments.policy))?;
    for warning in &audit.warnings {
        printer.warning(&warning.message, Some(&warning.hint));
    }
    if let Some(dir) = &arguments.pictures {
        printer.message(&format!(
            "wrote {} to {}",
            wording::count(cases.len(), "picture"),
            dir.display()
        ));
    }
    Ok(ExitStatus::Done)
}

/// The audit of a whole data set at the size of a training.
pub(super) fn of(
    dataset: &Dataset,
    policy: PolicyName,
    image_size: Size,
    sampling: Sampling,
) -> Result<Audit, DataError> {
    let mut audit = Audit::new(dataset.classes(), image_size);
    for case in dataset.cases() {
        let annotation = dataset.load_annotation(case)?;
        audit.add_regions(&annotation);
        audit.add(&Evidence::collect(&annotation, dataset.classes()), sampling);
    }
    Ok(audit.finish(policy))
}

/// What each policy knows, and where the evidence comes from.
pub(super) fn tables(audit: &Audit, policy: PolicyName) -> [Table; 2] {
    [table::policies(audit, policy), table::sources(audit)]
}

/// The cases asked for, or all, sorted by id.
fn chosen<'a>(dataset: &'a Dataset, ids: &[String]) -> Result<Vec<&'a Case>> {
    if ids.is_empty() {
        return Ok(dataset.cases().iter().collect());
    }
    let mut cases = ids.iter().map(|id| dataset.case(id)).collect::<Result<Vec<_>, _>>()?;
    cases.sort_by(|a, b| a.id.cmp(&b.id));
    cases.dedup_by(|a, b| a.id == b.id);
    Ok(cases)
}

/// Reads the cases in order, several at a time; `None` if interrupted.
fn count(
    dataset: &Dataset,
    cases: &[&Case],
    arguments: &AuditArgs,
    printer: &Printer,
    interrupt: &Interrupt,
) -> Result<Option<Audit>> {
    let progress = printer.progress("auditing", cases.len());
    let mut audit = Audit::new(dataset.classes(), arguments.image_size);
    let mut done = 0;
    for chunk in cases.chunks(rayon::current_num_threads()) {
        if interrupt.is_raised() {
            return Ok(None);
        }
        let read = |case: &&Case| read(dataset, case, arguments);
        let evidence: Vec<Result<(Annotation, Evidence)>> = chunk.par_iter().map(read).collect();
        // in order, so that of several broken cases always the same one is named
        for evidence in evidence {
            let (annotation, evidence) = evidence?;
            audit.add_regions(&annotation);
            audit.add(&evidence, Sampling::Resize(arguments.resize.into()));
            done += 1;
            progress.set(done, cases.len());
        }
    }
    Ok(Some(audit.finish(arguments.policy)))
}

/// What was said about a case, and its evidence; draws its picture on the way if one is wanted.
fn read(dataset: &Dataset, case: &Case, arguments: &AuditArgs) -> Result<(Annotation, Evidence)> {
    let annotation = dataset.load_annotation(case)?.trusting(arguments.box_trust);
    let evidence = Evidence::collect(&annotation, dataset.classes());
    if let Some(dir) = &arguments.pictures {
        picture::write(dataset, case, &evidence, dir)?;
    }
    Ok((annotation, evidence))
}
