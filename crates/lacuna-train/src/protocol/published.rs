//! The published table, to stand beside ours where the classes are the paper's.

use super::approach::{Approach, Condition};

/// A number of the paper's table: mean Dice over five repetitions, and its standard deviation.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Published {
    /// Mean.
    pub mean: f64,
    /// Standard deviation.
    pub sd: f64,
}

/// Mean and standard deviation for a class, on original masks (a) and on masked ones (b).
type OfClass = [(f64, f64); 2];

/// Gum and teeth. Martin, Chevallet and Quénot, CBMI 2022, table 1.
const TABLE: [(Approach, [OfClass; 2]); 6] = [
    (Approach::Standard, [[(0.75, 0.01), (0.60, 0.02)], [(0.79, 0.02), (0.58, 0.02)]]),
    (Approach::PositiveOnly, [[(0.44, 0.01), (0.44, 0.00)], [(0.46, 0.01), (0.46, 0.00)]]),
    (Approach::Fusion, [[(0.53, 0.00), (0.53, 0.00)], [(0.60, 0.01), (0.60, 0.01)]]),
    (Approach::Box, [[(0.75, 0.01), (0.59, 0.02)], [(0.79, 0.01), (0.58, 0.02)]]),
    (Approach::FusionBox, [[(0.71, 0.01), (0.71, 0.01)], [(0.78, 0.01), (0.77, 0.01)]]),
    (Approach::FusionBoxScratch, [[(0.67, 0.02), (0.65, 0.01)], [(0.73, 0.01), (0.73, 0.01)]]),
];

/// What the paper reports for the class of that name; `None` for classes and approaches it has not.
pub fn published(approach: Approach, condition: Condition, class: &str) -> Option<Published> {
    let class = match class.to_lowercase().as_str() {
        "gum" | "gums" | "gingiva" => 0,
        "tooth" | "teeth" => 1,
        _ => return None,
    };
    let (_, numbers) = TABLE.iter().find(|(row, _)| *row == approach)?;
    let (mean, sd) = numbers[class][condition as usize];
    Some(Published { mean, sd })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_papers_classes_and_rows_have_numbers() {
        let teeth = published(Approach::Standard, Condition::Masked, "teeth").unwrap();
        assert_eq!((teeth.mean, teeth.sd), (0.58, 0.02));
        assert_eq!(published(Approach::FusionBox, Condition::Original, "Gum").unwrap().mean, 0.71);
        assert_eq!(published(Approach::Full, Condition::Original, "gum"), None);
        assert_eq!(published(Approach::Standard, Condition::Original, "nucleus"), None);
    }
}
