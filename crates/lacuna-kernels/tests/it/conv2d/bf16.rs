//! Convolution with products of bf16 pairs.

use lacuna_kernels::Isa;
use lacuna_kernels::conv2d::{self, Algorithm, ConvShape, Epilogue, Input, Method, Precision};
use proptest::prelude::*;

use super::{Case, any_shape, relative_error, shape, shapes};
use crate::support::{Placement, on_every_path};

/// One of the three passes of a case.
type Pass = fn(&Case, &Placement, Method) -> Vec<f32>;

pub(super) const DIRECT: Method =
    Method { algorithm: Algorithm::Direct, precision: Precision::Bf16 };
/// The bound on the error of sums, relative to the root of the number of products, as for `f32`: products are exact.
const SUMS: f64 = 4e-6;

/// The nearer one of the two bf16 values around a value, or the even one.
fn rounded(value: f32) -> f64 {
    let below = value.to_bits() & 0xFFFF_0000;
    let [low, high] = [below, below + 0x1_0000].map(|bits| f64::from(f32::from_bits(bits)));
    let middle = f64::midpoint(low, high).abs();
    let is_even = below & 0x1_0000 == 0;
    match f64::from(value).abs() {
        size if size < middle || (size == middle && is_even) => low,
        _ => high,
    }
}

fn case(shape: &ConvShape) -> Case {
    Case::of_factors(shape, rounded)
}

#[test]
fn passes_are_their_definition() {
    let odd_images = [
        shape([1, 34, 40, 6, 7], 3, 1, 1),
        shape([3, 3, 64, 17, 19], 7, 2, 3),
        shape([3, 19, 4, 8, 9], 3, 1, 1),
        shape([5, 9, 1, 4, 4], 3, 1, 1),
        shape([3, 33, 35, 5, 3], 1, 2, 0),
        shape([3, 1, 2, 3, 3], 1, 2, 2),
    ];
    for shape in shapes().into_iter().chain(odd_images) {
        case(&shape).check(DIRECT, SUMS);
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_shape_is_its_definition(shape in any_shape()) {
        case(&shape).check(DIRECT, SUMS);
    }
}

#[test]
fn epilogues_follow_in_order() {
    for shape in shapes() {
        case(&shape).check_epilogues(DIRECT, 2e-5);
    }
}

#[test]
fn rounding_loses_what_its_documentation_says() {
    for channels in [16, 64, 256] {
        let exact = Case::new(&shape([2, channels, 48, 12, 12], 3, 1, 1));
        let passes: [(_, Pass, _); 3] = [
            ("forward", Case::forward, &exact.y),
            ("input gradient", Case::backward_input, &exact.dx),
            ("weight gradient", Case::backward_weight, &exact.dw),
        ];
        for (pass, run, expected) in passes {
            for (isa, found) in on_every_path(pass, |place| run(&exact, place, DIRECT)) {
                let error = relative_error(&found, expected);
                let what = format!("{pass} of {channels} channels, {}", isa.name());
                println!("{what}: {error:.2e}");
                assert!((1e-3..3e-3).contains(&error), "{what}: {error:e}");
            }
        }
    }
}

/// Bytes that come out of all passes, where there are matrix tiles or where there are none.
fn bytes(case: &Case, method: Method, tiles: bool) -> Vec<Vec<f32>> {
    let of = |run: Pass| {
        let found = on_every_path("bytes", |place| run(case, place, method)).into_iter();
        found.filter(|(isa, _)| (*isa == Isa::Amx) == tiles).map(|(_, found)| found)
    };
    of(Case::forward).chain(of(Case::backward_input)).chain(of(Case::backward_weight)).collect()
}

#[test]
fn minimal_filtering_stays_in_single_precision() {
    let auto = Method { algorithm: Algorithm::Auto, precision: Precision::Bf16 };
    let winograd = Method { algorithm: Algorithm::Winograd, precision: Precision::Bf16 };
    let wide = case(&shape([1, 64, 64, 24, 24], 3, 1, 1));
    let narrow = case(&shape([1, 64, 63, 24, 24], 3, 1, 1));
    let (single, either) = (Algorithm::Winograd.into(), Algorithm::Auto.into());
    for tiles in [false, true] {
        let same =
            |case: &Case, a: Method, b: Method| bytes(case, a, tiles) == bytes(case, b, tiles);
        assert!(same(&wide, winograd, single));
        // Beside tiles, fewer multiplications do not pay.
        assert!(same(&wide, auto, if tiles { DIRECT } else { single }));
        assert!(same(&narrow, auto, DIRECT));
        assert!(same(&narrow, either, single));
    }
}

#[test]
fn what_is_no_number_spreads_to_its_outputs_alone() {
    let shape = shape([1, 3, 9, 1, 8], 3, 1, 1);
    let Case { mut x, w, dy, .. } = case(&shape);
    // A payload in the half that is cut off.
    x[10] = f32::from_bits(0x7F80_0001);
    x[23] = f32::INFINITY;
    for (isa, y) in on_every_path("not a number", |place| {
        let mut y = place.output(dy.len());
        let input = place.put(&x);
        conv2d::forward(
            &shape,
            Input::Plain(&input),
            &place.put(&w),
            Epilogue::default(),
            DIRECT,
            &mut y,
        )
        .unwrap();
        y.to_vec()
    }) {
        for (index, y) in y.iter().enumerate() {
            let name = isa.name();
            match index / 9 {
                2..=4 => assert!(y.is_nan(), "{name}: value {index} is {y}"),
                6..=7 => assert!(y.is_infinite(), "{name}: value {index} is {y}"),
                _ => assert!(y.is_finite(), "{name}: value {index} is {y}"),
            }
        }
    }
}
