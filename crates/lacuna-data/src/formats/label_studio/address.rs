//! What Label Studio calls a picture, to a file name.

/// The file name in an address: of `/data/upload/3/1a2b3c4d-a.jpg`, `/data/local-files/?d=set/a.jpg`,
/// `s3://bucket/a.jpg` and any other.
pub(super) fn file_name(address: &str) -> String {
    let path = match address.split_once("?d=") {
        Some((_, path)) => path.split('&').next().unwrap_or_default(),
        None => address.split(['?', '#']).next().unwrap_or_default(),
    };
    let path = percent_decoded(path);
    path.rsplit(['/', '\\']).next().unwrap_or_default().to_owned()
}

/// The name before the server put eight random digits and a dash in front of it.
pub(super) fn original_name(name: &str) -> Option<&str> {
    let (prefix, rest) = name.split_once('-')?;
    let is_random = prefix.len() == 8 && prefix.chars().all(|c| c.is_ascii_hexdigit());
    (is_random && !rest.is_empty()).then_some(rest)
}

/// The name under which a picture was given to Label Studio, if its address says it.
pub fn picture_name(address: &str) -> String {
    let name = file_name(address);
    original_name(&name).map(str::to_owned).unwrap_or(name)
}

fn percent_decoded(text: &str) -> String {
    let mut bytes = Vec::new();
    let mut rest = text.as_bytes();
    while let [first, tail @ ..] = rest {
        let hex = tail.get(..2).and_then(|pair| std::str::from_utf8(pair).ok());
        let code = hex.and_then(|hex| u8::from_str_radix(hex, 16).ok()).filter(|_| *first == b'%');
        bytes.push(code.unwrap_or(*first));
        rest = if code.is_some() { &tail[2..] } else { tail };
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn file_names_are_found_in_addresses() {
        let table = [
            ("/data/upload/3/1a2b3c4d-a.jpg", "1a2b3c4d-a.jpg"),
            ("/data/local-files/?d=set/a%20b.jpg", "a b.jpg"),
            ("https://x.org/p/a.jpg?token=1/2", "a.jpg"),
            ("s3://bucket/a.jpg", "a.jpg"),
            ("C:\\pictures\\a.jpg", "a.jpg"),
            ("a%2", "a%2"),
            ("..%2f..%2fetc%2fpasswd", "passwd"),
            ("", ""),
        ];
        for (address, name) in table {
            assert_eq!(file_name(address), name, "{address}");
        }
        assert_eq!(original_name("1a2b3c4d-a-b.jpg"), Some("a-b.jpg"));
        assert_eq!(original_name("mouth-b.jpg"), None);
    }
}
