//! How the pictures of a grid were painted, as figures name it.

use lacuna_data::simulate::{Keep, PaintPattern, SimulateConfig, SimulationRecord};
use serde::Serialize;

/// How the pictures of a grid were painted.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Painting {
    /// Which part of each class.
    pub pattern: PaintPattern,
    /// The same with what else tells two patterns apart, such as `peripheral (left)`.
    pub name: String,
    /// The share asked for, 0 to 1: of each class's pixels, or of its instances.
    pub asked: f64,
    /// The share of the pixels of all classes that was painted, 0 to 1.
    pub share: f64,
    /// The share by class.
    pub classes: Vec<ClassShare>,
    /// Seed of the simulation.
    pub seed: u64,
}

/// How much of a class was painted.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct ClassShare {
    /// The class.
    pub class: String,
    /// Share of its pixels, 0 to 1; `None` where it is nowhere.
    pub share: Option<f64>,
}

impl Painting {
    /// What a record says.
    pub(super) fn new(record: &SimulationRecord) -> Self {
        let sum = |of: fn(&lacuna_data::simulate::ClassTotal) -> usize| -> usize {
            record.classes.iter().map(of).sum()
        };
        let (painted, truth) = (sum(|class| class.painted), sum(|class| class.truth));
        let class = |class: &lacuna_data::simulate::ClassTotal| ClassShare {
            class: class.class.clone(),
            share: class.share(),
        };
        Self {
            pattern: record.config.paint,
            name: name(&record.config),
            asked: record.config.fraction,
            share: if truth > 0 { painted as f64 / truth as f64 } else { 0.0 },
            classes: record.classes.iter().map(class).collect(),
            seed: record.seed,
        }
    }

    /// Pattern and share, such as `core 45 %`.
    pub fn label(&self) -> String {
        format!("{} {:.0} %", self.name, 100.0 * self.share)
    }
}

/// The pattern and all that changes which pixels of a class it paints, but for the share.
fn name(config: &SimulateConfig) -> String {
    let mut remarks = Vec::new();
    if config.paint == PaintPattern::Peripheral && config.keep != Keep::default() {
        remarks.push(config.keep.as_str().to_owned());
    }
    if let (PaintPattern::Core, Some(margin)) = (config.paint, config.core_margin) {
        remarks.push(format!("margin {margin} px"));
    }
    remarks.extend(
        config.fractions.iter().map(|(class, share)| format!("{class} {:.0} %", 100.0 * share)),
    );
    if config.erase_area {
        remarks.push("area erased".to_owned());
    }
    let pattern = config.paint.as_str();
    if remarks.is_empty() {
        return pattern.to_owned();
    }
    format!("{pattern} ({})", remarks.join(", "))
}

/// The settings that figures do not name: where two grids differ in these, they differ in more than pattern and share.
pub(super) fn unnamed(config: &SimulateConfig) -> SimulateConfig {
    let named = SimulateConfig::default();
    SimulateConfig {
        paint: named.paint,
        fraction: named.fraction,
        fractions: named.fractions,
        core_margin: named.core_margin,
        keep: named.keep,
        erase_area: named.erase_area,
        ..config.clone()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_tells_patterns_apart() {
        let config = |paint| SimulateConfig { paint, ..SimulateConfig::default() };
        let core = SimulateConfig { core_margin: Some(4.0), ..config(PaintPattern::Core) };
        let left = SimulateConfig { keep: Keep::Left, ..config(PaintPattern::Peripheral) };
        let mut uneven = SimulateConfig { erase_area: true, ..config(PaintPattern::Nearest) };
        uneven.fractions.insert("gum".to_owned(), 0.3);
        let table = [
            (config(PaintPattern::MissedInstances), "missed-instances"),
            (core, "core (margin 4 px)"),
            (left, "peripheral (left)"),
            (uneven, "nearest (gum 30 %, area erased)"),
        ];
        for (config, expected) in table {
            assert_eq!(name(&config), expected);
        }
    }
}
