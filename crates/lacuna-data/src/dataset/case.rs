//! One picture of a data set, and the table that lists them: `cases.csv`.

use std::path::{Component, Path, PathBuf};

use fs_err as fs;

use super::DataError;
use crate::atomic_file::write_atomic_bytes;

/// Name of the table in a data set folder.
pub(super) const FILE_NAME: &str = "cases.csv";
const COLUMNS: [&str; 5] = ["id", "image", "group", "row_mm", "col_mm"];
/// Longest id; leaves room for suffixes in file names of 255 bytes.
const MAX_ID_BYTES: usize = 200;

/// A picture with its place in the data set.
#[derive(Clone, Debug, PartialEq)]
pub struct Case {
    /// Name of the case, unique in its data set; also the name of its annotation folder.
    pub id: String,
    /// The picture, relative to the data set folder, with `/` between folders.
    pub image: PathBuf,
    /// What the case belongs to, usually a patient; `None` where not known.
    pub group: Option<String>,
    /// Millimetres between rows and between columns, where known.
    pub spacing: Option<[f64; 2]>,
}

impl Case {
    /// A case without group and spacing.
    pub fn new(id: impl Into<String>, image: impl Into<PathBuf>) -> Self {
        Self { id: id.into(), image: image.into(), group: None, spacing: None }
    }

    /// Sets the group.
    #[must_use]
    pub fn with_group(mut self, group: Option<String>) -> Self {
        self.group = group;
        self
    }

    /// Checks id, image path and spacing.
    ///
    /// # Errors
    /// What is wrong with the first of them that cannot be.
    pub fn check(&self) -> Result<(), DataError> {
        check_id(&self.id)?;
        check_image_path(self)?;
        match self.spacing {
            Some(spacing) if !spacing.iter().all(|mm| mm.is_finite() && *mm > 0.0) => {
                let reason =
                    format!("a spacing of {} × {} mm is impossible", spacing[0], spacing[1]);
                Err(DataError::DoesNotFit { id: self.id.clone(), reason })
            }
            _ => Ok(()),
        }
    }
}

/// Checks that `id` can be the name of a folder on any system, and of no other folder than its own.
pub(crate) fn check_id(id: &str) -> Result<(), DataError> {
    let reserved = |stem: &str| {
        let stem = stem.to_ascii_uppercase();
        matches!(stem.as_str(), "CON" | "PRN" | "AUX" | "NUL")
            || (stem.len() == 4
                && (stem.starts_with("COM") || stem.starts_with("LPT"))
                && stem.ends_with(|c: char| c.is_ascii_digit()))
    };
    let reason = if id.is_empty() {
        "it is empty"
    } else if id.len() > MAX_ID_BYTES {
        "it is longer than 200 bytes"
    } else if id.chars().any(|c| c.is_control() || r#"/\:*?"<>|"#.contains(c)) {
        "a file name cannot hold one of its characters"
    } else if id.starts_with(['.', ' ']) || id.ends_with(['.', ' ']) {
        "it starts or ends with a dot or a space"
    } else if reserved(id.split('.').next().unwrap_or_default()) {
        "Windows keeps this name for a device"
    } else {
        return Ok(());
    };
    Err(DataError::BadId { id: id.to_owned(), reason })
}

fn check_image_path(case: &Case) -> Result<(), DataError> {
    let text = case.image.to_string_lossy();
    let plain = case.image.components().all(|part| matches!(part, Component::Normal(_)));
    let reason = if text.is_empty() {
        "it is empty"
    } else if text.contains('\\') {
        "use `/` between folders"
    } else if !plain || text.contains(':') {
        "it must be relative and stay inside the data set"
    } else {
        return Ok(());
    };
    Err(DataError::BadImagePath { id: case.id.clone(), path: text.into_owned(), reason })
}

/// Reads the table, sorted by id.
pub(super) fn read(dir: &Path) -> Result<Vec<Case>, DataError> {
    let path = dir.join(FILE_NAME);
    let text = fs::read(&path).map_err(|e| DataError::io(&path, e))?;
    let text = text.strip_prefix(b"\xef\xbb\xbf").unwrap_or(&text);
    let mut reader = csv::ReaderBuilder::new().from_reader(text);
    let header = reader.headers().map_err(|e| csv_error(&path, &e))?.clone();
    let columns = Columns::new(&header, &path)?;
    let mut cases = Vec::new();
    for record in reader.records() {
        let record = record.map_err(|e| csv_error(&path, &e))?;
        let line = record.position().map_or(0, |position| position.line() as usize);
        let syntax = |reason| DataError::Syntax { path: path.clone(), line, reason };
        let case = columns.case(&record).map_err(syntax)?;
        case.check().map_err(|error| syntax(error.to_string()))?;
        cases.push(case);
    }
    sort_unique(&mut cases)?;
    Ok(cases)
}

/// Sorts by id; an error if two ids are the same but for upper and lower case.
pub(super) fn sort_unique(cases: &mut [Case]) -> Result<(), DataError> {
    cases.sort_by(|a, b| a.id.cmp(&b.id));
    let mut lower: Vec<_> = cases.iter().map(|case| case.id.to_lowercase()).collect();
    lower.sort();
    match lower.windows(2).find(|pair| pair[0] == pair[1]) {
        Some(pair) => Err(DataError::DuplicateCase { id: pair[0].clone() }),
        None => Ok(()),
    }
}

/// Which field of a record holds what.
struct Columns([Option<usize>; COLUMNS.len()]);

impl Columns {
    fn new(header: &csv::StringRecord, path: &Path) -> Result<Self, DataError> {
        let syntax = |reason| DataError::Syntax { path: path.to_owned(), line: 1, reason };
        if let Some(unknown) = header.iter().find(|name| !COLUMNS.contains(&name.trim())) {
            let known = COLUMNS.join(", ");
            return Err(syntax(format!("unknown column `{unknown}`; the columns are {known}")));
        }
        let place = |name: &&str| header.iter().position(|column| column.trim() == *name);
        let columns = Self(COLUMNS.each_ref().map(place));
        if header.len() != columns.0.iter().flatten().count() {
            return Err(syntax("a column is there twice".to_owned()));
        }
        match columns.0 {
            [Some(_), Some(_), _, row, column] if row.is_some() == column.is_some() => Ok(columns),
            [Some(_), Some(_), ..] => {
                Err(syntax("`row_mm` and `col_mm` need each other".to_owned()))
            }
            _ => Err(syntax("the columns `id` and `image` are needed".to_owned())),
        }
    }

    fn case(&self, record: &csv::StringRecord) -> Result<Case, String> {
        let field = |column: usize| {
            self.0[column]
                .and_then(|i| record.get(i))
                .map(str::trim)
                .filter(|text| !text.is_empty())
        };
        let number = |column: usize| match field(column).map(str::parse::<f64>) {
            Some(Err(_)) => Err(format!("`{}` is not a number", COLUMNS[column])),
            Some(Ok(value)) => Ok(Some(value)),
            None => Ok(None),
        };
        let spacing = match (number(3)?, number(4)?) {
            (Some(row), Some(column)) => Some([row, column]),
            (None, None) => None,
            _ => return Err("only one of `row_mm` and `col_mm` is given".to_owned()),
        };
        Ok(Case {
            id: field(0).unwrap_or_default().to_owned(),
            image: PathBuf::from(field(1).unwrap_or_default()),
            group: field(2).map(str::to_owned),
            spacing,
        })
    }
}

/// Writes the table. The spacing columns appear only if some case has one.
pub(super) fn write(dir: &Path, cases: &[Case]) -> Result<(), DataError> {
    let path = dir.join(FILE_NAME);
    let width = if cases.iter().any(|case| case.spacing.is_some()) { 5 } else { 3 };
    let mut writer = csv::Writer::from_writer(Vec::new());
    let csv_io = |error: csv::Error| DataError::io(&path, error.into());
    writer.write_record(&COLUMNS[..width]).map_err(csv_io)?;
    for case in cases {
        let mm = |i: usize| case.spacing.map_or(String::new(), |spacing| spacing[i].to_string());
        let image = case.image.to_string_lossy().into_owned();
        let group = case.group.clone().unwrap_or_default();
        let fields = [case.id.clone(), image, group, mm(0), mm(1)];
        writer.write_record(&fields[..width]).map_err(csv_io)?;
    }
    let bytes = writer.into_inner().map_err(|e| DataError::io(&path, e.into_error()))?;
    write_atomic_bytes(&path, &bytes).map_err(|e| DataError::io(&path, e))
}

fn csv_error(path: &Path, error: &csv::Error) -> DataError {
    DataError::Syntax {
        path: path.to_owned(),
        line: error.position().map_or(0, |position| position.line() as usize),
        reason: match error.kind() {
            csv::ErrorKind::UnequalLengths { expected_len, len, .. } => {
                format!("{len} fields, the header has {expected_len}")
            }
            csv::ErrorKind::Utf8 { .. } => "not UTF-8 text".to_owned(),
            _ => error.to_string(),
        },
    }
}
