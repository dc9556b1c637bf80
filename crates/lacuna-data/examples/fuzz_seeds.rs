//! Writes the first inputs of the fuzz targets: exports of a small synthetic data set, and our own files.
//! `cargo run --release -p lacuna-data --example fuzz_seeds fuzz/corpus`, then `cargo fuzz cmin TARGET`.

use std::collections::BTreeMap;
use std::io::Cursor;
use std::path::{Path, PathBuf};

use fs_err as fs;
use image_codecs::{ImageFormat, RgbImage};
use lacuna_data::annotation::journal::{Edit, Op, Origin, Paint};
use lacuna_data::annotation::{BinaryMask, Runs, Ternary};
use lacuna_data::formats::exporters;
use lacuna_data::simulate::{Outline, SimulateConfig, simulate};
use lacuna_data::synthetic::{MouthConfig, SyntheticMouth, generate};
use lacuna_data::{Case, Class, ClassSet, Dataset, Image, Size};
use tiff::encoder::{TiffEncoder, colortype};
use tiff::tags::Tag;

type AnyError = Box<dyn std::error::Error>;

/// The size that the targets expect.
const SIZE: Size = Size::new(48, 32);
const CLASSES: [&str; 3] = ["gum", "teeth", "caries"];

/// The folder of the corpora.
struct Corpus(PathBuf);

fn main() -> Result<(), AnyError> {
    let corpus = Corpus(std::env::args().nth(1).ok_or("which folder?")?.into());
    let scratch = tempfile::tempdir()?;
    let mouth = generate(&MouthConfig::new(SIZE), 1, 0)?;
    let dataset = dataset(&scratch.path().join("set"))?;
    exports(&dataset, scratch.path(), &corpus)?;
    own_files(&dataset, &corpus)?;
    pictures(&mouth.image, &corpus)?;
    spectral(&mouth, &corpus)?;
    let references = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../refs/images");
    corpus.add_below("scan", &references.join("dicom"), "dcm")?;
    corpus.add_below("scan", &references.join("tiff"), "tif")?;
    let lines = "0 0.5 0.5 0.25 0.5\n1 0.1 0.1 0.9 0.1 0.5 0.9\n";
    corpus.add("yolo", lines)?;
    corpus.add("yolo", format!("names:\n  0: gum\n  1: mouth # all\n---\n{lines}"))
}

impl Corpus {
    fn add(&self, target: &str, bytes: impl AsRef<[u8]>) -> Result<(), AnyError> {
        let folder = self.0.join(target);
        fs::create_dir_all(&folder)?;
        let name = blake3::hash(bytes.as_ref()).to_hex();
        Ok(fs::write(folder.join(&name[..40]), bytes)?)
    }

    /// Adds every file below a folder whose name ends so.
    fn add_below(&self, target: &str, folder: &Path, extension: &str) -> Result<(), AnyError> {
        for entry in fs::read_dir(folder)? {
            let path = entry?.path();
            if path.is_dir() {
                self.add_below(target, &path, extension)?;
            } else if path.extension().is_some_and(|found| found == extension) {
                self.add(target, fs::read(path)?)?;
            }
        }
        Ok(())
    }
}

/// Two mouths as a busy expert paints them, and one with a polygon around it.
fn dataset(dir: &Path) -> Result<Dataset, AnyError> {
    let class = |name: &str| Class { name: name.to_owned(), color: [1, 2, 3] };
    let parts = [("caries".to_owned(), "teeth".to_owned())];
    let classes = ClassSet::new(CLASSES.map(class).to_vec(), &[], &parts)?;
    let mut dataset = Dataset::create(dir, "seeds", classes)?;
    for (index, outline) in (0..).zip([Outline::Box, Outline::Polygon]) {
        let mouth = generate(&MouthConfig::new(SIZE), 1, index)?;
        let id = format!("p{index}");
        let case = dataset.add_image(&id, &mouth.image, Some(&mouth.group))?;
        let config = SimulateConfig { outline, neither: 2, ..SimulateConfig::default() };
        let truth = [mouth.truth, vec![BinaryMask::empty(SIZE)]].concat();
        let classes = dataset.classes();
        let mut said = simulate(&truth, &mouth.image, classes, &config, 1, &id)?.annotation;
        let suggested = said.masks[0].values().iter().enumerate();
        let suggested = suggested.map(|(i, state)| *state == Ternary::Positive && i % 3 == 0);
        said.suggested[0] = Some(BinaryMask::new(SIZE, suggested.collect())?);
        dataset.save_annotation(&case, &said)?;
    }
    Ok(dataset)
}

fn exports(dataset: &Dataset, scratch: &Path, corpus: &Corpus) -> Result<(), AnyError> {
    for entry in exporters() {
        let folder = scratch.join(entry.format.name);
        entry.exporter(BTreeMap::new())?.export(dataset, &folder, &|_, _| ())?;
        match entry.format.name {
            "coco" => {
                corpus.add_below("coco", &folder, "json")?;
                coco_runs(&folder.join("annotations.json"), corpus)?;
            }
            "label-studio" => {
                corpus.add_below("label_studio", &folder, "json")?;
                brush_runs(&folder.join("tasks.json"), corpus)?;
            }
            "cvat" => corpus.add_below("cvat", &folder, "xml")?,
            "labelme" => corpus.add_below("labelme", &folder, "json")?,
            "nnunet" => {
                corpus.add("nnunet", fs::read(folder.join("dataset.json"))?)?;
                corpus.add_below("nnunet", &folder.join("labelsTr"), "png")?;
                corpus.add_below("png_masks", &folder.join("labelsTr"), "png")?;
            }
            "root-painter" => {
                corpus.add_below("root_painter", &folder.join("annotations"), "png")?;
            }
            "voc" => {
                corpus.add_below("voc", &folder.join("SegmentationClass"), "png")?;
                corpus.add_below("voc", &folder.join("Annotations"), "xml")?;
            }
            _ => {}
        }
    }
    Ok(())
}

fn coco_runs(path: &Path, corpus: &Corpus) -> Result<(), AnyError> {
    let file: serde_json::Value = serde_json::from_slice(&fs::read(path)?)?;
    for annotation in file["annotations"].as_array().into_iter().flatten() {
        if let Some(counts) = annotation["segmentation"]["counts"].as_str() {
            corpus.add("coco_rle", counts)?;
        }
    }
    Ok(())
}

fn brush_runs(path: &Path, corpus: &Corpus) -> Result<(), AnyError> {
    let file: serde_json::Value = serde_json::from_slice(&fs::read(path)?)?;
    let tasks = file.as_array().into_iter().flatten();
    let results = tasks.filter_map(|task| task["annotations"][0]["result"].as_array());
    for result in results.flatten() {
        let rle: Result<Vec<u8>, _> = serde_json::from_value(result["value"]["rle"].clone());
        if let Ok(rle) = rle {
            corpus.add("brush_rle", rle)?;
        }
    }
    Ok(())
}

/// Masks, regions and provenance of both cases, and a journal.
fn own_files(dataset: &Dataset, corpus: &Corpus) -> Result<(), AnyError> {
    let annotations = dataset.dir().join("annotations");
    corpus.add_below("annotation", &annotations, "png")?;
    corpus.add_below("png_masks", &annotations, "png")?;
    corpus.add_below("annotation", &annotations, "json")?;
    let lock = dataset.lock()?;
    let case: &Case = dataset.case("p0")?;
    let regions = dataset.load_annotation(case)?.regions;
    let mut writer = dataset.open_journal(case, &lock)?;
    let paint = Paint {
        class: "gum".to_owned(),
        value: Ternary::Positive,
        origin: Origin::Accepted,
        runs: Runs::new(vec![3, 20, 60, 9])?,
    };
    let edit = Edit {
        id: "00000000-0000-4000-8000-000000000001".to_owned(),
        client: "tab".to_owned(),
        base: 0,
        ops: vec![Op::Paint(paint), Op::Regions { regions }],
        force: false,
    };
    writer.submit(dataset.classes(), vec![edit.by("ada", "2026-01-31T12:00:00Z")])?;
    corpus.add("annotation", fs::read(dataset.journal_path(case))?)
}

fn pictures(image: &Image, corpus: &Corpus) -> Result<(), AnyError> {
    let (width, height) = (image.size().width as u32, image.size().height as u32);
    let picture = RgbImage::from_raw(width, height, image.rgb().to_vec()).ok_or("a full buffer")?;
    for format in [ImageFormat::Png, ImageFormat::Jpeg, ImageFormat::Bmp, ImageFormat::WebP] {
        let mut bytes = Cursor::new(Vec::new());
        picture.write_to(&mut bytes, format)?;
        corpus.add("image", bytes.into_inner())?;
    }
    Ok(())
}

/// A spectral file of three bands, and its masks.
fn spectral(mouth: &SyntheticMouth, corpus: &Corpus) -> Result<(), AnyError> {
    let (width, height) = (SIZE.width as u32, SIZE.height as u32);
    let mut picture = Cursor::new(Vec::new());
    let mut encoder = TiffEncoder::new(&mut picture)?;
    for channel in 0..3 {
        let mut page = encoder.new_image::<colortype::Gray32Float>(width, height)?;
        page.encoder().write_tag(Tag::Unknown(65_000), &[450.0f32, 550.0, 650.0][..])?;
        let band = mouth.image.rgb().chunks_exact(3).map(|rgb| f32::from(rgb[channel]) / 255.0);
        page.write_data(&band.collect::<Vec<_>>())?;
    }
    let mut masks = Cursor::new(Vec::new());
    let mut encoder = TiffEncoder::new(&mut masks)?;
    for (label, mask) in ["Attached gingiva", "Enamel"].iter().zip(&mouth.truth) {
        let mut page = encoder.new_image::<colortype::Gray8>(width, height)?;
        page.encoder().write_tag(Tag::Unknown(65_001), *label)?;
        page.write_data(&mask.values().iter().map(|set| u8::from(*set)).collect::<Vec<_>>())?;
    }
    corpus.add("image", picture.get_ref())?;
    corpus.add("odsi_db", picture.into_inner())?;
    corpus.add("odsi_db", masks.into_inner())
}
