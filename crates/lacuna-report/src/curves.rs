//! The standard plots of a training run from its rows, one an epoch.

use std::collections::BTreeMap;

use crate::plot::{Axis, LinePlot, Series};

/// What was measured in one epoch.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct EpochRow {
    /// Number of the epoch, from 1.
    pub epoch: u32,
    /// Mean training loss.
    pub train_loss: Option<f64>,
    /// Validation metrics by name. A name is `metric` or `metric/class`: names with the same metric
    /// share a plot, and `loss` stands beside the training loss.
    pub validation: BTreeMap<String, f64>,
    /// Learning rate.
    pub learning_rate: Option<f64>,
}

/// Loss, then a plot for each validation metric with one line a class, then the learning rate if it
/// changes. `best_epoch` is marked.
pub fn standard_plots(rows: &[EpochRow], best_epoch: Option<u32>) -> Vec<LinePlot> {
    let mut plots = vec![loss_plot(rows)];
    plots.extend(metric_plots(rows));
    plots.extend(learning_rate_plot(rows));
    for plot in &mut plots {
        if let Some(best) = best_epoch {
            plot.mark(f64::from(best), "best");
        }
    }
    plots
}

/// One metric of several runs in one plot; `metric` is a full name as in [`EpochRow::validation`].
pub fn compare_runs(metric: &str, runs: &[(&str, &[EpochRow])]) -> LinePlot {
    let mut plot = LinePlot::new(
        format!("Validation: {metric}"),
        epochs(),
        axis_of(metric, runs.iter().flat_map(|(_, rows)| rows.iter())),
    );
    for (name, rows) in runs {
        plot.series(Series::line(*name, column(rows, |row| row.validation.get(metric).copied())));
    }
    plot
}

fn epochs() -> Axis {
    Axis::linear("epoch").integers()
}

fn column(rows: &[EpochRow], of: impl Fn(&EpochRow) -> Option<f64>) -> Vec<(f64, Option<f64>)> {
    rows.iter().map(|row| (f64::from(row.epoch), of(row))).collect()
}

fn loss_plot(rows: &[EpochRow]) -> LinePlot {
    let mut plot = LinePlot::new("Loss", epochs(), Axis::linear("loss").including(0.0, 0.0));
    plot.series(Series::line("training", column(rows, |row| row.train_loss)));
    for name in names(rows).filter(|name| metric_of(name) == "loss") {
        let label = name
            .strip_prefix("loss/")
            .map_or("validation".to_owned(), |class| format!("validation, {class}"));
        plot.series(Series::line(label, column(rows, |row| row.validation.get(name).copied())));
    }
    plot
}

fn metric_plots(rows: &[EpochRow]) -> Vec<LinePlot> {
    let mut by_metric: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for name in names(rows).filter(|name| metric_of(name) != "loss") {
        by_metric.entry(metric_of(name)).or_default().push(name);
    }
    let plot = |(metric, names): (&str, Vec<&str>)| {
        let title = format!("Validation: {metric}");
        let mut plot = LinePlot::new(title, epochs(), axis_of(metric, rows.iter()));
        for name in names {
            let class = name.split_once('/').map_or(name, |(_, class)| class);
            plot.series(Series::line(class, column(rows, |row| row.validation.get(name).copied())));
        }
        plot
    };
    by_metric.into_iter().map(plot).collect()
}

fn learning_rate_plot(rows: &[EpochRow]) -> Option<LinePlot> {
    let rates: Vec<_> = rows.iter().filter_map(|row| row.learning_rate).collect();
    if rates.windows(2).all(|pair| pair[0].to_bits() == pair[1].to_bits()) {
        return None;
    }
    let mut plot = LinePlot::new("Learning rate", epochs(), Axis::log("learning rate"));
    plot.series(Series::line("", column(rows, |row| row.learning_rate)));
    Some(plot)
}

/// All names in order.
fn names(rows: &[EpochRow]) -> impl Iterator<Item = &str> {
    let all = rows.iter().flat_map(|row| row.validation.keys().map(String::as_str));
    all.collect::<std::collections::BTreeSet<_>>().into_iter()
}

fn metric_of(name: &str) -> &str {
    name.split_once('/').map_or(name, |(metric, _)| metric)
}

/// A score between 0 and 1 is shown on the whole of its scale, so that small changes look small.
fn axis_of<'a>(metric: &str, rows: impl Iterator<Item = &'a EpochRow>) -> Axis {
    let axis = Axis::linear(metric_of(metric));
    let values = rows
        .flat_map(|row| &row.validation)
        .filter(|(name, _)| metric_of(name) == metric_of(metric));
    let mut finite = values.map(|(_, value)| *value).filter(|value| value.is_finite());
    if finite.all(|value| (0.0..=1.0).contains(&value)) { axis.including(0.0, 1.0) } else { axis }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rows() -> Vec<EpochRow> {
        let row = |epoch: u32| EpochRow {
            epoch,
            train_loss: Some(1.0 / f64::from(epoch)),
            validation: [("dice/gum", 0.1), ("dice/teeth", 0.2), ("loss", 0.3), ("hd95/gum", 9.0)]
                .map(|(name, value)| (name.to_owned(), value * f64::from(epoch)))
                .into(),
            learning_rate: Some(0.01 / f64::from(epoch)),
        };
        (1..=4).map(row).collect()
    }

    #[test]
    fn metrics_are_grouped_by_name() {
        let drawings: Vec<_> =
            standard_plots(&rows(), Some(3)).iter().map(LinePlot::draw).collect();
        let titles: Vec<_> = drawings.iter().map(crate::Drawing::title).collect();
        assert_eq!(titles, ["Loss", "Validation: dice", "Validation: hd95", "Learning rate"]);
        assert!(drawings[0].inline().contains(">validation</text>"));
        assert!(drawings[1].inline().contains(">teeth</text>"));
        assert!(drawings[1].inline().contains(">1.0</text>")); // the whole scale of a score
        assert!(drawings.iter().all(|drawing| drawing.inline().contains(">best</text>")));
    }

    #[test]
    fn a_constant_rate_and_no_rows_are_fine() {
        let mut rows = rows();
        for row in &mut rows {
            row.learning_rate = Some(0.01);
        }
        assert_eq!(standard_plots(&rows, None).len(), 3);
        assert_eq!(standard_plots(&[], None).len(), 1);
    }

    #[test]
    fn runs_are_compared() {
        let rows = rows();
        let drawing =
            compare_runs("dice/gum", &[("standard", &rows), ("fusion", &rows[..2])]).draw();
        assert!(drawing.inline().contains(">standard</text>"));
        assert_eq!(drawing.inline().matches("<polyline").count(), 2);
    }
}
