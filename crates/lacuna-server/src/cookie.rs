//! The cookie by which a browser is known.
//!
//! `HttpOnly`: no script reads it. `SameSite=Strict`: it comes with no request that another site's page caused.
//! Behind TLS it is `Secure`, and its name begins with `__Host-`, so that neither a page without TLS nor a
//! neighbouring host can set one.

use axum::http::{HeaderMap, HeaderValue, header};

/// The cookie of one server.
pub(crate) struct Cookie {
    name: String,
    is_secure: bool,
    /// How long a browser keeps it, in seconds.
    age: i64,
}

impl Cookie {
    /// Cookies are the same for all ports of a machine, so the port ends the name.
    pub(crate) fn of_port(port: u16, age: i64) -> Self {
        Self { name: format!("lacuna_session_{port}"), is_secure: false, age }
    }

    /// One that only goes over TLS.
    pub(crate) fn secure(age: i64) -> Self {
        Self { name: "__Host-lacuna".to_owned(), is_secure: true, age }
    }

    /// The header that gives it to a browser.
    pub(crate) fn give(&self, value: &str) -> Option<HeaderValue> {
        self.header(value, self.age)
    }

    /// The header that takes it away.
    pub(crate) fn take_back(&self) -> Option<HeaderValue> {
        self.header("", 0)
    }

    /// The values under its name; a browser may have several.
    pub(crate) fn values<'a>(&'a self, headers: &'a HeaderMap) -> impl Iterator<Item = &'a str> {
        let lines = headers.get_all(header::COOKIE).iter().filter_map(|value| value.to_str().ok());
        lines
            .flat_map(|line| line.split(';'))
            .filter_map(|pair| pair.trim().split_once('='))
            .filter(|(name, _)| *name == self.name)
            .map(|(_, value)| value)
    }

    fn header(&self, value: &str, age: i64) -> Option<HeaderValue> {
        let name = &self.name;
        let secure = if self.is_secure { "; Secure" } else { "" };
        let text =
            format!("{name}={value}; Path=/; Max-Age={age}; HttpOnly; SameSite=Strict{secure}");
        HeaderValue::from_str(&text).ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_found_among_others() {
        let cookie = Cookie::of_port(7777, 60);
        let table: [(&str, &[&str]); 6] = [
            ("a=b; lacuna_session_7777=c", &["c"]),
            ("lacuna_session_7777=c; lacuna_session_7777=d", &["c", "d"]),
            ("lacuna_session_7777=", &[""]),
            ("lacuna_session_7778=c", &[]),
            ("xlacuna_session_7777=c", &[]),
            ("", &[]),
        ];
        for (text, expected) in table {
            let headers = HeaderMap::from_iter([(header::COOKIE, text.parse().unwrap())]);
            assert_eq!(cookie.values(&headers).collect::<Vec<_>>(), expected, "{text}");
        }
    }

    #[test]
    fn no_script_and_no_other_site_gets_it() {
        let age = "Max-Age=2592000; HttpOnly; SameSite=Strict";
        let plain = Cookie::of_port(7777, 30 * 24 * 3600);
        assert_eq!(plain.give("c").unwrap(), format!("lacuna_session_7777=c; Path=/; {age}"));
        let secure = Cookie::secure(60);
        let expected = "__Host-lacuna=c; Path=/; Max-Age=60; HttpOnly; SameSite=Strict; Secure";
        assert_eq!(secure.give("c").unwrap(), expected);
        assert!(secure.take_back().unwrap().to_str().unwrap().contains("Max-Age=0"));
    }
}
