//! The commands that made the grids.

use lacuna_data::simulate::{Outline, SimulateConfig};
use lacuna_train::protocol::Design;
use lacuna_train::protocol::patterns::{GridSummary, Patterns};

/// How the data were painted and the grids trained.
pub(super) fn commands(patterns: &Patterns) -> String {
    let grids = patterns.grids.iter().flat_map(|grid| [simulate(grid), reproduce(patterns, grid)]);
    let last = "lacuna patterns grids/* --output-dir patterns".to_owned();
    grids.chain([last]).collect::<Vec<_>>().join("\n")
}

fn reproduce(patterns: &Patterns, grid: &GridSummary) -> String {
    let design = match patterns.design {
        Design::Folds(folds) => format!("--folds {folds}"),
        Design::Share(share) => format!("--test-share {share}"),
    };
    let repetitions = grid.repetitions.last().map_or(0, |last| last + 1);
    format!(
        "lacuna reproduce --data data/{0} --output-dir grids/{0} --config RECIPE.toml \\\n  --seed {1} {design} --validation {2} --repetitions {repetitions}",
        grid.name, patterns.seed, patterns.validation
    )
}

fn simulate(grid: &GridSummary) -> String {
    format!(
        "lacuna simulate --data FULL --output-dir data/{} --seed {} \\\n  {}",
        grid.name,
        grid.painting.seed,
        flags(&grid.simulation).join(" ")
    )
}

/// Pattern and share, then what is not as it is by default.
fn flags(config: &SimulateConfig) -> Vec<String> {
    let usual = SimulateConfig::default();
    let mut flags =
        vec![format!("--paint {} --fraction {}", config.paint.as_str(), config.fraction)];
    flags.extend(
        config.fractions.iter().map(|(class, share)| format!("--fraction-of {class}={share}")),
    );
    flags.extend(config.core_margin.map(|margin| format!("--margin-px {margin}")));
    if config.keep != usual.keep {
        flags.push(format!("--keep {}", config.keep.as_str()));
    }
    if config.neither != usual.neither {
        flags.push(format!("--neither {}", config.neither));
    }
    let numbers = [
        ("stroke-width", config.stroke_width, usual.stroke_width),
        ("stray", config.stray, usual.stray),
        ("stray-width", config.stray_width, usual.stray_width),
        ("neither-width", config.neither_width, usual.neither_width),
        ("box-margin", config.box_margin, usual.box_margin),
        ("box-margin-share", config.box_margin_share, usual.box_margin_share),
        ("box-jitter", config.box_jitter, usual.box_jitter),
        ("box-jitter-share", config.box_jitter_share, usual.box_jitter_share),
    ];
    let changed = numbers.into_iter().filter(|(_, value, usual)| value.total_cmp(usual).is_ne());
    flags.extend(changed.map(|(flag, value, _)| format!("--{flag} {value}")));
    let switches = [
        ("--erase-area", config.erase_area),
        ("--no-box", config.outline == Outline::None),
        ("--polygon", config.outline == Outline::Polygon),
        ("--box-may-cut", config.box_may_cut),
    ];
    flags.extend(switches.into_iter().filter(|switch| switch.1).map(|switch| switch.0.to_owned()));
    flags
}

#[cfg(test)]
mod tests {
    use clap::Parser;

    use super::*;
    use crate::cli::{Cli, Command};
    use lacuna_data::simulate::{Keep, PaintPattern};

    #[test]
    fn the_flags_make_the_same_settings() {
        let mut unusual = SimulateConfig {
            paint: PaintPattern::Peripheral,
            fraction: 0.2,
            stroke_width: 9.0,
            core_margin: Some(3.0),
            keep: Keep::Left,
            stray: 0.1,
            stray_width: 3.0,
            erase_area: true,
            neither: 2,
            neither_width: 4.0,
            outline: Outline::Polygon,
            box_margin: 0.0,
            box_margin_share: 0.08,
            box_jitter: 1.0,
            box_jitter_share: 0.04,
            box_may_cut: true,
            ..SimulateConfig::default()
        };
        unusual.fractions.insert("gum".to_owned(), 0.3);
        for config in [SimulateConfig::default(), unusual] {
            let line =
                format!("lacuna simulate --data a --output-dir b {}", flags(&config).join(" "));
            let parsed = Cli::try_parse_from(line.split(' ')).unwrap();
            let Command::Simulate(arguments) = parsed.command else { panic!("{line}") };
            assert_eq!(arguments.config(), config);
        }
    }
}
