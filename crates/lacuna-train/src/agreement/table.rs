//! `per_case.csv`: one row for every case and class.

use std::io;
use std::path::Path;

use lacuna_data::atomic_file::write_atomic_bytes;

use super::{Agreement, AgreementError, CaseAgreement};

const COLUMNS: [&str; 11] = [
    "case",
    "group",
    "class",
    "dice",
    "kappa",
    "nsd",
    "coverage",
    "both_positive",
    "only_first_positive",
    "only_second_positive",
    "both_negative",
];

impl Agreement {
    /// Writes the table of cases. Undefined values are empty.
    ///
    /// # Errors
    /// If the disk cannot be written.
    pub fn save_per_case(&self, path: &Path) -> Result<(), AgreementError> {
        let write = |source| AgreementError::Write { path: path.to_owned(), source };
        let table = self.per_case_csv().map_err(write)?;
        write_atomic_bytes(path, &table).map_err(write)
    }

    fn per_case_csv(&self) -> io::Result<Vec<u8>> {
        let mut writer = csv::Writer::from_writer(Vec::new());
        writer.write_record(COLUMNS)?;
        for row in &self.per_case {
            writer.write_record(record(row))?;
        }
        writer.into_inner().map_err(csv::IntoInnerError::into_error)
    }
}

fn record(row: &CaseAgreement) -> [String; 11] {
    let number = |value: Option<f64>| value.map(|value| value.to_string()).unwrap_or_default();
    let counts = row.counts;
    [
        row.case.clone(),
        row.group.clone().unwrap_or_default(),
        row.class.clone(),
        number(row.dice),
        number(row.kappa),
        number(row.nsd),
        number(row.coverage),
        counts.tp.to_string(),
        counts.fp.to_string(),
        counts.fn_.to_string(),
        counts.tn.to_string(),
    ]
}
