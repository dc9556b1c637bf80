//! The elements of a DICOM file, one after another: tag, kind, length, value.
//!
//! A value is a piece of the file, never a copy, and what is nested is skipped in a loop: an announced
//! length or depth costs nothing.

use super::Fault;

pub(super) const PIXEL_DATA: u32 = 0x7fe0_0010;
const ITEM: u32 = 0xfffe_e000;
const ITEM_END: u32 = 0xfffe_e00d;
const SEQUENCE_END: u32 = 0xfffe_e0dd;
const UNDEFINED: u32 = u32::MAX;
/// Kinds whose length has four bytes, after two that are reserved.
const LONG: [&[u8; 2]; 13] =
    [b"OB", b"OD", b"OF", b"OL", b"OV", b"OW", b"SQ", b"SV", b"UC", b"UN", b"UR", b"UT", b"UV"];

/// How elements are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Encoding {
    /// Whether each element names its kind.
    pub(super) is_explicit: bool,
    pub(super) is_big_endian: bool,
}

pub(super) const EXPLICIT: Encoding = Encoding { is_explicit: true, is_big_endian: false };
pub(super) const IMPLICIT: Encoding = Encoding { is_explicit: false, is_big_endian: false };
pub(super) const BIG_ENDIAN: Encoding = Encoding { is_explicit: true, is_big_endian: true };

/// One element.
pub(super) struct Element<'a> {
    pub(super) tag: u32,
    /// Two letters; zeros where the file does not say.
    pub(super) kind: [u8; 2],
    pub(super) value: &'a [u8],
    /// Whether the value is pixel data in pieces, and everything to the end of the file.
    pub(super) is_open: bool,
}

struct Head {
    tag: u32,
    kind: [u8; 2],
    /// `None` if it ends with a mark.
    length: Option<usize>,
}

/// Walks over elements.
pub(super) struct Elements<'a> {
    bytes: &'a [u8],
    position: usize,
    encoding: Encoding,
}

impl<'a> Elements<'a> {
    pub(super) fn new(bytes: &'a [u8], encoding: Encoding) -> Self {
        Self { bytes, position: 0, encoding }
    }

    /// What has not been walked over.
    pub(super) fn rest(&self) -> &'a [u8] {
        self.bytes.get(self.position..).unwrap_or_default()
    }

    /// Group of the next element.
    pub(super) fn next_group(&self) -> Option<u16> {
        self.rest().get(..2).map(|b| self.encoding.number(b))
    }

    /// The next element; nothing at the end. Sequences of undefined length are there without their
    /// value.
    pub(super) fn next(&mut self) -> Result<Option<Element<'a>>, Fault> {
        if self.rest().is_empty() {
            return Ok(None);
        }
        let Head { tag, kind, length } = self.head(self.encoding)?;
        let is_open = length.is_none() && tag == PIXEL_DATA;
        let value = match length {
            Some(length) => self.take(length)?,
            None if is_open => self.rest(),
            None => {
                self.skip_nested(kind)?;
                &[]
            }
        };
        Ok(Some(Element { tag, kind, value, is_open }))
    }

    /// Walks behind the end of an element of undefined length.
    fn skip_nested(&mut self, kind: [u8; 2]) -> Result<(), Fault> {
        let mut depth = 1usize;
        // within an element of unknown kind nothing names its kind
        let mut unnamed_from = (kind == *b"UN").then_some(0);
        while depth > 0 {
            let encoding = if unnamed_from.is_some() { IMPLICIT } else { self.encoding };
            let head = self.head(encoding)?;
            match (head.tag, head.length) {
                (ITEM_END | SEQUENCE_END, _) => {
                    depth -= 1;
                    unnamed_from = unnamed_from.filter(|from| depth > *from);
                }
                (_, Some(length)) => {
                    self.take(length)?;
                }
                (_, None) => {
                    let is_unknown = unnamed_from.is_none() && head.kind == *b"UN";
                    unnamed_from = if is_unknown { Some(depth) } else { unnamed_from };
                    depth += 1;
                }
            }
        }
        Ok(())
    }

    fn head(&mut self, encoding: Encoding) -> Result<Head, Fault> {
        let group = encoding.number(self.take(2)?);
        let tag = u32::from(group) << 16 | u32::from(encoding.number(self.take(2)?));
        let is_mark = group == 0xfffe;
        let mut kind = [0; 2];
        if encoding.is_explicit && !is_mark {
            kind.copy_from_slice(self.take(2)?);
            if !kind.iter().all(u8::is_ascii_uppercase) {
                return Err(Fault::Damaged("an element in it is of no kind".to_owned()));
            }
            if !LONG.contains(&&kind) {
                let length = usize::from(encoding.number(self.take(2)?));
                return Ok(Head { tag, kind, length: Some(length) });
            }
            self.take(2)?;
        }
        let length = encoding.long(self.take(4)?);
        Ok(Head { tag, kind, length: (length != UNDEFINED).then_some(length as usize) })
    }

    fn take(&mut self, length: usize) -> Result<&'a [u8], Fault> {
        let taken = self.rest().get(..length).ok_or(Fault::Truncated)?;
        self.position += length;
        Ok(taken)
    }
}

impl Encoding {
    /// An unsigned number of two bytes; 0 if there are fewer.
    pub(super) fn number(self, bytes: &[u8]) -> u16 {
        let bytes = bytes.first_chunk().copied().unwrap_or_default();
        if self.is_big_endian { u16::from_be_bytes(bytes) } else { u16::from_le_bytes(bytes) }
    }

    fn long(self, bytes: &[u8]) -> u32 {
        let bytes = bytes.first_chunk().copied().unwrap_or_default();
        if self.is_big_endian { u32::from_be_bytes(bytes) } else { u32::from_le_bytes(bytes) }
    }
}

/// The pieces of pixel data that are not as they were stored: a table of offsets first, which one frame
/// does not need.
pub(super) fn fragments(bytes: &[u8]) -> Result<Vec<&[u8]>, Fault> {
    let mut walk = Elements::new(bytes, EXPLICIT);
    let mut pieces = Vec::new();
    loop {
        let head = walk.head(EXPLICIT)?;
        match (head.tag, head.length) {
            (SEQUENCE_END, _) => break,
            (ITEM, Some(length)) => pieces.push(walk.take(length)?),
            _ => return Err(Fault::Damaged("its pixel data are not in pieces".to_owned())),
        }
    }
    if pieces.len() < 2 {
        return Err(Fault::Damaged("it has no pixel data".to_owned()));
    }
    pieces.remove(0);
    Ok(pieces)
}
