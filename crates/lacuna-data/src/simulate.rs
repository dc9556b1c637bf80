//! From complete truth to the partial annotation that a busy expert would have left.
//!
//! Painted pixels become positive, *neither* strokes negative in every class, a non-expert's box is
//! drawn around everything, and the rest stays unknown. Each random choice has its own stream, keyed
//! by seed, case and class, so that adding a case or a class changes no other.

mod boxes;
mod config;
mod distance;
mod instances;
mod neither;
mod paint;
mod polygon;
mod record;
mod stray;
mod stroke;

use rand_chacha::ChaCha8Rng;
use serde::{Deserialize, Serialize};

use crate::annotation::{Annotation, BinaryMask, Provenance, Region, Ternary, Unpainted};
use crate::class::ClassSet;
use crate::image::Image;
use crate::random::{key_of, stream};
use crate::supervision::erase::{Area, erase_area};

pub use config::{Keep, Outline, PaintPattern, SimulateConfig, SimulateError};
pub use record::{CaseRecord, ClassTotal, SimulationRecord};

/// What was painted of one class.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PaintReport {
    /// The class.
    pub class: String,
    /// Pixels of the class in the truth.
    pub truth: usize,
    /// How many of them were painted.
    pub painted: usize,
    /// `painted / truth`; `None` where the class is absent.
    pub share: Option<f64>,
    /// Pixels painted that are not of the class.
    pub stray: usize,
}

/// A simulated annotation and what it holds.
#[derive(Clone, Debug, PartialEq)]
pub struct Simulated {
    /// The annotation.
    pub annotation: Annotation,
    /// One entry a class, in order.
    pub classes: Vec<PaintReport>,
    /// Pixels under *neither* strokes.
    pub neither: usize,
    /// The area left out under [`PaintPattern::FiveArea`], or erased.
    pub area: Option<Area>,
}

/// One case to annotate.
#[derive(Clone, Copy, Debug)]
struct Case<'a> {
    truth: &'a [BinaryMask],
    image: &'a Image,
    seed: u64,
    key: u64,
}

impl Case<'_> {
    /// The stream for one purpose and one class (or another number).
    fn stream(&self, purpose: &str, index: u64) -> ChaCha8Rng {
        stream(self.seed, &format!("simulate-{purpose}"), &[self.key, index])
    }
}

/// Annotates one case partially; `case` is its id. `truth` holds one complete mask a class.
pub fn simulate(
    truth: &[BinaryMask],
    image: &Image,
    classes: &ClassSet,
    config: &SimulateConfig,
    seed: u64,
    case: &str,
) -> Result<Simulated, SimulateError> {
    config.check(classes)?;
    check_truth(truth, image, classes)?;
    let case = Case { truth, image, seed, key: key_of(case) };
    let mut annotation = Annotation::unknown(image.size(), classes.len());
    for (index, class) in classes.classes().iter().enumerate() {
        // keyed by name: a class added before this one changes nothing
        let mut rng = case.stream("paint", key_of(&class.name));
        let painted = paint::paint(&case, index, config, config.fraction_of(&class.name), &mut rng);
        let painted = stray::overrun(&painted, &truth[index], config, &mut rng);
        mark(&mut annotation, index, &painted);
        annotation.provenance.push(provenance(&class.name));
    }
    let erases = config.erase_area || config.paint == PaintPattern::FiveArea;
    let area = erases.then(|| {
        let area = Area::draw(&mut case.stream("area", 0));
        erase_area(&mut annotation, area);
        area
    });
    annotation.regions.extend(outline(&case, config));
    let neither = neither::strokes(&case, config, &mut annotation);
    let classes = report(&annotation, truth, classes);
    Ok(Simulated { annotation, classes, neither, area })
}

fn outline(case: &Case<'_>, config: &SimulateConfig) -> Option<Region> {
    match config.outline {
        Outline::None => None,
        Outline::Box => boxes::around_all(case, config),
        Outline::Polygon => polygon::around_all(case, config),
    }
}

/// Replaces the regions of an annotation by what the configured non-expert draws.
pub fn redraw_outline(
    annotation: &mut Annotation,
    truth: &[BinaryMask],
    image: &Image,
    config: &SimulateConfig,
    seed: u64,
    case: &str,
) {
    let case = Case { truth, image, seed, key: key_of(case) };
    annotation.regions = outline(&case, config).into_iter().collect();
}

/// Adds the configured *neither* strokes to an annotation; the number of pixels under them.
pub fn add_neither(
    annotation: &mut Annotation,
    truth: &[BinaryMask],
    image: &Image,
    config: &SimulateConfig,
    seed: u64,
    case: &str,
) -> usize {
    let case = Case { truth, image, seed, key: key_of(case) };
    neither::strokes(&case, config, annotation)
}

fn check_truth(
    truth: &[BinaryMask],
    image: &Image,
    classes: &ClassSet,
) -> Result<(), SimulateError> {
    if truth.len() != classes.len() {
        return Err(SimulateError::MaskCount { found: truth.len(), expected: classes.len() });
    }
    for (mask, class) in truth.iter().zip(classes.classes()) {
        if mask.size() != image.size() {
            let (found, expected) = (mask.size(), image.size());
            return Err(SimulateError::MaskSize { class: class.name.clone(), found, expected });
        }
    }
    Ok(())
}

fn mark(annotation: &mut Annotation, class: usize, painted: &BinaryMask) {
    let values = annotation.masks[class].values_mut();
    for (value, painted) in values.iter_mut().zip(painted.values()) {
        if *painted {
            *value = Ternary::Positive;
        }
    }
}

fn provenance(class: &str) -> Provenance {
    Provenance {
        class: class.to_owned(),
        source: "simulate".to_owned(),
        author: None,
        unpainted: Unpainted::Unknown,
    }
}

fn report(annotation: &Annotation, truth: &[BinaryMask], classes: &ClassSet) -> Vec<PaintReport> {
    let entry = |(class, name): (usize, String)| {
        let positive = annotation.masks[class].values().iter().map(|v| *v == Ternary::Positive);
        let pairs = positive.zip(truth[class].values());
        let (painted, stray) = pairs.fold((0, 0), |(painted, stray), pair| match pair {
            (true, true) => (painted + 1, stray),
            (true, false) => (painted, stray + 1),
            _ => (painted, stray),
        });
        let truth = truth[class].count();
        let share = (truth > 0).then(|| painted as f64 / truth as f64);
        PaintReport { class: name, truth, painted, share, stray }
    };
    classes.names().into_iter().enumerate().map(entry).collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use std::collections::BTreeMap;

    use super::*;
    use crate::annotation::{Role, Shape};
    use crate::class::Class;
    use crate::image::Size;

    const PATTERNS: [PaintPattern; 7] = [
        PaintPattern::Nearest,
        PaintPattern::Strokes,
        PaintPattern::Core,
        PaintPattern::Peripheral,
        PaintPattern::MissedInstances,
        PaintPattern::FiveArea,
        PaintPattern::Complete,
    ];

    type Inside = fn(usize, usize) -> bool;

    fn classes(names: &[&str]) -> ClassSet {
        let class = |name: &&str| Class { name: (*name).to_owned(), color: [0; 3] };
        ClassSet::new(names.iter().map(class).collect(), &[], &[]).unwrap()
    }

    /// Two classes: the left third, and a bar in the middle of the right half.
    fn truth(size: Size) -> Vec<BinaryMask> {
        let mask = |inside: &dyn Fn(usize, usize) -> bool| {
            let at = |i: usize| inside(i % size.width, i / size.width);
            BinaryMask::new(size, (0..size.area()).map(at).collect()).unwrap()
        };
        vec![
            mask(&|x, _| x < size.width / 3),
            mask(&|x, y| x > size.width / 2 && y.abs_diff(size.height / 2) < size.height / 6),
        ]
    }

    fn run(config: &SimulateConfig, case: &str) -> Simulated {
        let size = Size::new(60, 48);
        let image = Image::filled(size, [90; 3]);
        simulate(&truth(size), &image, &classes(&["gum", "teeth"]), config, 3, case).unwrap()
    }

    fn with(paint: PaintPattern) -> SimulateConfig {
        SimulateConfig { paint, ..SimulateConfig::default() }
    }

    #[test]
    fn patterns_paint_the_share_asked_for_and_nothing_else() {
        let table = [
            (PaintPattern::Nearest, 0.45, Some(0.45)),
            (PaintPattern::Strokes, 0.3, Some(0.3)),
            (PaintPattern::Core, 0.5, Some(0.5)),
            (PaintPattern::Peripheral, 0.6, Some(0.6)),
            // one instance a class: a share above nothing keeps it
            (PaintPattern::MissedInstances, 0.2, Some(1.0)),
            (PaintPattern::Complete, 0.2, Some(1.0)),
            // whatever the area leaves
            (PaintPattern::FiveArea, 0.2, None),
            // nothing
            (PaintPattern::Nearest, 0.0, Some(0.0)),
            (PaintPattern::Strokes, 0.0, Some(0.0)),
            (PaintPattern::MissedInstances, 0.0, Some(0.0)),
        ];
        for (paint, fraction, expected) in table {
            let simulated = run(&SimulateConfig { fraction, ..with(paint) }, "case");
            for report in &simulated.classes {
                assert_eq!(report.stray, 0);
                let Some(expected) = expected else { continue };
                let near = (report.share.unwrap() - expected).abs() < 0.002;
                assert!(near, "{paint:?} {fraction}: {report:?}");
            }
        }
    }

    #[test]
    fn one_class_may_have_its_own_share() {
        let fractions = BTreeMap::from([("teeth".to_owned(), 1.0)]);
        let simulated = run(&SimulateConfig { fractions, ..SimulateConfig::default() }, "case");
        let [gum, teeth] = &simulated.classes[..] else { panic!("two classes") };
        assert!((gum.share.unwrap() - 0.45).abs() < 0.002);
        assert_eq!(teeth.painted, teeth.truth);
    }

    #[test]
    fn a_core_margin_skips_whole_rows_of_pixels() {
        let config = SimulateConfig { core_margin: Some(2.0), ..with(PaintPattern::Core) };
        let simulated = run(&config, "case");
        // 20 columns from the picture's border, which is no border of the class
        assert_eq!(simulated.classes[0].truth, 20 * 48);
        assert_eq!(simulated.classes[0].painted, 18 * 48);
    }

    #[test]
    fn peripheral_keeps_what_was_preferred() {
        let size = Size::new(8, 8);
        let truth = vec![BinaryMask::new(size, vec![true; 64]).unwrap()];
        let mut image = Image::filled(size, [10; 3]);
        (0..64).filter(|i| i % 8 > 5).for_each(|i| image.set_pixel(i % 8, i / 8, [200; 3]));
        let table: [(Keep, Inside); 6] = [
            (Keep::Left, |x, _| x < 4),
            (Keep::Right, |x, _| x >= 4),
            (Keep::Top, |_, y| y < 4),
            (Keep::Bottom, |_, y| y >= 4),
            (Keep::Middle, |x, _| (2..6).contains(&x)),
            (Keep::Bright, |x, _| x >= 4),
        ];
        for (keep, expected) in table {
            let config = SimulateConfig { keep, fraction: 0.5, ..with(PaintPattern::Peripheral) };
            let simulated = simulate(&truth, &image, &classes(&["a"]), &config, 0, "case").unwrap();
            for (i, value) in simulated.annotation.masks[0].values().iter().enumerate() {
                let painted = *value == Ternary::Positive;
                assert_eq!(painted, expected(i % 8, i / 8), "{keep:?} at {i}");
            }
        }
    }

    #[test]
    fn an_erased_area_takes_paint_away_and_changes_nothing_else() {
        let whole = run(&with(PaintPattern::Nearest), "case");
        let config = SimulateConfig { erase_area: true, ..with(PaintPattern::Nearest) };
        let erased = run(&config, "case");
        let area = erased.area.unwrap();
        let mut expected = whole.annotation.clone();
        erase_area(&mut expected, area);
        assert_eq!(erased.annotation, expected);
        assert_eq!(whole.area, None);
    }

    #[test]
    fn five_area_leaves_one_area_unknown_in_every_class() {
        let simulated = run(&with(PaintPattern::FiveArea), "case");
        let area = simulated.area.unwrap();
        for mask in &simulated.annotation.masks {
            let erased = area.pixels(mask.size()).all(|i| mask.values()[i] == Ternary::Unknown);
            assert!(erased, "{area:?}");
        }
    }

    #[test]
    fn stray_paint_stays_near_the_border() {
        let config =
            SimulateConfig { stray: 1.0, stray_width: 3.0, ..with(PaintPattern::Complete) };
        let simulated = run(&config, "case");
        // three columns right of the left third
        assert_eq!(simulated.classes[0].stray, 3 * 48);
        let some = SimulateConfig { stray: 0.4, ..config };
        let stray = run(&some, "case").classes[0].stray;
        assert!((1..3 * 48).contains(&stray), "{stray}");
    }

    #[test]
    fn neither_strokes_lie_inside_the_box_and_on_no_class() {
        let config = SimulateConfig { neither: 4, ..SimulateConfig::default() };
        let simulated = run(&config, "case");
        assert!(simulated.neither > 40, "{}", simulated.neither);
        let annotation = &simulated.annotation;
        let inside = crate::annotation::union(annotation.regions.iter(), Size::new(60, 48));
        let truth = truth(Size::new(60, 48));
        for i in 0..60 * 48 {
            let negative: Vec<_> =
                annotation.masks.iter().map(|mask| mask.values()[i] == Ternary::Negative).collect();
            assert!(negative[0] == negative[1], "a neither stroke is negative in every class");
            let of_class = truth.iter().any(|mask| mask.values()[i]);
            assert!(!negative[0] || (inside.values()[i] && !of_class), "{i}");
        }
    }

    fn edges(config: &SimulateConfig, case: &str) -> [f64; 4] {
        let region = &run(config, case).annotation.regions[0];
        assert_eq!((region.role, region.origin.as_str()), (Role::NonExpert, "simulate"));
        let Shape::Box { x, y, width, height, .. } = region.shape else { panic!("no box") };
        [x, y, x + width, y + height]
    }

    #[test]
    fn boxes_enclose_everything_with_their_margin() {
        let size = Size::new(40, 40);
        let image = Image::filled(size, [0; 3]);
        let inside = |i: usize| (10..20).contains(&(i % 40)) && (12..16).contains(&(i / 40));
        let truth = [BinaryMask::new(size, (0..1600).map(inside).collect()).unwrap()];
        let table = [
            // pixels, share of the longer side, expected
            (0.0, 0.0, [10.0, 12.0, 20.0, 16.0]),
            (3.0, 0.0, [7.0, 9.0, 23.0, 19.0]),
            (1.0, 0.2, [7.0, 9.0, 23.0, 19.0]),
            // clipped to the picture
            (15.0, 0.0, [0.0, 0.0, 35.0, 31.0]),
        ];
        for (box_margin, box_margin_share, expected) in table {
            let config =
                SimulateConfig { box_margin, box_margin_share, ..SimulateConfig::default() };
            let simulated = simulate(&truth, &image, &classes(&["a"]), &config, 0, "c").unwrap();
            let shape = &simulated.annotation.regions[0].shape;
            let [x, y, right, bottom] = expected;
            let (width, height) = (right - x, bottom - y);
            assert_eq!(*shape, Shape::Box { x, y, width, height, rotation: 0.0 });
        }
    }

    #[test]
    fn polygons_enclose_everything_and_less_than_boxes() {
        let around = |outline| {
            let config = SimulateConfig {
                outline,
                box_margin: 1.0,
                box_jitter: 0.5,
                ..SimulateConfig::default()
            };
            let region = run(&config, "a").annotation.regions.remove(0);
            let mut mask = BinaryMask::empty(Size::new(60, 48));
            region.shape.fill(&mut mask);
            mask
        };
        let (polygon, rectangle) = (around(Outline::Polygon), around(Outline::Box));
        for mask in truth(Size::new(60, 48)) {
            let covered = |(is_there, inside): (&bool, &bool)| !is_there || *inside;
            assert!(mask.values().iter().zip(polygon.values()).all(covered));
        }
        assert!(polygon.count() < rectangle.count());
    }

    #[test]
    fn jitter_moves_boxes_but_cuts_only_when_asked() {
        let exact = edges(&SimulateConfig { box_margin: 0.0, ..SimulateConfig::default() }, "a");
        let config =
            SimulateConfig { box_margin: 1.0, box_jitter: 5.0, ..SimulateConfig::default() };
        let cutting = SimulateConfig { box_may_cut: true, ..config.clone() };
        let mut cut = false;
        for case in 0..20 {
            let case = format!("case-{case}");
            let [x, y, right, bottom] = edges(&config, &case);
            assert!(x <= exact[0] && y <= exact[1] && right >= exact[2] && bottom >= exact[3]);
            let moved = edges(&cutting, &case);
            let by: Vec<f64> = moved.iter().zip(exact).map(|(a, b)| (a - b).abs()).collect();
            assert!(by.iter().all(|by| *by <= 6.0), "{by:?}");
            cut |= moved[1] > exact[1] || moved[3] < exact[3];
        }
        assert!(cut);
    }

    #[test]
    fn settings_that_make_no_sense_are_refused_by_name() {
        let default = SimulateConfig::default;
        let unknown = BTreeMap::from([("tooth".to_owned(), 0.5)]);
        let table = [
            (SimulateConfig { fraction: 1.5, ..default() }, "`fraction` is 1.5"),
            (SimulateConfig { stray: f64::NAN, ..default() }, "`stray` is NaN"),
            (SimulateConfig { stroke_width: 0.5, ..default() }, "`stroke_width` is 0.5"),
            (SimulateConfig { box_jitter: -1.0, ..default() }, "`box_jitter` is -1"),
            (SimulateConfig { core_margin: Some(f64::INFINITY), ..default() }, "`core_margin`"),
            (SimulateConfig { fractions: unknown, ..default() }, "class `tooth`"),
        ];
        for (config, expected) in table {
            let message = config.check(&classes(&["gum", "teeth"])).unwrap_err().to_string();
            assert!(message.contains(expected), "{message}");
        }
    }

    #[test]
    fn truth_must_fit_classes_and_picture() {
        let image = Image::filled(Size::new(2, 2), [0; 3]);
        let run = |truth: &[BinaryMask]| {
            simulate(truth, &image, &classes(&["gum"]), &SimulateConfig::default(), 0, "a")
        };
        assert!(matches!(run(&[]), Err(SimulateError::MaskCount { .. })));
        let large = BinaryMask::empty(Size::new(3, 2));
        assert!(matches!(run(&[large]), Err(SimulateError::MaskSize { .. })));
    }

    #[test]
    fn another_class_or_case_changes_nothing() {
        let size = Size::new(60, 48);
        let image = Image::filled(size, [90; 3]);
        let mut truth = truth(size);
        let config = with(PaintPattern::Strokes);
        let two = run(&config, "case").annotation;
        assert_eq!(two, run(&config, "case").annotation);
        assert_ne!(two.masks, run(&config, "other").annotation.masks);
        truth.insert(0, BinaryMask::empty(size));
        let names = classes(&["caries", "gum", "teeth"]);
        let three = simulate(&truth, &image, &names, &config, 3, "case").unwrap().annotation;
        assert_eq!(two.masks[..], three.masks[1..]);
    }

    #[test]
    fn names_are_those_of_the_command_line() {
        let names: Vec<String> =
            PATTERNS.iter().map(|pattern| serde_json::to_string(pattern).unwrap()).collect();
        let expected = "nearest strokes core peripheral missed-instances five-area complete";
        assert_eq!(names.join(" ").replace('"', ""), expected);
    }

    proptest! {
        #[test]
        fn paint_without_stray_is_always_true(
            width in 1_usize..12,
            height in 1_usize..12,
            values in prop::collection::vec(any::<bool>(), 144),
            fraction in prop_oneof![Just(0.0), Just(1.0), 0.0..=1.0],
            pattern in prop::sample::select(&PATTERNS[..]),
            keep in prop::sample::select(&[Keep::Middle, Keep::Centre, Keep::Bright][..]),
            absent: bool,
            seed: u64,
        ) {
            let size = Size::new(width, height);
            let first = BinaryMask::new(size, values[..size.area()].to_vec()).unwrap();
            let first = if absent { BinaryMask::empty(size) } else { first };
            let truth = [first, BinaryMask::empty(size)];
            let image = Image::filled(size, [7; 3]);
            let config = SimulateConfig { fraction, keep, neither: 1, ..with(pattern) };
            let names = classes(&["gum", "teeth"]);
            let simulated = simulate(&truth, &image, &names, &config, seed, "case").unwrap();
            for (mask, truth) in simulated.annotation.masks.iter().zip(&truth) {
                for (value, truth) in mask.values().iter().zip(truth.values()) {
                    match value {
                        Ternary::Positive => prop_assert!(*truth),
                        Ternary::Negative => prop_assert!(!truth),
                        Ternary::Unknown => {}
                    }
                }
            }
            prop_assert_eq!(simulated.classes[1].share, None);
            prop_assert_eq!(simulated.annotation.regions.is_empty(), truth[0].count() == 0);
            if fraction >= 1.0 && !matches!(pattern, PaintPattern::FiveArea) {
                prop_assert_eq!(simulated.classes[0].painted, truth[0].count());
            }
        }
    }
}
