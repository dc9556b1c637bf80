//! Updates of weights.

use lacuna_kernels::optimizer::{AdamW, Sgd, move_average};

use crate::support::{assert_close, numbers, on_every_path};

const LENGTHS: [usize; 6] = [0, 1, 7, 17, 1000, 70_001];
const STEPS: u64 = 4;

#[test]
fn sgd_is_pytorchs() {
    let sgd = Sgd { rate: 0.1, momentum: 0.9, weight_decay: 0.01 };
    for len in LENGTHS {
        let start = numbers(len, 9);
        let mut expected: Vec<f64> = start.iter().map(|value| f64::from(*value)).collect();
        let mut buffer = vec![0.0; len];
        for step in 1..=STEPS {
            for (index, gradient) in numbers(len, step).into_iter().enumerate() {
                let gradient = f64::from(gradient) + sgd.weight_decay * expected[index];
                buffer[index] = sgd.momentum * buffer[index] + gradient;
                expected[index] -= sgd.rate * buffer[index];
            }
        }
        let runs = on_every_path("SGD", |place| {
            let mut weights = place.put(&start);
            let mut buffer = place.put(&vec![0.0; len]);
            for step in 1..=STEPS {
                sgd.update(&mut weights, &place.put(&numbers(len, step)), &mut buffer).unwrap();
            }
            weights.to_vec()
        });
        for (isa, found) in runs {
            assert_close(&format!("SGD {} {len}", isa.name()), &found, &expected, 1.0, 1e-6);
        }
    }
}

#[test]
fn adamw_is_pytorchs() {
    let settings =
        |step| AdamW { rate: 0.01, betas: [0.9, 0.999], epsilon: 1e-8, weight_decay: 0.1, step };
    for len in LENGTHS {
        let start = numbers(len, 9);
        let mut expected: Vec<f64> = start.iter().map(|value| f64::from(*value)).collect();
        let (mut first, mut second) = (vec![0.0; len], vec![0.0; len]);
        for step in 1..=STEPS {
            let AdamW { rate, betas: [beta1, beta2], epsilon, weight_decay, .. } = settings(step);
            for (index, gradient) in numbers(len, step).into_iter().enumerate() {
                let gradient = f64::from(gradient);
                first[index] = beta1 * first[index] + (1.0 - beta1) * gradient;
                second[index] = beta2 * second[index] + (1.0 - beta2) * gradient * gradient;
                let mean = first[index] / (1.0 - beta1.powf(step as f64));
                let square: f64 = second[index] / (1.0 - beta2.powf(step as f64));
                expected[index] *= 1.0 - rate * weight_decay;
                expected[index] -= rate * mean / (square.sqrt() + epsilon);
            }
        }
        let runs = on_every_path("AdamW", |place| {
            let mut weights = place.put(&start);
            let (mut first, mut second) = (place.put(&vec![0.0; len]), place.put(&vec![0.0; len]));
            for step in 1..=STEPS {
                let gradients = place.put(&numbers(len, step));
                settings(step).update(&mut weights, &gradients, &mut first, &mut second).unwrap();
            }
            weights.to_vec()
        });
        for (isa, found) in runs {
            assert_close(&format!("AdamW {} {len}", isa.name()), &found, &expected, 1.0, 1e-6);
        }
    }
}

#[test]
fn an_average_moves_by_its_share() {
    for len in LENGTHS {
        let (start, weights) = (numbers(len, 9), numbers(len, 1));
        let moved = |(a, w): (&f32, &f32)| f64::from(*a) + 0.3 * (f64::from(*w) - f64::from(*a));
        let expected: Vec<f64> = start.iter().zip(&weights).map(moved).collect();
        let runs = on_every_path("average", |place| {
            let mut average = place.put(&start);
            move_average(&mut average, &place.put(&weights), 0.3).unwrap();
            average.to_vec()
        });
        for (isa, found) in runs {
            assert_close(&format!("average {} {len}", isa.name()), &found, &expected, 1.0, 1e-6);
        }
    }
}

#[test]
fn lengths_that_differ_are_refused() {
    assert!(move_average(&mut [0.0; 2], &[0.0; 3], 0.5).is_err());
    let sgd = Sgd { rate: 0.1, momentum: 0.9, weight_decay: 0.0 };
    assert!(sgd.update(&mut [0.0; 2], &[0.0; 3], &mut [0.0; 2]).is_err());
    assert!(sgd.update(&mut [0.0; 2], &[0.0; 2], &mut [0.0; 3]).is_err());
}
