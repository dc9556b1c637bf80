//! What a prediction measures: area, share of the picture and number of pieces of every class.

use std::io;
use std::path::Path;

use lacuna_data::atomic_file::write_atomic_bytes;
use lacuna_data::{ClassSet, Size};
use lacuna_metrics::{Connectivity, Grid, MetricError, component_areas};

use super::Prediction;

/// Measures of one class in one picture.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct ClassMeasure {
    /// Area in pixels.
    pub area_px: u64,
    /// Area in square millimetres, where the picture has a spacing.
    pub area_mm2: Option<f64>,
    /// Share of the picture's pixels, 0 to 1.
    pub share: f64,
    /// Number of pieces; pixels that share an edge or a corner are of one piece.
    pub components: usize,
}

/// Measures every class at its threshold. `spacing` is in millimetres between rows and between columns.
pub fn measure(
    prediction: &Prediction,
    thresholds: &[f64],
    spacing: Option<[f64; 2]>,
) -> Result<Vec<ClassMeasure>, MetricError> {
    let Size { width, height } = prediction.size();
    let grid = Grid::new(width, height, spacing.unwrap_or([1.0, 1.0]))?;
    let of_class = |(class, threshold): (usize, &f64)| {
        let mask = prediction.mask(class, *threshold as f32);
        let pieces = component_areas(mask.values(), &grid, Connectivity::Eight)?;
        let area_px: u64 = pieces.iter().sum();
        Ok(ClassMeasure {
            area_px,
            area_mm2: spacing.map(|_| area_px as f64 * grid.pixel_area()),
            share: area_px as f64 / grid.pixels().max(1) as f64,
            components: pieces.len(),
        })
    };
    thresholds.iter().enumerate().map(of_class).collect()
}

/// `measures.csv`: one row a picture, four columns a class.
#[derive(Clone, Debug)]
pub struct MeasureTable {
    rows: Vec<Vec<String>>,
}

impl MeasureTable {
    /// A table with its head only.
    pub fn new(classes: &ClassSet) -> Self {
        let fixed = ["case", "width", "height"].map(ToOwned::to_owned);
        let of_class = |class: String| {
            ["area_px", "area_mm2", "share", "components"].map(|what| format!("{class}_{what}"))
        };
        let head = fixed.into_iter().chain(classes.names().into_iter().flat_map(of_class));
        Self { rows: vec![head.collect()] }
    }

    /// Adds a picture. Areas in mm² have four decimals and are empty without a spacing; shares have six.
    pub fn push(&mut self, case: &str, size: Size, measures: &[ClassMeasure]) {
        let fixed = [case.to_owned(), size.width.to_string(), size.height.to_string()];
        let of_class = |measure: &ClassMeasure| {
            [
                measure.area_px.to_string(),
                measure.area_mm2.map_or_else(String::new, |area| format!("{area:.4}")),
                format!("{:.6}", measure.share),
                measure.components.to_string(),
            ]
        };
        self.rows.push(fixed.into_iter().chain(measures.iter().flat_map(of_class)).collect());
    }

    /// The table as CSV.
    pub fn to_csv(&self) -> io::Result<Vec<u8>> {
        let mut writer = csv::Writer::from_writer(Vec::new());
        for row in &self.rows {
            writer.write_record(row)?;
        }
        writer.into_inner().map_err(csv::IntoInnerError::into_error)
    }

    /// Writes the table. The error names the file.
    pub fn save(&self, path: &Path) -> io::Result<()> {
        write_atomic_bytes(path, &self.to_csv()?)
    }
}

#[cfg(test)]
mod tests {
    use lacuna_data::class::{Class, default_color};

    use super::*;

    fn classes() -> ClassSet {
        let class = |name: &str| Class { name: name.to_owned(), color: default_color(0) };
        ClassSet::new(vec![class("gum"), class("teeth")], &[], &[]).unwrap()
    }

    #[test]
    fn areas_shares_and_pieces_are_counted() {
        let size = Size::new(4, 2);
        // gum: a diagonal of two and one apart; teeth: just at the threshold, everywhere
        let gum = [0.9, 0.1, 0.1, 0.8, 0.1, 0.7, 0.2, 0.0];
        let probabilities = [gum, [0.25; 8]].concat();
        let prediction = Prediction::from_planes(size, probabilities);
        let measures = measure(&prediction, &[0.5, 0.25], Some([0.5, 0.25])).unwrap();
        let expected = [
            ClassMeasure { area_px: 3, area_mm2: Some(0.375), share: 0.375, components: 2 },
            ClassMeasure { area_px: 8, area_mm2: Some(1.0), share: 1.0, components: 1 },
        ];
        assert_eq!(measures, expected);
        assert_eq!(measure(&prediction, &[1.0, 1.0], None).unwrap()[0].area_mm2, None);
        assert!(measure(&prediction, &[0.5, 0.5], Some([0.0, 1.0])).is_err());
    }

    #[test]
    fn one_row_a_picture() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("measures.csv");
        let mut table = MeasureTable::new(&classes());
        let found = ClassMeasure { area_px: 3, area_mm2: None, share: 1.0 / 3.0, components: 2 };
        let none = ClassMeasure { area_px: 0, area_mm2: Some(0.0), share: 0.0, components: 0 };
        table.push("a,b", Size::new(3, 3), &[found, none]);
        table.save(&path).unwrap();
        let text = fs_err::read_to_string(&path).unwrap();
        assert_eq!(
            text,
            "case,width,height,gum_area_px,gum_area_mm2,gum_share,gum_components,teeth_area_px,teeth_area_mm2,teeth_share,teeth_components\n\
             \"a,b\",3,3,3,,0.333333,2,0,0.0000,0.000000,0\n"
        );
    }
}
