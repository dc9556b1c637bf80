//! Regions of drawn pictures, and what holds for every picture.

use proptest::prelude::*;

use super::*;
use crate::annotation::{Ternary, TernaryMask};

const GREY: [u8; 3] = [90, 90, 90];
const RED: [u8; 3] = [200, 60, 50];

/// Grey with red discs `[x, y, radius]`, each pixel a little off.
fn picture(size: Size, discs: &[[f64; 3]]) -> Image {
    let mut image = Image::filled(size, GREY);
    let truth = truth(size, discs);
    for pixel in 0..size.area() {
        let color = if truth.values()[pixel] { RED } else { GREY };
        let noise = (pixel * 7919 % 13) as u8;
        image.set_pixel(pixel % size.width, pixel / size.width, color.map(|value| value + noise));
    }
    image
}

fn truth(size: Size, discs: &[[f64; 3]]) -> BinaryMask {
    BinaryMask::of(size, |pixel| {
        let (x, y) = ((pixel % size.width) as f64, (pixel / size.width) as f64);
        discs.iter().any(|[u, v, radius]| (x - u).hypot(y - v) <= *radius)
    })
}

/// Dots of 5 × 5 pixels.
fn dots(size: Size, dots: &[(usize, usize, Ternary)]) -> TernaryMask {
    let mut marks = TernaryMask::unknown(size);
    for (x, y, sign) in dots {
        for row in y - 2..=y + 2 {
            marks.values_mut()[row * size.width + x - 2..=row * size.width + x + 2].fill(*sign);
        }
    }
    marks
}

fn dice(a: &BinaryMask, b: &BinaryMask) -> f64 {
    let both = a.values().iter().zip(b.values()).filter(|(a, b)| **a && **b).count();
    2.0 * both as f64 / (a.count() + b.count()) as f64
}

#[test]
fn one_dot_shows_what_it_lies_on_and_not_what_looks_the_same_elsewhere() {
    // the second picture has cells of several pixels; in the first the border is a larger share
    for (size, scale, least) in [(Size::new(80, 60), 1.0, 0.92), (Size::new(800, 600), 10.0, 0.98)]
    {
        let disc = [25.0 * scale, 30.0 * scale, 14.0 * scale];
        let image = picture(size, &[disc, [62.0 * scale, 30.0 * scale, 10.0 * scale]]);
        let dot = (disc[0] as usize, disc[1] as usize, Ternary::Positive);
        let seeds = Seeds::new(dots(size, &[dot]), None).unwrap();
        let region = propose(&image, &seeds, None).unwrap();
        let dice = dice(&region, &truth(size, &[disc]));
        assert!(dice > least, "{size}: {dice}");
    }
}

#[test]
fn a_negative_dot_cuts_off_what_hangs_together() {
    let size = Size::new(90, 50);
    let discs = [[25.0, 25.0, 16.0], [55.0, 25.0, 16.0]];
    let image = picture(size, &discs);
    let marks = [(20, 25, Ternary::Positive), (60, 25, Ternary::Negative)];
    let of = |count: usize| {
        let seeds = Seeds::new(dots(size, &marks[..count]), None).unwrap();
        propose(&image, &seeds, None).unwrap()
    };
    assert!(dice(&of(1), &truth(size, &discs)) > 0.95);
    assert!(of(2).count() * 10 < of(1).count() * 9, "{} of {}", of(2).count(), of(1).count());
}

#[test]
fn a_box_alone_shows_what_stands_out_in_it() {
    let size = Size::new(80, 60);
    let disc = [30.0, 30.0, 14.0];
    let image = picture(size, &[disc, [65.0, 30.0, 10.0]]);
    let bounds = Bounds { left: 12, top: 12, right: 50, bottom: 48 };
    let seeds = Seeds::new(TernaryMask::unknown(size), Some(bounds)).unwrap();
    let region = propose(&image, &seeds, None).unwrap();
    let dice = dice(&region, &truth(size, &[disc]));
    assert!(dice > 0.95, "{dice}");
}

#[test]
fn where_colours_say_nothing_a_network_may() {
    let size = Size::new(60, 40);
    let image = Image::filled(size, GREY);
    let probability: Vec<f32> =
        (0..size.area()).map(|pixel| if pixel % 60 < 25 { 0.95 } else { 0.05 }).collect();
    let seeds = Seeds::new(dots(size, &[(10, 20, Ternary::Positive)]), None).unwrap();
    let region = propose(&image, &seeds, Some(&probability)).unwrap();
    let left = BinaryMask::of(size, |pixel| pixel % 60 < 25);
    assert!(dice(&region, &left) > 0.95, "{}", region.count());
    let nan = vec![f32::NAN; size.area()];
    assert_eq!(propose(&image, &seeds, Some(&nan)), propose(&image, &seeds, None));
}

#[test]
fn the_number_of_threads_changes_nothing() {
    let size = Size::new(700, 500);
    let image = picture(size, &[[300.0, 200.0, 120.0]]);
    let seeds = Seeds::new(dots(size, &[(300, 200, Ternary::Positive)]), None).unwrap();
    let with = |threads: usize| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
        pool.install(|| propose(&image, &seeds, None).unwrap())
    };
    assert_eq!(with(1), with(3));
}

#[test]
fn what_shows_nothing_or_does_not_fit_is_refused() {
    let size = Size::new(8, 6);
    let bounds = |left, right| Some(Bounds { left, top: 0, right, bottom: 6 });
    let table = [
        (None, "no pixel is marked as positive"),
        (bounds(3, 3), "columns 3..3"),
        (bounds(3, 9), "no part of a picture of 8×6"),
        (bounds(3, 8), ""),
    ];
    for (bounds, expected) in table {
        match Seeds::new(TernaryMask::unknown(size), bounds) {
            Ok(_) => assert!(expected.is_empty()),
            Err(error) => assert!(!expected.is_empty() && error.to_string().contains(expected)),
        }
    }
    let seeds = Seeds::new(TernaryMask::unknown(size), bounds(3, 8)).unwrap();
    let other = Image::filled(Size::new(8, 7), GREY);
    let error = propose(&other, &seeds, None).unwrap_err();
    assert_eq!(error.to_string(), "marks of 8×6 do not fit a picture of 8×7");
    let error = propose(&Image::filled(size, GREY), &seeds, Some(&[0.5])).unwrap_err();
    assert_eq!(error.to_string(), "1 probabilities do not fit a picture of 8×6");
}

fn any_question() -> impl Strategy<Value = (Image, TernaryMask, Option<Bounds>)> {
    // 600 rows and more have cells of several pixels
    (1_usize..24, prop_oneof![1_usize..24, Just(20_000)]).prop_flat_map(|(width, height)| {
        let size = Size::new(width, height);
        let sides = (0..width, 1..=width, 0..height, 1..=height);
        let bounds = prop::option::of(sides.prop_map(|(left, right, top, bottom)| Bounds {
            left: left.min(right - 1),
            top: top.min(bottom - 1),
            right,
            bottom,
        }));
        let marks = prop::collection::vec((0..size.area(), any::<bool>()), 1..30);
        (any::<u64>(), marks, bounds).prop_map(move |(seed, marked, bounds)| {
            let byte = |place: usize| {
                let mixed = (place as u64 / 9 + 1).wrapping_mul(seed | 1);
                (mixed >> 40) as u8
            };
            let image = Image::new(size, (0..size.area() * 3).map(byte).collect()).unwrap();
            let mut marks = TernaryMask::unknown(size);
            for (pixel, positive) in marked {
                marks.values_mut()[pixel] =
                    if positive { Ternary::Positive } else { Ternary::Negative };
            }
            (image, marks, bounds)
        })
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(32))]

    #[test]
    fn marks_are_kept_and_what_is_proposed_hangs_together_with_them(
        (image, marks, bounds) in any_question(),
    ) {
        let Ok(seeds) = Seeds::new(marks.clone(), bounds) else {
            prop_assert!(bounds.is_none() && marks.count(Ternary::Positive) == 0);
            return Ok(());
        };
        let region = propose(&image, &seeds, None).unwrap();
        let width = image.size().width;
        for (pixel, (inside, mark)) in region.values().iter().zip(marks.values()).enumerate() {
            let (x, y) = (pixel % width, pixel / width);
            let is_outside = bounds.is_some_and(|b| {
                x < b.left || x >= b.right || y < b.top || y >= b.bottom
            });
            match mark {
                Ternary::Positive => prop_assert!(*inside),
                Ternary::Negative => prop_assert!(!*inside),
                Ternary::Unknown => prop_assert!(!(*inside && is_outside)),
            }
        }
        if marks.count(Ternary::Positive) > 0 {
            prop_assert_eq!(reached(&region, &marks), region.count());
        }
    }
}

/// Pixels of the region that can be reached from positive marks, found by spreading until nothing changes.
fn reached(region: &BinaryMask, marks: &TernaryMask) -> usize {
    let width = region.size().width;
    let mut found: Vec<bool> = marks.values().iter().map(|m| *m == Ternary::Positive).collect();
    loop {
        let before = found.clone();
        for forward in [true, false] {
            for step in 0..found.len() {
                let pixel = if forward { step } else { found.len() - 1 - step };
                let x = pixel % width;
                let near = |ok: bool, other: usize| ok && found.get(other) == Some(&true);
                let touches = near(x > 0, pixel.wrapping_sub(1))
                    || near(x + 1 < width, pixel + 1)
                    || near(true, pixel.wrapping_sub(width))
                    || near(true, pixel + width);
                found[pixel] |= region.values()[pixel] && touches;
            }
        }
        if found == before {
            return found.iter().filter(|found| **found).count();
        }
    }
}
