//! What pictures are grouped by.

use std::path::Path;
use std::str::FromStr;

use regex::Regex;

use super::Problem;
use super::picture_folder::file_name;
use crate::image::{DicomTag, dicom_group};

const DICOM: &str = "dicom:";

/// Where the group of a picture comes from.
#[derive(Clone, Debug)]
pub enum GroupFrom {
    /// Its file name: the first capture group, else the whole match.
    FileName(Regex),
    /// An identifier in its DICOM file, of which only a hash is kept.
    Dicom(DicomTag),
}

/// A text that says nothing to group by.
#[derive(Clone, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum GroupFromError {
    /// A DICOM attribute that pictures are not grouped by.
    #[error("pictures are grouped by dicom:PatientID or dicom:StudyInstanceUID, not by `{0}`")]
    Tag(String),
    /// No regular expression.
    #[error(transparent)]
    Pattern(#[from] regex::Error),
}

impl FromStr for GroupFrom {
    type Err = GroupFromError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let Some(name) = text.strip_prefix(DICOM) else {
            return Ok(Self::FileName(Regex::new(text)?));
        };
        let tags = [DicomTag::PatientId, DicomTag::StudyInstanceUid];
        let tag = tags.into_iter().find(|tag| tag.to_string() == name);
        tag.map(Self::Dicom).ok_or_else(|| GroupFromError::Tag(text.to_owned()))
    }
}

impl From<Regex> for GroupFrom {
    fn from(pattern: Regex) -> Self {
        Self::FileName(pattern)
    }
}

impl GroupFrom {
    /// The group of a picture that is called `name` and lies at `path`.
    pub(crate) fn group(&self, name: &Path, path: &Path) -> Result<String, Problem> {
        match self {
            Self::FileName(pattern) => matched(pattern, &file_name(name)),
            Self::Dicom(tag) => Ok(dicom_group(path, *tag)?),
        }
    }
}

fn matched(pattern: &Regex, name: &str) -> Result<String, Problem> {
    let found = pattern.captures(name).and_then(|captures| {
        let text = if captures.len() > 1 { captures.get(1) } else { captures.get(0) };
        text.map(|text| text.as_str().trim().to_owned()).filter(|text| !text.is_empty())
    });
    found.ok_or_else(|| {
        let message = format!("`{name}` does not match the group pattern `{pattern}`");
        Problem::new(message, Some("the pattern must find the patient in every file name"))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_group_comes_from_a_pattern_or_from_a_dicom_attribute() {
        let from = |text: &str| text.parse::<GroupFrom>();
        assert!(matches!(from("dicom:PatientID"), Ok(GroupFrom::Dicom(DicomTag::PatientId))));
        let study = from("dicom:StudyInstanceUID");
        assert!(matches!(study, Ok(GroupFrom::Dicom(DicomTag::StudyInstanceUid))));
        let error = from("dicom:PatientName").unwrap_err().to_string();
        assert!(error.contains("not by `dicom:PatientName`"), "{error}");
        assert!(matches!(from("("), Err(GroupFromError::Pattern(_))));
        let path = Path::new("P1_a.png");
        let group = from(r"^(P\d+)_").unwrap().group(path, path);
        assert_eq!(group, Ok("P1".to_owned()));
    }
}
