//! Draws everything this crate can draw, from invented numbers and a painted picture, into a folder:
//! `cargo run --release -p lacuna-report --example gallery -- FOLDER`.

use std::collections::BTreeMap;
use std::error::Error;
use std::path::{Path, PathBuf};

use lacuna_data::annotation::{Annotation, Role, Shape, Ternary, TernaryMask};
use lacuna_data::{BinaryMask, Class, ClassSet, Evidence, Image, Region, Size};
use lacuna_metrics::Calibration;
use lacuna_report::overlay::{self, AnnotationStyle, OverlayStyle};
use lacuna_report::{
    Axis, Bar, BarChart, BarSeries, Callout, Cell, Column, EpochRow, Figure, FigureRow, LinePlot,
    Panel, PixelState, ReliabilityDiagram, ReliabilitySeries, Report, SupervisionRow, Table,
    audit_figure, compare_runs, encode_png, standard_plots, supervision_figure,
};

const SIZE: Size = Size::new(640, 420);

fn main() -> Result<(), Box<dyn Error>> {
    let folder = PathBuf::from(std::env::args().nth(1).unwrap_or_else(|| "gallery".to_owned()));
    std::fs::create_dir_all(&folder)?;
    let scene = Scene::new()?;
    let mut report = Report::new("fusion+box against standard on synthetic mouths");
    report
        .lead("Twelve pictures, 45 % of each class painted. On all pixels `fusion+box` finds what nobody painted.")
        .footer("lacuna 0.1.0 · seed 0 · data set 3f2a91c0")
        .section("Result")
        .headline(&[
            ("Dice, fusion+box", "0.87", "all pixels, mean of two classes"),
            ("Dice, standard", "0.42", "the same pictures"),
            ("Painted", "31 %", "of the pixels of the training pictures"),
        ])
        .table(&table())
        .callout(Callout::Note, "Known pixels are the painted regions only: a selected sample.")
        .callout(Callout::Warning, "Not grouped by patient: the intervals may be too narrow.")
        .plot(&bars().draw(), "Mean over three seeds; the bars reach from the lowest to the highest.");
    let plots: Vec<_> = standard_plots(&rows(0.9), Some(27)).iter().map(LinePlot::draw).collect();
    report.section("Training").plots(&plots, "One run; a gap is an epoch without validation.");
    let (a, b) = (rows(0.9), rows(0.5));
    let both = compare_runs("dice/gum", &[("fusion+box", &a), ("standard", &b)]).draw();
    report.plots([&both, &calibration().draw()], "Left: two policies. Right: calibration.");
    report.section("Pictures");
    for (name, figure) in scene.figures()? {
        save(&folder, &format!("{name}.png"), &encode_png(&figure.to_image()?)?)?;
        report.figure(&figure)?;
    }
    report.section("How it was made").paragraph("Two commands:").code("lacuna demo --output-dir D");
    report.definitions(&[("policy", "`fusion+box`"), ("reduction", "known"), ("epochs", "40")]);
    report.details("All cases", |inner| {
        inner.table(&table());
    });
    save(&folder, "report.html", report.to_html().as_bytes())?;
    save(&folder, "table.txt", table().to_text().as_bytes())?;
    save(&folder, "loss.svg", plots[0].to_file().as_bytes())?;
    Ok(())
}

fn save(folder: &Path, name: &str, bytes: &[u8]) -> std::io::Result<()> {
    std::fs::write(folder.join(name), bytes)
}

fn table() -> Table {
    let mut table = Table::new(
        "Dice on held-back pictures",
        vec![
            Column::text("policy"),
            Column::number("gum, all pixels").highest_is_best(),
            Column::number("teeth, all pixels").highest_is_best(),
            Column::number("gum, known").highest_is_best(),
            Column::number("HD95 (mm)").lowest_is_best(),
        ],
    );
    for (policy, gum, teeth) in
        [("standard", 0.38, 0.47), ("standard, Elkan–Noto", 0.78, 0.81), ("fusion+box", 0.87, 0.88)]
    {
        table.row(vec![
            Cell::text(policy),
            Cell::with_interval(gum, [gum - 0.05, gum + 0.04], 2),
            Cell::with_interval(teeth, [teeth - 0.06, teeth + 0.03], 2),
            Cell::number(gum + 0.05, 2),
            Cell::number(12.0 * (1.0 - gum), 1),
        ]);
    }
    table.row(vec![Cell::text("positive-only"), Cell::number(0.44, 2)]);
    table.note("95 % bootstrap interval over 12 patients.");
    table
}

fn bars() -> BarChart {
    let groups = ["standard", "positive-only", "fusion", "box", "fusion+box"];
    let axis = Axis::linear("Dice").including(0.0, 1.0);
    let mut chart = BarChart::new("Dice on all pixels", axis, groups.map(String::from).to_vec());
    for (name, values) in
        [("gum", [0.38, 0.44, 0.53, 0.41, 0.87]), ("teeth", [0.47, 0.46, 0.6, 0.5, 0.88])]
    {
        let bars = values.map(|v| Bar::with_error(v, [v - 0.04, v + 0.03]));
        chart.series(BarSeries::new(name, bars.to_vec()));
    }
    chart
}

fn rows(best: f64) -> Vec<EpochRow> {
    let row = |epoch: u32| {
        let t = f64::from(epoch);
        let wave = (t * 1.7).sin() * 0.02;
        let dice = best * (1.0 - (-t / 8.0).exp()) + wave;
        let mut validation = BTreeMap::new();
        if !epoch.is_multiple_of(13) {
            validation.insert("dice/gum".to_owned(), dice);
            validation.insert("dice/teeth".to_owned(), dice * 0.93);
            validation.insert("loss".to_owned(), 0.25 + 0.5 * (-t / 6.0).exp() - wave);
        }
        EpochRow {
            epoch,
            train_loss: Some(0.15 + 0.55 * (-t / 7.0).exp() + wave * 0.4),
            validation,
            learning_rate: Some(0.01 * (1.0 - t / 41.0).powf(0.9)),
        }
    };
    (1..=40).map(row).collect()
}

fn calibration() -> ReliabilityDiagram {
    let mut diagram = ReliabilityDiagram::new("Calibration on known pixels");
    for (name, power) in [("gum", 1.6_f32), ("teeth", 0.8)] {
        let mut calibration = Calibration::new();
        for i in 0..4000_u32 {
            let p = (i as f32 / 3999.0).powi(3);
            let truth = (i * 7919 % 1000) as f32 / 1000.0 < p.powf(power);
            calibration.add(p, truth).unwrap_or_default();
        }
        diagram.series(ReliabilitySeries::new(name, &calibration.reliability()));
    }
    diagram
}

/// A painted scene: an arch of gum with teeth in it, and what somebody said about it.
struct Scene {
    image: Image,
    classes: ClassSet,
    truth: Vec<BinaryMask>,
    annotation: Annotation,
}

impl Scene {
    fn new() -> Result<Self, Box<dyn Error>> {
        let class = |name: &str, color| Class { name: name.to_owned(), color };
        let classes = ClassSet::new(
            vec![class("gum", [213, 94, 0]), class("teeth", [0, 158, 115])],
            &[vec!["gum".to_owned(), "teeth".to_owned()]],
            &[],
        )?;
        let mut image = Image::filled(SIZE, [60, 28, 26]);
        let mut truth = vec![BinaryMask::empty(SIZE); 2];
        let mut annotation = Annotation::unknown(SIZE, 2);
        for y in 0..SIZE.height {
            for x in 0..SIZE.width {
                paint(&mut image, &mut truth, &mut annotation, x, y);
            }
        }
        let (shape, role) = (
            Shape::Box { x: 70.0, y: 78.0, width: 500.0, height: 264.0, rotation: 0.0 },
            Role::NonExpert,
        );
        annotation.regions.push(Region {
            shape,
            author: "b".to_owned(),
            role,
            origin: "gallery".to_owned(),
            score: None,
            model_version: None,
            time: None,
        });
        Ok(Self { image, classes, truth, annotation })
    }

    fn figures(&self) -> Result<Vec<(&'static str, Figure)>, Box<dyn Error>> {
        let evidence = Evidence::collect(&self.annotation, &self.classes);
        let states: Vec<Vec<PixelState>> = (0..self.classes.len())
            .map(|c| evidence.plane(c).iter().map(|bits| PixelState::of(*bits)).collect())
            .collect();
        Ok(vec![
            ("case", self.case_figure()?),
            ("audit", audit_figure("Case mouth-01", &self.image, &self.classes, &states)?),
            ("supervision", self.supervision()?),
        ])
    }

    fn case_figure(&self) -> Result<Figure, Box<dyn Error>> {
        let style = AnnotationStyle::default();
        let dim = AnnotationStyle { dim_unknown: true, ..style };
        let truth = &self.truth;
        let guess: Vec<bool> =
            (0..SIZE.area()).map(|p| truth[0].values()[(p + 11) % SIZE.area()]).collect();
        let known: Vec<bool> = (0..SIZE.area()).map(|p| p % SIZE.width < 560).collect();
        let error = overlay::error_map(&self.image, &guess, truth[0].values(), Some(&known))?;
        let masks =
            overlay::mask_overlay(&self.image, &self.classes, truth, OverlayStyle::default())?;
        let said = |style| {
            overlay::annotation_overlay(&self.image, &self.classes, &self.annotation, style)
        };
        let mut figure = Figure::new("One case: what was painted, what there is, what was found");
        figure.columns(["picture", "annotation", "truth"]).row(FigureRow::new(
            "mouth-01",
            vec![
                Panel::new(self.image.clone(), "640×420"),
                Panel::new(
                    said(style)?,
                    "painted gum and teeth, a striped negative stroke, dashed box",
                ),
                Panel::new(masks, "gum and teeth, all of them"),
            ],
        ));
        figure.row(FigureRow::new(
            "again",
            vec![
                Panel::new(overlay::segmentation_picture(&self.classes, truth)?, "on black"),
                Panel::new(said(dim)?, "unknown pixels dimmed"),
                Panel::new(
                    error,
                    "green right, orange too much, blue stripes missed, dark unknown",
                ),
            ],
        ));
        Ok(figure)
    }

    fn supervision(&self) -> Result<Figure, Box<dyn Error>> {
        let prediction: Vec<f32> = (0..SIZE.area())
            .map(|p| if self.truth[0].values()[p] { 0.8 } else { 0.25 * (p % 640) as f32 / 640.0 })
            .collect();
        let positive: Vec<f32> = self.annotation.masks[0]
            .values()
            .iter()
            .map(|said| f32::from(*said == Ternary::Positive))
            .collect();
        let evidence = Evidence::collect(&self.annotation, &self.classes);
        let known = evidence.plane(0).iter().map(|bits| f32::from(bits.0 != 0));
        let weights = [("standard", vec![1.0; SIZE.area()]), ("fusion+box", known.collect())];
        let losses: Vec<Vec<f32>> = weights
            .iter()
            .map(|(_, weight)| {
                let pixels = weight.iter().zip(&positive).zip(&prediction);
                pixels
                    .map(
                        |((w, y), p)| if *w == 0.0 { 0.0 } else { -w * (1.0 - (y - p).abs()).ln() },
                    )
                    .collect()
            })
            .collect();
        let rows: Vec<SupervisionRow> = weights
            .iter()
            .zip(&losses)
            .map(|((policy, weight), loss)| SupervisionRow {
                policy,
                prediction: Some(&prediction),
                target: &positive,
                weight,
                loss: Some(loss),
            })
            .collect();
        Ok(supervision_figure("gum", SIZE, &rows)?)
    }
}

fn paint(image: &mut Image, truth: &mut [BinaryMask], said: &mut Annotation, x: usize, y: usize) {
    let (dx, dy) = ((x as f64 - 320.0) / 235.0, (y as f64 - 210.0) / 118.0);
    let radius = dx.hypot(dy);
    let shade = 0.75 + 0.25 * ((x as f64 / 23.0).sin() * (y as f64 / 31.0).cos());
    let p = y * SIZE.width + x;
    let tooth = radius < 0.86 && dy.abs() > 0.12 && (dx * 9.0 + 0.5).rem_euclid(1.0) > 0.1;
    let gum = radius < 1.0 && dy.abs() > 0.1 && !tooth;
    let color = match (tooth, gum, radius < 1.0) {
        (true, ..) => [232.0, 222.0, 198.0],
        (_, true, _) => [208.0, 118.0, 116.0],
        (_, _, true) => [70.0, 24.0, 28.0],
        _ => [188.0, 122.0, 104.0],
    };
    image.set_pixel(x, y, color.map(|c: f64| (c * shade) as u8));
    truth[0].values_mut()[p] = gum;
    truth[1].values_mut()[p] = tooth;
    let set = |mask: &mut TernaryMask, value| mask.values_mut()[p] = value;
    if gum && x < 300 {
        set(&mut said.masks[0], Ternary::Positive);
    }
    if tooth && (180..430).contains(&x) && y < 210 {
        set(&mut said.masks[1], Ternary::Positive);
    }
    if (200..214).contains(&y) && (250..400).contains(&x) {
        said.masks.iter_mut().for_each(|mask| set(mask, Ternary::Negative));
    }
    if (355..372).contains(&y) && (120..300).contains(&x) {
        set(&mut said.masks[0], Ternary::Negative);
    }
    if gum && (290..300).contains(&x) {
        set(&mut said.masks[1], Ternary::Positive);
    }
}
