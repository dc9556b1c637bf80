//! The report of several grids: one page that could be attached to a paper, and the same as text.

use anyhow::Result;
use lacuna_metrics::comparison::FEWEST_GROUPS_FOR_P;
use lacuna_report::Callout;
use lacuna_train::protocol::patterns::{AIM, GridSummary, Patterns, RuleChoice, Standing, Winners};
use lacuna_train::protocol::{Approach, Condition, Over, RULES};

use super::figures::{self, Figures};
use super::{
    approaches, class_name, classes, command, condition_name, conditions, rule_sign, tables,
};
use crate::document::Document;
use crate::wording::count;

/// Writes the whole report.
pub(super) fn write(patterns: &Patterns, figures: &Figures) -> Result<Document> {
    let mut document = Document::new("Which painting needs which supervision");
    document.lead(&lead(patterns));
    document.page.headline(&headline(patterns));
    painted(&mut document, patterns);
    budget(&mut document, patterns, figures);
    map(&mut document, patterns, figures);
    ratio(&mut document, patterns, figures);
    protocol(&mut document, patterns)?;
    document.section("Runs");
    document.folded("All trainings and their run folders", &[tables::runs(patterns)]);
    document.page.footer(format!("lacuna {}, seed {}", patterns.lacuna_version, patterns.seed));
    Ok(document)
}

fn painted(document: &mut Document, patterns: &Patterns) {
    document.section("What was painted");
    for (kind, text) in caveats(patterns) {
        document.callout(kind, &text);
    }
    document.table(&tables::grids(patterns));
}

fn budget(document: &mut Document, patterns: &Patterns, figures: &Figures) {
    document.section("Label budget");
    document.paragraph(BUDGET);
    for (condition, class, panels) in &figures.budget {
        let is_mean = *class == Over::Mean;
        if is_mean {
            let drawings = panels.iter().map(|panel| &panel.drawing);
            document.page.plots(drawings, &budget_caption(*condition));
            document.table(&tables::budget(patterns, *condition, class));
        }
    }
    for class in classes(patterns).into_iter().filter(|class| *class != Over::Mean) {
        let of_class = figures.budget.iter().filter(|(_, of, _)| *of == class);
        let drawings: Vec<_> =
            of_class.flat_map(|(.., panels)| panels).map(|panel| &panel.drawing).collect();
        document.page.details(&format!("Curves of {}", class_name(&class)), |page| {
            page.plots(drawings, "");
        });
        let tables = conditions(patterns).into_iter().map(|c| tables::budget(patterns, c, &class));
        let tables: Vec<_> = tables.collect();
        document.folded(&format!("Numbers of {}", class_name(&class)), &tables);
    }
}

fn map(document: &mut Document, patterns: &Patterns, figures: &Figures) {
    document.section("Pattern map");
    document.paragraph(MAP);
    for at in RuleChoice::ALL {
        let is_it = |entry: &&(RuleChoice, Over, figures::Figure)| entry.0 == at;
        for (_, class, figure) in figures.maps.iter().filter(is_it) {
            if *class == Over::Mean {
                document.page.wide_plot(&figure.drawing, map_caption(at));
                document.list(&victories(patterns, at));
            }
        }
        let classes = classes(patterns).into_iter().filter(|class| *class != Over::Mean);
        let drawings: Vec<_> = figures.maps.iter().filter(is_it).collect();
        document.page.details(&format!("By class, {}", at_name(at)), |page| {
            for (_, _, figure) in drawings.iter().filter(|(_, class, _)| *class != Over::Mean) {
                page.wide_plot(&figure.drawing, "");
            }
        });
        let all = std::iter::once(Over::Mean).chain(classes);
        let tables: Vec<_> = all.map(|class| tables::map(patterns, at, &class)).collect();
        document.folded(&format!("The same as tables, {}", at_name(at)), &tables);
    }
}

fn ratio(document: &mut Document, patterns: &Patterns, figures: &Figures) {
    document.section("Beside full supervision");
    document.paragraph(RATIO);
    for (condition, panels) in &figures.ratios {
        let caption = format!(
            "{}, threshold ½ where nothing else is said. Filled: the lower end of the 95 % interval reaches {AIM}.",
            condition_name(*condition)
        );
        document.page.plots(panels.iter().map(|panel| &panel.drawing), &caption);
    }
    document.table(&tables::reached(patterns));
    for rule in RULES {
        let table = tables::ratios(patterns, rule);
        document.folded(
            &format!("Every class with its interval, threshold {}", rule_sign(rule)),
            &[table],
        );
    }
}

fn protocol(document: &mut Document, patterns: &Patterns) -> Result<()> {
    document.section("Protocol");
    let data = |grid: &GridSummary| {
        let text = format!("{}, fingerprint `{}`", grid.data.display(), grid.fingerprint);
        (format!("data of {}", grid.name), text)
    };
    let share = format!("{:.0} % of the other cases", 100.0 * patterns.validation);
    let entries = [
        ("test cases", format!("{}, groups together", patterns.design)),
        ("validation", share),
        ("seed", patterns.seed.to_string()),
        ("program", format!("lacuna {}", patterns.lacuna_version)),
    ];
    let entries = entries.map(|(term, value)| (term.to_owned(), value)).into_iter();
    let entries: Vec<_> = entries.chain(patterns.grids.iter().map(data)).collect();
    document.definitions(&entries);
    document.paragraph("The recipe of every training:");
    document.code(patterns.recipe.clone().check()?.to_toml()?.trim());
    document.paragraph("To repeat it, from complete masks in `FULL` and with the `[recipe]` of a grid's `protocol.toml` as `RECIPE.toml`:");
    document.code(&command::commands(patterns));
    Ok(())
}

const BUDGET: &str = "Dice on all pixels of test pictures, against complete masks, by the share of the class pixels that was \
painted. Bands are 95 % intervals: groups were resampled, then repetitions. What a painter's time costs was not \
simulated: the share is of pixels, and a share of a core or of strokes may take longer than the same share in one piece.";

const MAP: &str = "The supervision with the highest Dice under each painting. Those whose paired difference to it has a 95 % \
interval that reaches 0 are not told apart from it; no correction was made for the number of approaches. Only \
repetitions that all approaches of a row have finished are compared.";

const RATIO: &str = "Mean Dice over groups divided by that with full masks, paired by picture and repetition; the intervals \
resample groups, then repetitions. The aim is a lower end of at least .95. Full masks are scored at threshold ½; where a \
grid has no training on full masks of its own, that of another grid in the same repetition is taken: it has the same \
pictures, split and seed.";

fn budget_caption(condition: Condition) -> String {
    let erased = match condition {
        Condition::Original => "",
        Condition::Masked => " The share is that before erasing.",
    };
    format!("{}, mean over classes.{erased}", condition_name(condition))
}

const fn at_name(at: RuleChoice) -> &'static str {
    match at {
        RuleChoice::Half => "threshold ½",
        RuleChoice::Best => "best rule of each",
    }
}

const fn map_caption(at: RuleChoice) -> &'static str {
    match at {
        RuleChoice::Half => {
            "All at threshold ½, mean over classes. n: repetitions; open: an approach of other rows is not finished here and may win."
        }
        RuleChoice::Best => {
            "Each approach at the threshold rule (½, ĉ/2 of Elkan and Noto, or the best on validation pictures) that is best for it on the test pictures: what it could reach at most, not what a choice without them would have given. n: repetitions."
        }
    }
}

/// In how many paintings each approach is the best or not told apart from it.
fn victories(patterns: &Patterns, at: RuleChoice) -> Vec<String> {
    let mut lines = Vec::new();
    for condition in conditions(patterns) {
        let is_it = |w: &&Winners| w.at == at && w.condition == condition && w.class == Over::Mean;
        let contests: Vec<_> = patterns.winners.iter().filter(is_it).collect();
        let in_front = |approach: Approach, standing: Standing| {
            let has = |w: &&&Winners| {
                w.entries.iter().any(|e| e.approach == approach && e.standing == standing)
            };
            contests.iter().filter(has).count()
        };
        let told = |approach: Approach| {
            let (best, tied) =
                (in_front(approach, Standing::Best), in_front(approach, Standing::Tied));
            (best + tied > 0).then(|| match tied {
                0 => format!("`{approach}` {best}"),
                _ => format!("`{approach}` {best} (and {tied} not told apart)"),
            })
        };
        let winners: Vec<_> = approaches(patterns).into_iter().filter_map(told).collect();
        let of = count(contests.len(), "painting");
        let open = contests.iter().filter(|winners| !winners.open.is_empty()).count();
        let open = if open > 0 { format!(" ({open} of them open)") } else { String::new() };
        lines.push(format!(
            "{}, best of {of}{open}: {}",
            condition_name(condition),
            winners.join(", ")
        ));
    }
    lines
}

fn lead(patterns: &Patterns) -> String {
    let repetitions = patterns.grids.iter().map(|grid| grid.repetitions.len());
    let (least, most) = (repetitions.clone().min().unwrap_or(0), repetitions.max().unwrap_or(0));
    let rested = if least == most {
        count(most, "repetition")
    } else {
        format!("{least} to {most} repetitions")
    };
    let finished: usize = patterns.grids.iter().map(|grid| grid.finished).sum();
    format!(
        "The same pictures painted in {} ({}), {} with {rested} each, recipe `{}`.",
        count(patterns.grids.len(), "way"),
        figures::names(patterns).join(", "),
        count(finished, "training"),
        patterns.recipe.preset.as_deref().unwrap_or("default"),
    )
}

/// On how many paintings the two rivals reach the aim.
fn headline(patterns: &Patterns) -> Vec<(String, String, String)> {
    let mut numbers = Vec::new();
    for condition in conditions(patterns) {
        for (approach, rule) in figures::BUDGET.into_iter().skip(1) {
            let compared = |grid: &GridSummary| {
                let row = patterns.row(&grid.name, approach, condition, rule, &Over::Mean)?;
                Some(row.against_full.as_ref()?.reaches_aim)
            };
            let reached: Vec<bool> = patterns.grids.iter().filter_map(compared).collect();
            if reached.is_empty() {
                continue;
            }
            let label = format!("{} {}", figures::curve_name(approach, rule), condition.letter());
            let yes = reached.iter().filter(|reached| **reached).count();
            let value = format!("{yes} of {}", reached.len());
            numbers.push((label, value, format!("paintings where it reaches {AIM} of full masks")));
        }
    }
    numbers
}

/// What a reader has to know before quoting a number.
fn caveats(patterns: &Patterns) -> Vec<(Callout, String)> {
    let mut caveats: Vec<_> =
        patterns.notes.iter().map(|note| (Callout::Warning, note.clone())).collect();
    if !patterns.grouped {
        caveats.push((Callout::Warning, "Not grouped by patient: no groups are known for all cases, so every picture counts as a group, and intervals are too narrow if pictures of one patient are alike.".to_owned()));
    }
    let open: usize = patterns.grids.iter().map(|grid| grid.unfinished.len()).sum();
    let repetitions: Vec<_> = patterns.grids.iter().map(|grid| &grid.repetitions).collect();
    if open > 0 || repetitions.windows(2).any(|pair| pair[0] != pair[1]) {
        let begun =
            if open > 0 { format!(", {} begun", count(open, "cell")) } else { String::new() };
        caveats.push((Callout::Warning, format!("Not all grids are equally far{begun}: every number says on how many repetitions it rests.")));
    }
    if repetitions.iter().any(|repetitions| repetitions.len() == 1) {
        caveats.push((Callout::Note, "Where there is one repetition, the interval does not hold what another seed or split would change.".to_owned()));
    }
    let groups = patterns.rows.iter().map(|row| row.dice.n_groups).max().unwrap_or(0);
    if groups < FEWEST_GROUPS_FOR_P {
        caveats.push((
            Callout::Note,
            format!("Under {FEWEST_GROUPS_FOR_P} groups: intervals of so few are rough."),
        ));
    }
    caveats
}
