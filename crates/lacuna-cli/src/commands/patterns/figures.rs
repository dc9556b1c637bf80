//! Label-budget curves, pattern maps and intervals of the ratio to full supervision.

use lacuna_report::{Axis, Drawing, IntervalPlot, LinePlot, Mark, Matrix, MatrixCell, Series};
use lacuna_train::evaluate::ThresholdRule;
use lacuna_train::protocol::patterns::{
    AIM, Ceiling, GridSummary, HALF, PatternRow, Patterns, RuleChoice, Standing, Winners,
};
use lacuna_train::protocol::{Approach, Condition, Over};

use super::{approaches, class_name, classes, condition_name, conditions, rule_sign};

/// Where the figures lie, beside the report.
pub(super) const FOLDER: &str = "figures";

/// The approaches of the label-budget curve.
pub(super) const BUDGET: [(Approach, ThresholdRule); 3] = [
    (Approach::Standard, HALF),
    (Approach::Standard, ThresholdRule::ElkanNoto),
    (Approach::FusionBox, HALF),
];

/// A figure and what its file is called.
pub(super) struct Figure {
    name: String,
    pub(super) drawing: Drawing,
}

impl Figure {
    fn new(parts: &[&str], drawing: Drawing) -> Self {
        let words = parts.join(" ").to_lowercase();
        let words = words.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty());
        Self { name: words.collect::<Vec<_>>().join("-"), drawing }
    }

    /// Its file, relative to the report.
    pub(super) fn file(&self) -> String {
        format!("{FOLDER}/{}.svg", self.name)
    }
}

/// All figures of a report.
pub(super) struct Figures {
    /// By condition and class: a panel a pattern.
    pub(super) budget: Vec<(Condition, Over, Vec<Figure>)>,
    /// By choice of thresholds and class.
    pub(super) maps: Vec<(RuleChoice, Over, Figure)>,
    /// By condition: a panel a painting.
    pub(super) ratios: Vec<(Condition, Vec<Figure>)>,
}

impl Figures {
    /// Draws everything.
    pub(super) fn new(patterns: &Patterns) -> Self {
        let (mut budget, mut maps) = (Vec::new(), Vec::new());
        for class in classes(patterns) {
            for condition in conditions(patterns) {
                let panels = names(patterns)
                    .into_iter()
                    .map(|pattern| budget_panel(patterns, pattern, condition, &class));
                budget.push((condition, class.clone(), panels.collect()));
            }
            for at in RuleChoice::ALL {
                let parts = ["pattern map", at.as_str(), class.as_str()];
                let figure = Figure::new(&parts, map(patterns, at, &class).draw());
                maps.push((at, class.clone(), figure));
            }
        }
        let of = |condition| {
            let panels = patterns.grids.iter().filter_map(|g| ratio_panel(patterns, g, condition));
            (condition, panels.collect())
        };
        Self { budget, maps, ratios: conditions(patterns).into_iter().map(of).collect() }
    }

    /// Every figure once.
    pub(super) fn all(&self) -> impl Iterator<Item = &Figure> {
        let budget = self.budget.iter().flat_map(|(.., panels)| panels);
        let maps = self.maps.iter().map(|(.., figure)| figure);
        budget.chain(maps).chain(self.ratios.iter().flat_map(|(_, panels)| panels))
    }
}

/// The patterns, each once.
pub(super) fn names(patterns: &Patterns) -> Vec<&str> {
    let mut names: Vec<_> = patterns.grids.iter().map(|grid| grid.painting.name.as_str()).collect();
    names.dedup();
    names
}

/// What a curve is called.
pub(super) fn curve_name(approach: Approach, rule: ThresholdRule) -> String {
    format!("{approach}, t = {}", rule_sign(rule))
}

/// The same where ½ is what is meant if nothing is said.
pub(super) fn short_name(approach: Approach, rule: ThresholdRule) -> String {
    if rule == HALF { approach.to_string() } else { format!("{approach} {}", rule_sign(rule)) }
}

/// Dice against the share painted, under one pattern.
fn budget_panel(patterns: &Patterns, pattern: &str, condition: Condition, class: &Over) -> Figure {
    let x = Axis::linear("share of the class pixels painted (%)").including(0.0, last(patterns));
    let title = format!("{pattern} {}, {}", condition.letter(), class_name(class));
    let mut plot = LinePlot::new(title, x, Axis::linear("Dice").including(0.0, 1.0));
    for (approach, rule) in BUDGET {
        let is_it = |row: &&PatternRow| {
            row.pattern == pattern
                && (row.condition, row.approach) == (condition, approach)
                && row.rule == rule
                && row.class == *class
        };
        plot.series(curve(curve_name(approach, rule), patterns.rows.iter().filter(is_it)));
    }
    if let Some(full) = patterns.full.iter().find(|full| full.class == *class) {
        plot.series(ceiling(full, last(patterns)));
    }
    let parts = ["label budget", pattern, condition.as_str(), class.as_str()];
    Figure::new(&parts, plot.draw())
}

fn curve<'a>(name: String, rows: impl Iterator<Item = &'a PatternRow>) -> Series {
    let (mut points, mut band) = (Vec::new(), Vec::new());
    for row in rows {
        let share = 100.0 * row.share;
        points.push((share, Some(row.dice.mean)));
        band.extend(row.dice.interval.map(|ends| [share, ends.lo, ends.hi]));
    }
    Series::line(name, points).with_band(band)
}

/// Full masks leave no share to choose: a level across the panel.
fn ceiling(full: &Ceiling, last: f64) -> Series {
    let ends = [0.0, last];
    let points = ends.map(|x| (x, Some(full.dice.mean))).to_vec();
    let band = full.dice.interval.map(|interval| ends.map(|x| [x, interval.lo, interval.hi]));
    let series = Series::line("full masks, t = ½", points);
    series.with_band(band.map(|band| band.to_vec()).unwrap_or_default())
}

/// Where all panels end, in percent: a round number beyond the largest share.
fn last(patterns: &Patterns) -> f64 {
    let shares = patterns.grids.iter().map(|grid| 100.0 * grid.painting.share);
    let largest = shares.fold(0.0, f64::max);
    [20.0, 40.0, 60.0, 80.0].into_iter().find(|end| largest + 4.0 <= *end).unwrap_or(100.0)
}

/// A row a painting, a column an approach, the winner framed.
fn map(patterns: &Patterns, at: RuleChoice, class: &Over) -> Matrix {
    let columns = approaches(patterns);
    let thresholds = match at {
        RuleChoice::Half => "threshold ½",
        RuleChoice::Best => "best rule of each",
    };
    let title = format!("Dice by painting and approach, {thresholds}, {}", class_name(class));
    let mut matrix = Matrix::new(title, columns.iter().map(|approach| approach.as_str()));
    for condition in conditions(patterns) {
        let is_it = |w: &&Winners| w.at == at && w.class == *class && w.condition == condition;
        matrix.section(condition_name(condition));
        for winners in patterns.winners.iter().filter(is_it) {
            let cells = columns.iter().map(|approach| cell(winners, *approach)).collect();
            matrix.row(row_name(patterns, winners), cells);
        }
    }
    matrix
}

/// The painting, how many repetitions stand behind the row, and whether an approach is still missing.
pub(super) fn row_name(patterns: &Patterns, winners: &Winners) -> String {
    let label = patterns.grid(&winners.grid).map_or_else(String::new, |g| g.painting.label());
    let open = if winners.open.is_empty() { "" } else { ", open" };
    format!("{label}, n = {}{open}", winners.repetitions.len())
}

fn cell(winners: &Winners, approach: Approach) -> MatrixCell {
    let found = winners.entries.iter().find(|entry| entry.approach == approach);
    let Some(entry) = found else { return MatrixCell::default() };
    let remark = match winners.at {
        RuleChoice::Half => String::new(),
        RuleChoice::Best => rule_sign(entry.rule),
    };
    let mark = match entry.standing {
        Standing::Best => Mark::Best,
        Standing::Tied => Mark::Tied,
        Standing::Worse => Mark::None,
    };
    MatrixCell { value: Some(entry.dice), remark, mark }
}

/// Every approach beside full supervision under one painting; `None` where nothing can be compared.
fn ratio_panel(patterns: &Patterns, grid: &GridSummary, condition: Condition) -> Option<Figure> {
    let label = grid.painting.label();
    let x = Axis::linear("Dice as a share of that with full masks").including(0.0, 1.0);
    let title = format!("{label} {}, mean over classes", condition.letter());
    let mut plot = IntervalPlot::new(title, x);
    plot.line(AIM, format!("{AIM}"));
    let mut is_empty = true;
    for (approach, rule) in ratio_rows(patterns) {
        let row = patterns.row(&grid.name, approach, condition, rule, &Over::Mean);
        let Some(full) = row.and_then(|row| row.against_full.as_ref()) else { continue };
        let ratio = full.difference.ratio;
        let ends = ratio.interval.map(|ends| [ends.lo, ends.hi]);
        plot.row(short_name(approach, rule), ratio.value, ends, full.reaches_aim);
        is_empty = false;
    }
    let parts = ["ratio", &grid.name, condition.as_str()];
    (!is_empty).then(|| Figure::new(&parts, plot.draw()))
}

/// All approaches at ½, and the baseline with its corrected threshold beside it.
pub(super) fn ratio_rows(patterns: &Patterns) -> Vec<(Approach, ThresholdRule)> {
    let mut rows = Vec::new();
    for approach in approaches(patterns) {
        rows.push((approach, HALF));
        if approach == Approach::Standard {
            rows.push((approach, ThresholdRule::ElkanNoto));
        }
    }
    rows
}
