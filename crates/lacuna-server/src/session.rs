//! Who may talk to the server: a browser on this machine that was opened with the one-time link.
//!
//! Any page that the same browser shows can send requests to `127.0.0.1`, and a host name of an attacker can be
//! made to lead there. So beside the cookie, which other sites do not send, the names in `Host` and `Origin` must
//! be ours.

use std::sync::Mutex;

use axum::http::{HeaderMap, HeaderValue, Method, header};

use crate::lock;

/// Begin of the name of the cookie. Cookies are the same for all ports of a machine, so the port ends it.
const COOKIE: &str = "lacuna_session";
/// How long a browser keeps it, in seconds. Its value is another at each start of the server.
const COOKIE_AGE: u32 = 30 * 24 * 3600;
/// Bytes of chance in a token and in a cookie.
const SECRET_BYTES: usize = 32;

/// The secrets of one start of the server, and its address.
pub(crate) struct Session {
    port: u16,
    /// Taken by the first browser that shows it.
    token: Mutex<Option<String>>,
    cookie: String,
}

/// Why a request is turned away.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Refusal {
    /// It names another host, or comes from another site's page.
    Foreign,
    /// It has no cookie of this start of the server.
    NoSession,
}

impl Session {
    /// New secrets for a server on that port of this machine.
    pub(crate) fn new(port: u16) -> Result<Self, getrandom::Error> {
        Ok(Self { port, token: Mutex::new(Some(secret()?)), cookie: secret()? })
    }

    /// Another link, in place of the last.
    pub(crate) fn renew(&self) -> Result<String, getrandom::Error> {
        let token = secret()?;
        *lock(&self.token) = Some(token);
        Ok(self.link())
    }

    /// The link that opens the app, as long as nobody has used it.
    pub(crate) fn link(&self) -> String {
        let token = lock(&self.token);
        let query = token.as_ref().map(|token| format!("?token={token}")).unwrap_or_default();
        format!("http://127.0.0.1:{}/{query}", self.port)
    }

    /// Tells this start of the server from others; no secret.
    pub(crate) fn start_id(&self) -> String {
        blake3::hash(self.cookie.as_bytes()).to_hex()[..12].to_owned()
    }

    /// Takes the token in exchange for the value of a `Set-Cookie` header; works once.
    pub(crate) fn redeem(&self, shown: &str) -> Option<HeaderValue> {
        let mut token = lock(&self.token);
        if !token.as_ref().is_some_and(|token| is_same(token, shown)) {
            return None;
        }
        *token = None;
        let (name, value) = (self.cookie_name(), &self.cookie);
        let cookie =
            format!("{name}={value}; Path=/; Max-Age={COOKIE_AGE}; HttpOnly; SameSite=Strict");
        HeaderValue::from_str(&cookie).ok()
    }

    /// Whether host and origin are this server's own.
    pub(crate) fn check_names(&self, headers: &HeaderMap, method: &Method) -> Result<(), Refusal> {
        let host = headers.get(header::HOST).and_then(|host| host.to_str().ok());
        if !host.is_some_and(|host| self.is_own_name(host)) {
            return Err(Refusal::Foreign);
        }
        match headers.get(header::ORIGIN) {
            Some(origin) => {
                let name = origin.to_str().ok().and_then(|origin| origin.strip_prefix("http://"));
                let own = name.is_some_and(|name| self.is_own_name(name));
                if own { Ok(()) } else { Err(Refusal::Foreign) }
            }
            // A browser sends the origin with everything that changes something.
            None if *method == Method::GET || *method == Method::HEAD => Ok(()),
            None => self.check_site(headers),
        }
    }

    /// Programs that are no browsers send neither of the two headers.
    #[expect(clippy::unused_self, reason = "a check of the session like the others")]
    fn check_site(&self, headers: &HeaderMap) -> Result<(), Refusal> {
        match headers.get("sec-fetch-site").map(HeaderValue::as_bytes) {
            None | Some(b"same-origin" | b"none") => Ok(()),
            Some(_) => Err(Refusal::Foreign),
        }
    }

    /// Whether the request has the cookie.
    pub(crate) fn check_cookie(&self, headers: &HeaderMap) -> Result<(), Refusal> {
        let cookies =
            headers.get_all(header::COOKIE).iter().filter_map(|value| value.to_str().ok());
        let own = self.cookie_name();
        let found = cookies
            .flat_map(|line| line.split(';'))
            .filter_map(|pair| pair.trim().split_once('='))
            .any(|(name, value)| name == own && is_same(&self.cookie, value));
        if found { Ok(()) } else { Err(Refusal::NoSession) }
    }

    fn cookie_name(&self) -> String {
        format!("{COOKIE}_{}", self.port)
    }

    fn is_own_name(&self, name: &str) -> bool {
        let port = self.port;
        ["127.0.0.1", "localhost"].iter().any(|host| name == format!("{host}:{port}"))
    }
}

fn secret() -> Result<String, getrandom::Error> {
    let mut bytes = [0; SECRET_BYTES];
    getrandom::fill(&mut bytes)?;
    Ok(bytes.iter().map(|byte| format!("{byte:02x}")).collect())
}

/// Compares hashes, so that the time it takes tells nothing about the secret.
fn is_same(secret: &str, shown: &str) -> bool {
    blake3::hash(secret.as_bytes()) == blake3::hash(shown.as_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(pairs: &[(&'static str, &str)]) -> HeaderMap {
        pairs.iter().map(|(name, value)| (name.parse().unwrap(), value.parse().unwrap())).collect()
    }

    fn session() -> Session {
        Session { port: 7777, token: Mutex::new(Some("t".to_owned())), cookie: "c".to_owned() }
    }

    #[test]
    fn the_link_works_once() {
        let session = session();
        assert_eq!(session.link(), "http://127.0.0.1:7777/?token=t");
        assert!(session.redeem("x").is_none());
        let cookie = session.redeem("t").unwrap();
        let age = "Max-Age=2592000";
        let expected = format!("lacuna_session_7777=c; Path=/; {age}; HttpOnly; SameSite=Strict");
        assert_eq!(cookie, expected);
        assert!(session.redeem("t").is_none());
        assert_eq!(session.link(), "http://127.0.0.1:7777/");
        let link = session.renew().unwrap();
        let token = link.rsplit('=').next().unwrap();
        assert!(session.redeem("t").is_none());
        assert_eq!(session.redeem(token).unwrap(), expected);
        let random = Session::new(1).unwrap();
        assert_eq!(random.cookie.len(), 64);
        assert_ne!(random.cookie, Session::new(1).unwrap().cookie);
    }

    #[test]
    fn a_cookie_is_found_among_others_and_only_the_right_one_counts() {
        let table = [
            (Some("a=b; lacuna_session_7777=c"), Ok(())),
            (Some("lacuna_session_7777=d"), Err(Refusal::NoSession)),
            (Some("lacuna_session_7777="), Err(Refusal::NoSession)),
            (Some("lacuna_session_7778=c"), Err(Refusal::NoSession)),
            (Some("xlacuna_session_7777=c"), Err(Refusal::NoSession)),
            (None, Err(Refusal::NoSession)),
        ];
        for (cookie, expected) in table {
            let headers = cookie.map(|cookie| headers(&[("cookie", cookie)])).unwrap_or_default();
            assert_eq!(session().check_cookie(&headers), expected, "{cookie:?}");
        }
    }

    type Row<'a> = (&'a [(&'static str, &'a str)], Method, bool);

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
        for (pairs, method, expected) in table {
            let result = session().check_names(&headers(pairs), &method);
            assert_eq!(result.is_ok(), expected, "{method} {pairs:?}");
        }
    }
}
