//! The part of the zip format that `torch.save` uses: entries that are stored, not compressed.

use std::collections::BTreeMap;

/// Entries of a zip file, by their path below the one top folder.
pub(super) struct Archive<'a> {
    entries: BTreeMap<String, &'a [u8]>,
}

const END_OF_DIRECTORY: &[u8] = b"PK\x05\x06";
const END_OF_DIRECTORY_64: &[u8] = b"PK\x06\x06";
const DIRECTORY_ENTRY: &[u8] = b"PK\x01\x02";
const LOCAL_ENTRY: &[u8] = b"PK\x03\x04";
/// Number of the extra field that holds 64-bit sizes.
const ZIP64_EXTRA: u16 = 1;
/// In a 32-bit field: the value is in the 64-bit extra field.
const IN_EXTRA: u64 = 0xffff_ffff;

impl<'a> Archive<'a> {
    pub(super) fn open(bytes: &'a [u8]) -> Result<Self, String> {
        let mut position =
            directory_start(bytes).ok_or("zip directory not found: the file is cut off")?;
        let mut entries = BTreeMap::new();
        while at(bytes, position, 4) == Some(DIRECTORY_ENTRY) {
            let entry = DirectoryEntry::read(bytes, position).ok_or("damaged zip directory")?;
            if entry.method != 0 {
                return Err(format!(
                    "zip entry {} is compressed, which torch.save never does",
                    entry.name
                ));
            }
            let data =
                entry.data(bytes).ok_or_else(|| format!("zip entry {} is cut off", entry.name))?;
            position = entry.end;
            let inner = entry.name.split_once('/').map_or(entry.name.as_str(), |(_, inner)| inner);
            entries.insert(inner.to_owned(), data);
        }
        Ok(Self { entries })
    }

    pub(super) fn entry(&self, path: &str) -> Option<&'a [u8]> {
        self.entries.get(path).copied()
    }
}

struct DirectoryEntry {
    name: String,
    method: u16,
    size: usize,
    local_header: usize,
    end: usize,
}

impl DirectoryEntry {
    fn read(bytes: &[u8], start: usize) -> Option<Self> {
        let name_length = usize::from(u16_at(bytes, start + 28)?);
        let extra_length = usize::from(u16_at(bytes, start + 30)?);
        let comment_length = usize::from(u16_at(bytes, start + 32)?);
        let name = at(bytes, start + 46, name_length)?;
        let extra = at(bytes, start + 46 + name_length, extra_length)?;
        // The extra field holds only the sizes that do not fit, in this order.
        let mut wide = zip64_values(extra);
        let mut value = |field: usize| {
            let narrow = u64::from(u32_at(bytes, start + field)?);
            usize::try_from(if narrow == IN_EXTRA { wide.next()? } else { narrow }).ok()
        };
        let (_unpacked, size, local_header) = (value(24)?, value(20)?, value(42)?);
        Some(Self {
            name: String::from_utf8_lossy(name).into_owned(),
            method: u16_at(bytes, start + 10)?,
            size,
            local_header,
            end: start + 46 + name_length + extra_length + comment_length,
        })
    }

    fn data<'a>(&self, bytes: &'a [u8]) -> Option<&'a [u8]> {
        let header = self.local_header;
        if at(bytes, header, 4)? != LOCAL_ENTRY {
            return None;
        }
        let name_length = usize::from(u16_at(bytes, header.checked_add(26)?)?);
        let extra_length = usize::from(u16_at(bytes, header.checked_add(28)?)?);
        at(bytes, header.checked_add(30)? + name_length + extra_length, self.size)
    }
}

fn zip64_values(extra: &[u8]) -> impl Iterator<Item = u64> {
    let mut rest = extra;
    let mut found: &[u8] = &[];
    while let (Some(id), Some(length)) = (u16_at(rest, 0), u16_at(rest, 2)) {
        let Some(field) = at(rest, 4, usize::from(length)) else { break };
        if id == ZIP64_EXTRA {
            found = field;
        }
        rest = &rest[4 + field.len()..];
    }
    found.as_chunks::<8>().0.iter().map(|value| u64::from_le_bytes(*value))
}

/// Where the directory starts; the record that says so ends the file, before a comment of up to 64 KiB.
fn directory_start(bytes: &[u8]) -> Option<usize> {
    let earliest = bytes.len().saturating_sub(22 + usize::from(u16::MAX));
    let end = (earliest..bytes.len().saturating_sub(21))
        .rev()
        .find(|i| at(bytes, *i, 4) == Some(END_OF_DIRECTORY))?;
    let start = u64::from(u32_at(bytes, end + 16)?);
    if start != IN_EXTRA {
        return usize::try_from(start).ok();
    }
    // Just before: a locator, 20 bytes, with the place of the 64-bit record.
    let record = usize::try_from(u64_at(bytes, end.checked_sub(12)?)?).ok()?;
    if at(bytes, record, 4)? != END_OF_DIRECTORY_64 {
        return None;
    }
    usize::try_from(u64_at(bytes, record.checked_add(48)?)?).ok()
}

fn at(bytes: &[u8], start: usize, length: usize) -> Option<&[u8]> {
    bytes.get(start..start.checked_add(length)?)
}

fn u16_at(bytes: &[u8], start: usize) -> Option<u16> {
    at(bytes, start, 2)?.try_into().ok().map(u16::from_le_bytes)
}

fn u32_at(bytes: &[u8], start: usize) -> Option<u32> {
    at(bytes, start, 4)?.try_into().ok().map(u32::from_le_bytes)
}

fn u64_at(bytes: &[u8], start: usize) -> Option<u64> {
    at(bytes, start, 8)?.try_into().ok().map(u64::from_le_bytes)
}
