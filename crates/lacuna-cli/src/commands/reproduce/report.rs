//! The report of a grid: one page that could be attached to a paper, and the same in Markdown without pictures.

use std::collections::BTreeSet;
use std::path::Path;

use anyhow::Result;
use lacuna_data::Dataset;
use lacuna_metrics::comparison::FEWEST_GROUPS_FOR_P;
use lacuna_report::{Callout, Cell as TableCell, Column, Table};
use lacuna_train::evaluate::{Definition, ThresholdRule};
use lacuna_train::protocol::{Against, Approach, Condition, Design, Over, Results};

use super::{figures, tables};
use crate::commands::audit;
use crate::document::Document;
use crate::wording::count;

const HALF: ThresholdRule = ThresholdRule::Fixed(0.5);

/// The page and its text.
pub(super) struct Report {
    document: Document,
}

impl Report {
    /// Writes the whole report.
    pub(super) fn new(results: &Results, dataset: &Dataset, folder: &Path) -> Result<Self> {
        let title = format!("Learning from partial annotation: {}", results.dataset);
        let mut report = Self { document: Document::new(&title) };
        report.document.lead(&lead(results));
        report.document.page.headline(&headline(results));
        report.results(results);
        report.thresholds(results);
        report.definitions(results);
        report.figures(results, dataset, folder)?;
        report.data(results, dataset)?;
        report.protocol(results)?;
        report.cells(results);
        report.document.page.footer(footer(results));
        Ok(report)
    }

    /// One self-contained file.
    pub(super) fn to_html(&self) -> String {
        self.document.to_html()
    }

    /// Text and tables.
    pub(super) fn to_markdown(&self) -> &str {
        self.document.to_markdown()
    }

    fn results(&mut self, results: &Results) {
        self.document.section("Results");
        for (kind, text) in caveats(results) {
            self.document.callout(kind, &text);
        }
        self.document.table(&tables::main(results));
        self.document.table(&tables::pooled(results, results.definition, HALF));
        self.document.table(&tables::comparisons(results, Against::Standard, HALF));
        self.document.table(&tables::comparisons(results, Against::Full, HALF));
        self.document.table(&tables::comparisons(results, Against::Unmasked, HALF));
        self.document.paragraph(STATISTICS);
        if let Some(table) = tables::beside_published(results) {
            self.document.table(&table);
        }
    }

    fn thresholds(&mut self, results: &Results) {
        self.document.section("Is it only the threshold?");
        self.document.paragraph(THRESHOLDS);
        for rule in tables::rules().into_iter().filter(|rule| *rule != HALF) {
            self.document.table(&tables::scores(results, results.definition, rule));
        }
        self.document.table(&tables::comparisons(results, Against::StandardElkanNoto, HALF));
        self.document.table(&tables::average_precision(results, results.definition));
    }

    fn definitions(&mut self, results: &Results) {
        self.document.section("Other ways to count");
        if results.definition != Definition::UnpaintedNegative {
            self.document.table(&tables::scores(results, Definition::UnpaintedNegative, HALF));
        }
        self.document.table(&tables::bounds(results));
    }

    fn figures(&mut self, results: &Results, dataset: &Dataset, folder: &Path) -> Result<()> {
        self.document.page.section("Pictures");
        for figure in figures::all(results, dataset, folder)? {
            self.document.page.figure(&figure)?;
        }
        let curves = figures::curves(results, folder)?;
        self.document.page.plots(
            curves.iter(),
            "Left: mean Dice on known validation pixels by epoch, first repetition. Right: the Dice of every test picture, lowest first, first repetition, threshold ½.",
        );
        Ok(())
    }

    fn data(&mut self, results: &Results, dataset: &Dataset) -> Result<()> {
        self.document.section("Data");
        let config = results.protocol.recipe.clone().check()?;
        let audit = audit::of(dataset, config.policy, config.image_size, config.sampled())?;
        for warning in &audit.warnings {
            self.document.callout(Callout::Warning, &warning.message);
        }
        for table in audit::tables(&audit, config.policy) {
            self.document.table(&table);
        }
        let columns = ["class"].map(Column::text).into_iter();
        let heads = ["mean share", "least", "most"].map(Column::number);
        let title = "Paint erased from training pictures in the masked condition";
        let mut erased = Table::new(title, columns.chain(heads).collect());
        for share in &results.erased {
            erased.row(vec![
                TableCell::text(&share.class),
                TableCell::maybe(share.share.mean, 2),
                TableCell::number(share.min, 2),
                TableCell::number(share.max, 2),
            ]);
        }
        self.document.table(&erased);
        Ok(())
    }

    fn protocol(&mut self, results: &Results) -> Result<()> {
        self.document.section("Protocol");
        let protocol = &results.protocol;
        let entries = [
            (
                "data set",
                format!("{}, fingerprint `{}`", protocol.data.display(), protocol.fingerprint),
            ),
            ("test cases", format!("{}, groups together", protocol.design)),
            ("validation", format!("{:.0} % of the other cases", 100.0 * protocol.validation)),
            (
                "seed",
                format!("{}; repetition r trains with seed {} + r", protocol.seed, protocol.seed),
            ),
            ("program", format!("lacuna {}", results.lacuna_version)),
        ];
        let entries = entries.map(|(term, value)| (term.to_owned(), value));
        self.document.definitions(&entries);
        self.document.paragraph(
            "The recipe of every training; a cell's own settings are in its `config.toml`.",
        );
        self.document.code(protocol.recipe.clone().check()?.to_toml()?.trim());
        self.document
            .paragraph("To repeat it, with the `[recipe]` of `protocol.toml` as `RECIPE.toml`:");
        self.document.code(&command(results));
        Ok(())
    }

    fn cells(&mut self, results: &Results) {
        let columns = ["run"].map(Column::text).into_iter();
        let heads = ["epochs", "test cases", "minutes", "Dice"].map(Column::number);
        let title = "Every cell: the Dice is the mean over classes at threshold ½";
        let mut table = Table::new(title, columns.chain(heads).collect());
        for cell in &results.cells {
            let half = cell.evaluation().result(HALF);
            table.row(vec![
                TableCell::text(&cell.run),
                TableCell::count(cell.epochs),
                TableCell::count(cell.cases),
                TableCell::number(cell.seconds / 60.0, 1),
                TableCell::maybe(half.and_then(|r| r.mean_dice(results.definition)), 3),
            ]);
        }
        self.document.section("Runs");
        self.document.folded("All cells and their run folders", &[table]);
    }
}

const STATISTICS: &str = "Differences are paired by picture and repetition: within a repetition every approach has the \
same split, seed and erased areas. They are averaged over the pictures of a group and over repetitions first; the \
intervals are 95 % percentile intervals of a bootstrap over groups, then over repetitions; p is of the signed-rank test \
over groups, corrected by Holm over the approaches of one comparison.";

const THRESHOLDS: &str = "If a share c of a class is painted at random, a network trained as if unpainted meant no learns \
c times the probability: what it misses is then mostly a matter of the threshold. ĉ/2 is the correction of Elkan and \
Noto (2008), with ĉ the mean probability on painted validation pixels; it assumes that paint was placed independently of \
what a pixel looks like. Average precision needs no threshold at all.";

fn repetitions(results: &Results) -> usize {
    results.cells.iter().map(|cell| cell.cell.repetition).collect::<BTreeSet<_>>().len()
}

fn approaches(results: &Results) -> String {
    match tables::approaches(results)[..] {
        [only] => format!("`{only}`"),
        ref several => format!("{} approaches", several.len()),
    }
}

fn lead(results: &Results) -> String {
    let conditions = match tables::conditions(results)[..] {
        [Condition::Original] => "original masks",
        [Condition::Masked] => "masked masks",
        _ => "original and masked masks",
    };
    format!(
        "{} on {conditions}, {}, recipe `{}`.",
        approaches(results),
        count(repetitions(results), "repetition"),
        results.protocol.recipe.preset.as_deref().unwrap_or("default"),
    )
}

/// Mean Dice of the rows that matter most.
fn headline(results: &Results) -> Vec<(String, String, String)> {
    let wanted = [
        (Approach::Full, Condition::Original),
        (Approach::Standard, Condition::Original),
        (Approach::FusionBox, Condition::Original),
        (Approach::FusionBox, Condition::Masked),
    ];
    let number = |(approach, condition): (Approach, Condition)| {
        let row = results.row(approach, condition, HALF, results.definition, &Over::Mean)?;
        let sd = row.dice.sd.map_or_else(String::new, |sd| format!("sd {sd:.3}"));
        Some((format!("{approach} {}", condition.letter()), format!("{:.3}", row.dice.mean?), sd))
    };
    wanted.into_iter().filter_map(number).collect()
}

/// What a reader has to know before quoting a number.
fn caveats(results: &Results) -> Vec<(Callout, String)> {
    let mut caveats = Vec::new();
    if !results.grouped {
        caveats.push((Callout::Warning, "Not grouped by patient: no groups are known for all cases, so pictures of one patient may be on both sides of the split.".to_owned()));
    }
    let groups = results.comparisons.iter().map(|c| c.difference.n_groups).max();
    if groups.is_some_and(|groups| groups < FEWEST_GROUPS_FOR_P) {
        caveats.push((Callout::Note, format!("Under {FEWEST_GROUPS_FOR_P} groups: no p-values.")));
    }
    if !results.missing.is_empty() {
        let open = count(results.missing.len(), "cell");
        caveats.push((
            Callout::Warning,
            format!("{open} of the grid not finished: means are over what there is."),
        ));
    }
    if results.definition == Definition::KnownPixels {
        caveats.push((
            Callout::Note,
            "There are no complete masks: scores are on known pixels, a selected sample."
                .to_owned(),
        ));
    }
    caveats
}

fn command(results: &Results) -> String {
    let names: Vec<_> = tables::approaches(results).iter().map(|a| a.as_str()).collect();
    let conditions: Vec<_> = tables::conditions(results).iter().map(|c| c.as_str()).collect();
    let protocol = &results.protocol;
    let design = match protocol.design {
        Design::Folds(folds) => format!("--folds {folds}"),
        Design::Share(share) => format!("--test-share {share}"),
    };
    format!(
        "lacuna reproduce --data DS --output-dir DIR --config RECIPE.toml \\\n  --seed {} {design} --validation {} --repetitions {} \\\n  --approaches {} --conditions {}",
        protocol.seed,
        protocol.validation,
        repetitions(results),
        names.join(","),
        conditions.join(","),
    )
}

fn footer(results: &Results) -> String {
    format!(
        "lacuna {}, data set {}, seed {}",
        results.lacuna_version, results.dataset, results.protocol.seed
    )
}
