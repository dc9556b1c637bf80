//! RoI align.

use lacuna_kernels::ShapeError;
use lacuna_kernels::roi_align::{self, Level, Roi, RoiAlignShape};

use crate::support::{assert_close, numbers, on_every_path};

fn shape() -> RoiAlignShape {
    RoiAlignShape {
        batch: 2,
        channels: 21,
        levels: vec![
            Level { height: 9, width: 12, scale: 0.5 },
            Level { height: 5, width: 6, scale: 0.25 },
        ],
        bins: [3, 2],
        sampling_ratio: 2,
    }
}

/// Inside, thinner than a pixel, over the border, far outside, overlapping, and no number.
fn rois() -> Vec<Roi> {
    let roi = |image, level, corners| Roi { image, level, corners };
    vec![
        roi(0, 0, [1.0, 2.0, 15.0, 11.0]),
        roi(1, 1, [4.0, 4.0, 4.5, 9.0]),
        roi(1, 0, [-9.0, -7.0, 30.0, 25.0]),
        roi(0, 1, [90.0, 80.0, 99.0, 99.0]),
        roi(0, 0, [3.0, 3.0, 14.0, 17.0]),
        roi(1, 1, [0.0, 0.0, 24.0, 20.0]),
        roi(1, 1, [f32::NAN, f32::NEG_INFINITY, f32::INFINITY, f32::NAN]),
    ]
}

/// The bilinear value at a place, by the definition, in double precision.
fn sample(level: &Level, channels: usize, features: &[f32], channel: usize, y: f64, x: f64) -> f64 {
    let (height, width) = (level.height as f64, level.width as f64);
    if y < -1.0 || y > height || x < -1.0 || x > width {
        return 0.0;
    }
    let (y, x) = (y.clamp(0.0, height - 1.0), x.clamp(0.0, width - 1.0));
    let mut value = 0.0;
    for row in 0..level.height {
        for column in 0..level.width {
            let near = |at: f64, pixel: usize| (1.0 - (at - pixel as f64).abs()).max(0.0);
            let pixel = f64::from(features[(row * level.width + column) * channels + channel]);
            value += near(y, row) * near(x, column) * pixel;
        }
    }
    value
}

fn expected(shape: &RoiAlignShape, rois: &[Roi], features: &[Vec<f32>]) -> Vec<f64> {
    let ([rows, columns], grid) = (shape.bins, shape.sampling_ratio);
    let mut y = Vec::new();
    for roi in rois {
        let level = &shape.levels[roi.level];
        let len = level.height * level.width * shape.channels;
        let features = &features[roi.level][roi.image * len..][..len];
        let [x1, y1, x2, y2] = roi.corners.map(|corner| f64::from(corner * level.scale));
        let (bin_width, bin_height) =
            ((x2 - x1).max(1.0) / columns as f64, (y2 - y1).max(1.0) / rows as f64);
        for (channel, bin) in
            (0..shape.channels).flat_map(|c| (0..rows * columns).map(move |bin| (c, bin)))
        {
            let mut sum = 0.0;
            for (down, across) in (0..grid).flat_map(|d| (0..grid).map(move |a| (d, a))) {
                let place = |from: f64, bin: usize, size: f64, index: usize| {
                    from + (bin as f64 + (index as f64 + 0.5) / grid as f64) * size
                };
                let at_y = place(y1, bin / columns, bin_height, down);
                let at_x = place(x1, bin % columns, bin_width, across);
                sum += sample(level, shape.channels, features, channel, at_y, at_x);
            }
            y.push(sum / (grid * grid) as f64);
        }
    }
    y
}

fn features(shape: &RoiAlignShape) -> Vec<Vec<f32>> {
    let level = |(index, level)| numbers(shape.level_len(level).unwrap(), index as u64 + 1);
    shape.levels.iter().enumerate().map(level).collect()
}

#[test]
fn values_are_means_of_bilinear_samples() {
    let (shape, mut rois) = (shape(), rois());
    rois.pop();
    let features = features(&shape);
    let expected = expected(&shape, &rois, &features);
    let runs = on_every_path("roi align", |place| {
        let levels: Vec<_> = features.iter().map(|level| place.put(level)).collect();
        let levels: Vec<&[f32]> = levels.iter().map(|level| &**level).collect();
        let mut y = place.output(expected.len());
        roi_align::forward(&shape, &rois, &levels, &mut y).unwrap();
        y.to_vec()
    });
    for (isa, found) in runs {
        assert_close(isa.name(), &found, &expected, 1.0, 1e-5);
    }
}

/// The operator is linear: for any x and dy, ⟨forward(x), dy⟩ = ⟨x, backward(dy)⟩ says that one is the other's transpose.
#[test]
fn the_gradient_is_the_transpose() {
    let (shape, rois) = (shape(), rois());
    let features = features(&shape);
    let dy = numbers(shape.output_len(rois.len()).unwrap(), 9);
    let dot = |a: &[f32], b: &[f32]| -> f64 {
        a.iter().zip(b).map(|(a, b)| f64::from(*a) * f64::from(*b)).sum()
    };
    on_every_path("roi align backward", |place| {
        let levels: Vec<&[f32]> = features.iter().map(Vec::as_slice).collect();
        let mut y = vec![0.0; dy.len()];
        roi_align::forward(&shape, &rois, &levels, &mut y).unwrap();
        let mut dx: Vec<_> = features.iter().map(|level| place.output(level.len())).collect();
        let mut slices: Vec<&mut [f32]> = dx.iter_mut().map(|level| &mut **level).collect();
        roi_align::backward(&shape, &rois, &place.put(&dy), &mut slices).unwrap();
        let from_x: f64 = features.iter().zip(&dx).map(|(x, dx)| dot(x, dx)).sum();
        let from_y = dot(&y, &dy);
        assert!((from_x - from_y).abs() < 1e-4 * (1.0 + from_y.abs()), "{from_x}, {from_y}");
        dx.iter().flat_map(|level| level.to_vec()).collect()
    });
}

#[test]
fn what_does_not_exist_is_refused() {
    let shape = shape();
    let features = features(&shape);
    let levels: Vec<&[f32]> = features.iter().map(Vec::as_slice).collect();
    let run = |shape: &RoiAlignShape, roi: Roi| {
        let mut y = vec![0.0; shape.output_len(1)?];
        roi_align::forward(shape, &[roi], &levels, &mut y)
    };
    let roi = rois()[0];
    assert_eq!(run(&shape, roi), Ok(()));
    let outside = |found| matches!(found, Err(ShapeError::OutOfRange { .. }));
    assert!(outside(run(&shape, Roi { image: 2, ..roi })));
    assert!(outside(run(&shape, Roi { level: 2, ..roi })));
    let adaptive = RoiAlignShape { sampling_ratio: 0, ..shape };
    assert_eq!(run(&adaptive, roi), Err(ShapeError::Zero { what: "sampling ratio" }));
}
