//! What was painted, in numbers and in words.

use std::path::Path;

use lacuna_data::simulate::{PaintReport, SimulateConfig, Simulated};
use lacuna_data::supervision::erase::Area;
use lacuna_data::{Case, ClassSet};
use lacuna_report::{Cell, Column, Table};
use serde::Serialize;

use crate::printer::Printer;
use crate::wording::count;

/// Version of `simulation.json`.
const VERSION: u32 = 1;

/// A whole simulation; also what the new data set records about how it was made.
#[derive(Serialize)]
pub(super) struct Report {
    version: u32,
    lacuna_version: &'static str,
    seed: u64,
    config: SimulateConfig,
    classes: Vec<ClassTotal>,
    cases: Vec<CaseReport>,
}

/// One case.
#[derive(Serialize)]
pub(super) struct CaseReport {
    id: String,
    classes: Vec<PaintReport>,
    neither: usize,
    area: Option<Area>,
    has_region: bool,
}

/// One class over all cases.
#[derive(Serialize)]
struct ClassTotal {
    class: String,
    truth: usize,
    painted: usize,
    stray: usize,
    /// Smallest and largest share painted of a case in which the class is.
    share_range: Option<[f64; 2]>,
}

impl CaseReport {
    pub(super) fn new(case: &Case, simulated: Simulated) -> Self {
        Self {
            id: case.id.clone(),
            has_region: !simulated.annotation.regions.is_empty(),
            classes: simulated.classes,
            neither: simulated.neither,
            area: simulated.area,
        }
    }
}

impl Report {
    pub(super) fn new(
        seed: u64,
        config: &SimulateConfig,
        classes: &ClassSet,
        cases: Vec<CaseReport>,
    ) -> Self {
        let names = classes.names().into_iter().enumerate();
        let classes = names.map(|(index, class)| ClassTotal::new(class, index, &cases)).collect();
        let lacuna_version = env!("CARGO_PKG_VERSION");
        Self { version: VERSION, lacuna_version, seed, config: config.clone(), classes, cases }
    }

    /// One row a class.
    pub(super) fn text(&self, target: &Path) -> String {
        let heads = ["pixels", "painted", "share", "least", "most", "stray"].map(Column::number);
        let columns = std::iter::once(Column::text("class")).chain(heads).collect();
        let mut table = Table::new("", columns);
        for class in &self.classes {
            let share = (class.truth > 0).then(|| class.painted as f64 / class.truth as f64);
            table.row(vec![
                Cell::text(&class.class),
                Cell::count(class.truth),
                Cell::count(class.painted),
                Cell::maybe(share, 3),
                Cell::maybe(class.share_range.map(|range| range[0]), 3),
                Cell::maybe(class.share_range.map(|range| range[1]), 3),
                Cell::count(class.stray),
            ]);
        }
        table.note(
            "least, most: smallest and largest share of a picture; stray: painted beyond the class",
        );
        let regions = self.cases.iter().filter(|case| case.has_region).count();
        let neither: usize = self.cases.iter().map(|case| case.neither).sum();
        format!(
            "simulated {} into {} (seed {})\n\n{}regions: {regions}; pixels painted as neither: {neither}\n",
            count(self.cases.len(), "case"),
            target.display(),
            self.seed,
            table.to_text()
        )
    }

    pub(super) fn warn(&self, printer: &Printer) {
        for class in self.classes.iter().filter(|class| class.truth == 0) {
            printer.warning(&format!("class {} is in no picture", class.class), None);
        }
        for class in self.classes.iter().filter(|class| class.truth > 0 && class.painted == 0) {
            printer.warning(
                &format!("nothing of class {} was painted", class.class),
                Some("use a larger `--fraction`, or a smaller `--margin-px`"),
            );
        }
    }
}

impl ClassTotal {
    fn new(class: String, index: usize, cases: &[CaseReport]) -> Self {
        let sum =
            |of: fn(&PaintReport) -> usize| cases.iter().map(|case| of(&case.classes[index])).sum();
        let shares = cases.iter().filter_map(|case| case.classes[index].share);
        let share_range = shares.fold(None, |range: Option<[f64; 2]>, share| {
            let [least, most] = range.unwrap_or([share; 2]);
            Some([least.min(share), most.max(share)])
        });
        Self {
            class,
            truth: sum(|paint| paint.truth),
            painted: sum(|paint| paint.painted),
            stray: sum(|paint| paint.stray),
            share_range,
        }
    }
}
