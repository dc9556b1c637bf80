//! The memory of this process, as the system counts it.

/// The most memory the process has held so far, in bytes; `None` where the system does not say.
pub(super) fn peak_bytes() -> Option<u64> {
    parse(&fs_err::read_to_string("/proc/self/status").ok()?)
}

/// The line `VmHWM:   123456 kB`.
fn parse(status: &str) -> Option<u64> {
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    let kilobytes: u64 = line.trim().strip_suffix("kB")?.trim().parse().ok()?;
    Some(kilobytes * 1024)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_high_water_mark_is_read() {
        assert_eq!(parse("VmPeak:\t  9 kB\nVmHWM:\t    1234 kB\n"), Some(1234 * 1024));
        assert_eq!(parse("VmPeak:\t  9 kB\n"), None);
    }
}
