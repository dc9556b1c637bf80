//! The names that a server goes by, and whether a request names it.
//!
//! Any page that a browser shows can send requests to this server, and a host name of an attacker can be made to lead
//! here. So beside the cookie, which other sites do not send, the names in `Host` and `Origin` must be ours.

use axum::http::{HeaderMap, HeaderValue, Method, header};

/// That a request names another host, or comes from another site's page.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Foreign;

/// The address under which people open the app.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PublicUrl {
    is_https: bool,
    /// Host, and port if it is not the usual one; in lower case.
    authority: String,
}

impl PublicUrl {
    /// Reads `https://lacuna.example.org` or `http://192.168.1.5:7878`.
    ///
    /// # Errors
    /// What is wrong with it, in words.
    pub fn parse(text: &str) -> Result<Self, String> {
        let (is_https, rest) = match text.trim().split_once("://") {
            Some(("https", rest)) => (true, rest),
            Some(("http", rest)) => (false, rest),
            _ => return Err("it begins with https:// or http://".to_owned()),
        };
        let rest = rest.strip_suffix('/').unwrap_or(rest);
        if rest.contains(['/', '?', '#']) {
            return Err("it has a path, but the app is served at the root of a host".to_owned());
        }
        let plain = |c: char| c.is_ascii_alphanumeric() || ".-:[]".contains(c);
        if rest.is_empty() || !rest.chars().all(plain) {
            return Err("it names no host that a browser would send".to_owned());
        }
        let usual = if is_https { ":443" } else { ":80" };
        let authority = rest.strip_suffix(usual).unwrap_or(rest).to_lowercase();
        Ok(Self { is_https, authority })
    }

    /// Whether a whole address is one of this host and scheme.
    pub(crate) fn is_origin_of(&self, url: &str) -> bool {
        let Some((scheme, rest)) = url.split_once("://") else { return false };
        let authority = rest.split(['/', '?', '#']).next().unwrap_or_default();
        Self::parse(&format!("{scheme}://{authority}")).is_ok_and(|other| other == *self)
    }

    /// Whether what is sent is encrypted on the way.
    pub fn is_https(&self) -> bool {
        self.is_https
    }
}

impl std::fmt::Display for PublicUrl {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let scheme = if self.is_https { "https" } else { "http" };
        write!(formatter, "{scheme}://{}", self.authority)
    }
}

/// What browsers may call this server.
pub(crate) struct OwnNames {
    scheme: &'static str,
    authorities: Vec<String>,
}

impl OwnNames {
    /// Those of a port of this machine, for its own browsers.
    pub(crate) fn of_port(port: u16) -> Self {
        let authorities = ["127.0.0.1", "localhost"].map(|host| format!("{host}:{port}")).to_vec();
        Self { scheme: "http://", authorities }
    }

    /// Only the public one.
    pub(crate) fn of_url(url: &PublicUrl) -> Self {
        let scheme = if url.is_https { "https://" } else { "http://" };
        Self { scheme, authorities: vec![url.authority.clone()] }
    }

    /// Whether host and origin are this server's own.
    pub(crate) fn check(&self, headers: &HeaderMap, method: &Method) -> Result<(), Foreign> {
        let host = headers.get(header::HOST).and_then(|host| host.to_str().ok());
        if !host.is_some_and(|host| self.is_own(host)) {
            return Err(Foreign);
        }
        match headers.get(header::ORIGIN) {
            Some(origin) => {
                let name = origin.to_str().ok().and_then(|origin| origin.strip_prefix(self.scheme));
                let own = name.is_some_and(|name| self.is_own(name));
                if own { Ok(()) } else { Err(Foreign) }
            }
            // A browser sends the origin with everything that changes something.
            None if *method == Method::GET || *method == Method::HEAD => Ok(()),
            None => check_site(headers),
        }
    }

    fn is_own(&self, name: &str) -> bool {
        self.authorities.iter().any(|own| own.eq_ignore_ascii_case(name))
    }
}

/// Programs that are no browsers send neither of the two headers.
fn check_site(headers: &HeaderMap) -> Result<(), Foreign> {
    match headers.get("sec-fetch-site").map(HeaderValue::as_bytes) {
        None | Some(b"same-origin" | b"none") => Ok(()),
        Some(_) => Err(Foreign),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(pairs: &[(&'static str, &str)]) -> HeaderMap {
        pairs.iter().map(|(name, value)| (name.parse().unwrap(), value.parse().unwrap())).collect()
    }

    type Row<'a> = (&'a [(&'static str, &'a str)], Method, bool);

    fn check(names: &OwnNames, table: &[Row<'_>]) {
        for (pairs, method, expected) in table {
            let result = names.check(&headers(pairs), method);
            assert_eq!(result.is_ok(), *expected, "{method} {pairs:?}");
        }
    }

    #[test]
    fn other_hosts_and_origins_are_turned_away() {
        let own = ("host", "127.0.0.1:7777");
        let table: [Row<'_>; 11] = [
            (&[own], Method::GET, true),
            (&[("host", "localhost:7777")], Method::GET, true),
            (&[("host", "127.0.0.1:7778")], Method::GET, false),
            (&[("host", "evil.example:7777")], Method::GET, false),
            (&[], Method::GET, false),
            (&[own, ("origin", "http://127.0.0.1:7777")], Method::POST, true),
            (&[own, ("origin", "http://evil.example")], Method::POST, false),
            (&[own, ("origin", "http://127.0.0.1:8080")], Method::GET, false),
            (&[own, ("origin", "null")], Method::POST, false),
            (&[own, ("sec-fetch-site", "cross-site")], Method::POST, false),
            (&[own], Method::POST, true),
        ];
        check(&OwnNames::of_port(7777), &table);
    }

    #[test]
    fn a_public_name_is_the_only_one() {
        let own = ("host", "lacuna.example.org");
        let table: [Row<'_>; 7] = [
            (&[own], Method::GET, true),
            (&[("host", "Lacuna.Example.org")], Method::GET, true),
            (&[("host", "127.0.0.1:7878")], Method::GET, false),
            (&[own, ("origin", "https://lacuna.example.org")], Method::POST, true),
            (&[own, ("origin", "http://lacuna.example.org")], Method::POST, false),
            (&[own, ("origin", "https://lacuna.example.org.evil.example")], Method::POST, false),
            (&[own, ("sec-fetch-site", "same-site")], Method::DELETE, false),
        ];
        let url = PublicUrl::parse("https://Lacuna.example.org:443/").unwrap();
        assert_eq!(url.to_string(), "https://lacuna.example.org");
        check(&OwnNames::of_url(&url), &table);
    }

    #[test]
    fn public_addresses_are_whole_hosts() {
        for good in ["http://192.168.1.5:7878", "https://[2001:db8::1]:8443", "https://a.b/"] {
            assert!(PublicUrl::parse(good).is_ok(), "{good}");
        }
        for bad in ["lacuna.example.org", "ftp://a", "https://", "https://a/lacuna", "https://a b"]
        {
            assert!(PublicUrl::parse(bad).is_err(), "{bad}");
        }
    }
}
