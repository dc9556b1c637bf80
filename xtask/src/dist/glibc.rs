//! What a binary needs of the machine it runs on, from the headers that `objdump -p` prints.

/// The newest glibc version that a symbol of the binary asks for; `None` for a static binary.
pub(super) fn needed(headers: &str) -> Option<String> {
    let versions = headers.split_whitespace().filter_map(|word| word.strip_prefix("GLIBC_"));
    let newest = versions.filter_map(numbers).max()?;
    Some(newest.iter().map(u32::to_string).collect::<Vec<_>>().join("."))
}

/// The shared libraries it loads, in the order of its headers.
pub(super) fn libraries(headers: &str) -> Vec<&str> {
    headers.lines().filter_map(|line| line.trim().strip_prefix("NEEDED")).map(str::trim).collect()
}

/// `2.34` as numbers, for 2.9 is older than 2.34; `None` for names such as `PRIVATE`.
fn numbers(version: &str) -> Option<Vec<u32>> {
    version.split('.').map(|part| part.parse().ok()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_newest_version_counts() {
        let headers = "\
Dynamic Section:
  NEEDED               libgcc_s.so.1
  NEEDED               libc.so.6
Version References:
  required from libc.so.6:
    0x0d696919 0x00 08 GLIBC_2.9
    0x069691b4 0x00 02 GLIBC_2.34
    0x09691a75 0x00 05 GLIBC_2.2.5
    0x0963cf85 0x00 06 GLIBC_PRIVATE
  required from libgcc_s.so.1:
    0x0b792650 0x00 04 GCC_3.0
";
        assert_eq!(needed(headers).as_deref(), Some("2.34"));
        assert_eq!(libraries(headers), ["libgcc_s.so.1", "libc.so.6"]);
        assert_eq!(needed("Program Header:"), None);
    }
}
