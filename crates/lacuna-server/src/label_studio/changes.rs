//! The edit that makes a picture say what a task of Label Studio says.

use lacuna_data::annotation::journal::{Op, Origin, Paint};
use lacuna_data::annotation::{Annotation, Runs};
use lacuna_data::{Region, Ternary};

/// The operations that lead from `present` to what the task says now, when it said `before` the last time. What it has
/// never spoken about stays, and so does what somebody has painted over it since.
pub(super) fn changes(
    names: &[String],
    present: &Annotation,
    before: &Annotation,
    now: &Annotation,
) -> Vec<Op> {
    let paints = names.iter().enumerate().flat_map(|(class, name)| {
        [Ternary::Positive, Ternary::Negative, Ternary::Unknown].map(|value| {
            let runs = pixels(value, class, present, before, now);
            Paint { class: name.clone(), value, origin: Origin::Painted, runs }
        })
    });
    let paints = paints.filter(|paint| !paint.runs.is_empty()).map(Op::Paint);
    paints.chain(regions(&present.regions, &before.regions, &now.regions)).collect()
}

/// The pixels of a class that become `value`.
fn pixels(
    value: Ternary,
    class: usize,
    present: &Annotation,
    before: &Annotation,
    now: &Annotation,
) -> Runs {
    let [present, before, now] = [present, before, now].map(|said| said.masks[class].values());
    let becomes: Vec<bool> = (0..now.len())
        .map(|pixel| {
            let is_taken_back =
                before[pixel] != Ternary::Unknown && present[pixel] == before[pixel];
            let is_meant = value != Ternary::Unknown || is_taken_back;
            now[pixel] == value && present[pixel] != value && is_meant
        })
        .collect();
    Runs::of(&becomes, |becomes| *becomes)
}

fn regions(present: &[Region], before: &[Region], now: &[Region]) -> Option<Op> {
    let gone = |region: &&Region| before.contains(region) && !now.contains(region);
    let kept = present.iter().filter(|region| !gone(region));
    let new = now.iter().filter(|region| !present.contains(region));
    let regions: Vec<Region> = kept.chain(new).cloned().collect();
    (regions != present).then_some(Op::Regions { regions })
}

#[cfg(test)]
mod tests {
    use lacuna_data::Size;
    use lacuna_data::annotation::{Role, Shape};

    use super::*;

    fn said(values: &str, boxes: &[f64]) -> Annotation {
        let mut said = Annotation::unknown(Size::new(values.len(), 1), 1);
        for (pixel, letter) in said.masks[0].values_mut().iter_mut().zip(values.chars()) {
            *pixel = match letter {
                '+' => Ternary::Positive,
                '-' => Ternary::Negative,
                _ => Ternary::Unknown,
            };
        }
        let region = |x: &f64| Region {
            shape: Shape::Box { x: *x, y: 0.0, width: 1.0, height: 1.0, rotation: 0.0 },
            author: "3".to_owned(),
            role: Role::Expert,
            origin: "label-studio".to_owned(),
            score: None,
            model_version: None,
            time: None,
        };
        said.regions = boxes.iter().map(region).collect();
        said
    }

    #[test]
    fn what_the_task_says_is_painted_and_what_it_no_longer_says_is_taken_back() {
        // present, before, now, then
        let table = [
            ("....", "....", "+-..", "+-.."),
            ("+-..", "+-..", ".+..", ".+.."),
            // painted here since: a stroke that goes away there takes nothing of it along
            ("-+++", "++..", "..-.", "-.-+"),
            // the last word of the task stands
            ("---.", "....", "+++.", "+++."),
            ("+-.+", "+-.+", "+-.+", "+-.+"),
        ];
        for (present, before, now, expected) in table {
            let mut annotation = said(present, &[]);
            for op in
                changes(&["a".to_owned()], &annotation.clone(), &said(before, &[]), &said(now, &[]))
            {
                let Op::Paint(paint) = op else { panic!("no regions here") };
                paint
                    .runs
                    .iter()
                    .flatten()
                    .for_each(|pixel| annotation.masks[0].values_mut()[pixel] = paint.value);
            }
            assert_eq!(annotation.masks, said(expected, &[]).masks, "{present} {before} {now}");
        }
    }

    #[test]
    fn regions_of_the_task_come_and_go_and_others_stay() {
        let then = |present: &[f64], before: &[f64], now: &[f64]| {
            let [present, before, now] =
                [present, before, now].map(|boxes| said("", boxes).regions);
            regions(&present, &before, &now).map(|op| match op {
                Op::Regions { regions } => regions,
                Op::Paint(_) => Vec::new(),
            })
        };
        let boxes = |boxes: &[f64]| Some(said("", boxes).regions);
        assert_eq!(then(&[9.0], &[], &[1.0]), boxes(&[9.0, 1.0]));
        assert_eq!(then(&[9.0, 1.0], &[1.0], &[2.0]), boxes(&[9.0, 2.0]));
        assert_eq!(then(&[9.0, 1.0], &[1.0], &[]), boxes(&[9.0]));
        assert_eq!(then(&[9.0, 1.0], &[1.0], &[1.0]), None);
    }
}
