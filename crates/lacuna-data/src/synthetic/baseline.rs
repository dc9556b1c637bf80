//! How far colour alone gets: a test that the generator is neither too easy nor nonsense.
//!
//! A naive Bayes classifier over 16³ colour bins per class, fitted on complete truth, with the
//! threshold that is best on its training pictures: more than an annotator's colour wand has.

use super::*;

const SIDE: usize = 96;
const BINS: usize = 16;

/// A way to turn a picture's pixels into three numbers from 0 to 1.
type Feature = fn(&Image) -> Vec<[f32; 3]>;

fn rgb(image: &Image) -> Vec<[f32; 3]> {
    image.rgb().chunks_exact(3).map(|c| [c[0], c[1], c[2]].map(|v| f32::from(v) / 256.0)).collect()
}

/// Red, green and blue over their means in the picture: a colour cast and the exposure removed.
fn balanced(image: &Image) -> Vec<[f32; 3]> {
    let pixels = rgb(image);
    let mean = |k: usize| pixels.iter().map(|p| p[k]).sum::<f32>() / pixels.len() as f32;
    let means = [mean(0), mean(1), mean(2)];
    pixels.iter().map(|p| [0, 1, 2].map(|k| (p[k] / means[k].max(1e-3) * 0.4).min(0.999))).collect()
}

/// Lightness relative to the picture, and two opponent colours.
fn opponent(image: &Image) -> Vec<[f32; 3]> {
    let pixels = balanced(image);
    let squeeze = |v: f32| v.clamp(0.0, 0.999);
    pixels
        .iter()
        .map(|[r, g, b]| {
            let light = (r + g + b) / 3.0;
            [light, 0.5 + 1.2 * (r - g), 0.5 + 1.2 * (g - b)].map(squeeze)
        })
        .collect()
}

fn bin(color: [f32; 3]) -> usize {
    let [a, b, c] = color.map(|value| (value * BINS as f32) as usize);
    (a * BINS + b) * BINS + c
}

/// P(class | colour) for every bin, with half a pixel of doubt on either side.
fn fit(pictures: &[SyntheticMouth], class: usize, feature: Feature) -> Vec<f32> {
    let mut counts = vec![[0.5_f32, 0.1]; BINS * BINS * BINS];
    for picture in pictures {
        for (color, inside) in feature(&picture.image).iter().zip(picture.truth[class].values()) {
            counts[bin(*color)][usize::from(*inside)] += 1.0;
        }
    }
    counts.iter().map(|[out, inside]| inside / (out + inside)).collect()
}

/// Mean Dice over pictures of "likelier than the threshold".
fn dice(
    pictures: &[SyntheticMouth],
    class: usize,
    feature: Feature,
    table: &[f32],
    least: f32,
) -> f64 {
    let one = |picture: &SyntheticMouth| {
        let truth = &picture.truth[class];
        let found: Vec<bool> =
            feature(&picture.image).iter().map(|color| table[bin(*color)] > least).collect();
        let both = found.iter().zip(truth.values()).filter(|(a, b)| **a && **b).count();
        let sum = found.iter().filter(|found| **found).count() + truth.count();
        (sum > 0).then(|| 2.0 * both as f64 / sum as f64)
    };
    let scores: Vec<f64> = pictures.iter().filter_map(one).collect();
    scores.iter().sum::<f64>() / scores.len() as f64
}

fn pictures(from: u64, to: u64) -> Vec<SyntheticMouth> {
    let config = MouthConfig { size: Size::new(SIDE, SIDE), pictures_per_patient: 2 };
    (from..to).map(|index| generate(&config, 11, index).unwrap()).collect()
}

#[test]
fn colour_alone_neither_fails_nor_suffices() {
    let (train, held_out) = (pictures(0, 40), pictures(40, 64));
    let mut best = [0.0_f64; 2];
    for (name, feature) in [("rgb", rgb as Feature), ("balanced", balanced), ("opponent", opponent)]
    {
        for class in 0..2 {
            let table = fit(&train, class, feature);
            let thresholds = (1..20).map(|step| step as f32 / 20.0);
            let score = |least: &f32| dice(&train, class, feature, &table, *least);
            let least = thresholds.max_by(|a, b| score(a).total_cmp(&score(b))).unwrap();
            let found = dice(&held_out, class, feature, &table, least);
            println!("{name} {}: {found:.3} at {least}", CLASSES[class]);
            best[class] = best[class].max(found);
        }
    }
    let mean = best.iter().sum::<f64>() / 2.0;
    println!("best mean {mean:.3}");
    assert!(mean < 0.7, "a colour threshold reaches {mean:.3}: the generator is too easy");
    assert!(mean > 0.3, "colour says nothing ({mean:.3}): the pictures make no sense");
}
