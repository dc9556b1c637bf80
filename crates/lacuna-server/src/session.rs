//! The one-time link: it lets one browser on this machine in, and gives it a cookie.

use std::sync::Mutex;

use crate::lock;

/// Bytes of chance in a token and in a cookie.
const SECRET_BYTES: usize = 32;

/// The secrets of one start of the server.
pub(crate) struct Session {
    port: u16,
    /// Taken by the first browser that shows it.
    token: Mutex<Option<String>>,
    cookie: String,
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
        start_id(&self.cookie)
    }

    /// Takes the token in exchange for the cookie; works once.
    pub(crate) fn redeem(&self, shown: &str) -> Option<&str> {
        let mut token = lock(&self.token);
        if !token.as_ref().is_some_and(|token| is_same(token, shown)) {
            return None;
        }
        *token = None;
        Some(&self.cookie)
    }

    /// Whether it is the cookie of this start.
    pub(crate) fn is_ours(&self, cookie: &str) -> bool {
        is_same(&self.cookie, cookie)
    }
}

/// A name for a start of the server, made of one of its secrets.
pub(crate) fn start_id(secret: &str) -> String {
    blake3::hash(secret.as_bytes()).to_hex()[..12].to_owned()
}

/// Something that nobody can guess.
pub(crate) fn secret() -> Result<String, getrandom::Error> {
    let mut bytes = [0; SECRET_BYTES];
    getrandom::fill(&mut bytes)?;
    Ok(bytes.iter().map(|byte| format!("{byte:02x}")).collect())
}

/// Compares hashes, so that the time it takes tells nothing about the secret.
pub(crate) fn is_same(secret: &str, shown: &str) -> bool {
    blake3::hash(secret.as_bytes()) == blake3::hash(shown.as_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_link_works_once() {
        let token = Mutex::new(Some("t".to_owned()));
        let session = Session { port: 7777, token, cookie: "c".to_owned() };
        assert_eq!(session.link(), "http://127.0.0.1:7777/?token=t");
        assert!(session.redeem("x").is_none());
        assert_eq!(session.redeem("t"), Some("c"));
        assert!(session.redeem("t").is_none());
        assert_eq!(session.link(), "http://127.0.0.1:7777/");
        let link = session.renew().unwrap();
        let token = link.rsplit('=').next().unwrap();
        assert!(session.redeem("t").is_none());
        assert_eq!(session.redeem(token), Some("c"));
        assert!(session.is_ours("c") && !session.is_ours("d") && !session.is_ours(""));
        let random = Session::new(1).unwrap();
        assert_eq!(random.cookie.len(), 64);
        assert_ne!(random.cookie, Session::new(1).unwrap().cookie);
    }
}
