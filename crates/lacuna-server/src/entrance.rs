//! How people come in: by the link that works once, or by name and password.

use std::net::IpAddr;
use std::sync::Arc;

use axum::http::{HeaderMap, HeaderValue};
use tokio::sync::Semaphore;

use crate::cookie::Cookie;
use crate::names::{OwnNames, PublicUrl};
use crate::person::Person;
use crate::problem::Problem;
use crate::session::{self, Session};
use crate::team::{Attempts, Login, Team};
use crate::{ServeConfig, ServeError, TeamConfig};

/// How long the browser of the one-time link keeps its cookie, in seconds. Its value is another at each start.
const LINK_AGE: i64 = 30 * 24 * 3600;
/// Passwords that are looked at together: each takes 19 MB and a core for some 30 ms.
const HASHED_TOGETHER: usize = 2;

/// Decides who somebody is.
pub(crate) struct Entrance {
    pub(crate) names: OwnNames,
    cookie: Cookie,
    door: Door,
    /// Where the app is open.
    address: String,
    start: String,
}

enum Door {
    Link { session: Session, author: String, is_expert: bool },
    Team(Gate),
}

/// The entrance of a team.
pub(crate) struct Gate {
    pub(crate) team: Arc<Team>,
    pub(crate) attempts: Attempts,
    pub(crate) hashing: Semaphore,
    trusted_proxies: Vec<IpAddr>,
    is_behind_proxy: bool,
}

impl Entrance {
    /// The entrance that the configuration asks for, on that port.
    pub(crate) fn new(config: &ServeConfig, port: u16) -> Result<Self, ServeError> {
        match &config.team {
            None => Self::by_link(config, port).map_err(|_| ServeError::NoChance),
            Some(team) => Self::by_name(config, team, port),
        }
    }

    fn by_link(config: &ServeConfig, port: u16) -> Result<Self, getrandom::Error> {
        let session = Session::new(port)?;
        let (address, start) = (session.link(), session.start_id());
        let (author, is_expert) = (config.author.clone(), config.is_expert);
        let (names, cookie) = (OwnNames::of_port(port), Cookie::of_port(port, LINK_AGE));
        let door = Door::Link { session, author, is_expert };
        Ok(Self { names, cookie, door, address, start })
    }

    fn by_name(config: &ServeConfig, settings: &TeamConfig, port: u16) -> Result<Self, ServeError> {
        let age = crate::team::LOGIN_AGE;
        let public = settings.public_url.as_ref();
        let names = public.map_or_else(|| OwnNames::of_port(port), OwnNames::of_url);
        let is_secure = public.is_some_and(PublicUrl::is_https);
        let cookie = if is_secure { Cookie::secure(age) } else { Cookie::of_port(port, age) };
        let gate = Gate {
            team: Arc::new(Team::open(&config.folder)?),
            attempts: Attempts::default(),
            hashing: Semaphore::new(HASHED_TOGETHER),
            trusted_proxies: settings.trusted_proxies.clone(),
            is_behind_proxy: public.is_some(),
        };
        let address =
            public.map_or_else(|| format!("http://127.0.0.1:{port}/"), |url| format!("{url}/"));
        let secret = session::secret().map_err(|_| ServeError::NoChance)?;
        let start = session::start_id(&secret);
        Ok(Self { names, cookie, door: Door::Team(gate), address, start })
    }

    /// Tells this start of the server from others; no secret.
    pub(crate) fn start_id(&self) -> &str {
        &self.start
    }

    /// Scheme and host under which it is open, without a secret.
    pub(crate) fn origin(&self) -> String {
        self.address.split('/').take(3).collect::<Vec<_>>().join("/")
    }

    /// What opens the app.
    pub(crate) fn link(&self) -> String {
        match &self.door {
            Door::Link { session, .. } => session.link(),
            Door::Team(_) => self.address.clone(),
        }
    }

    /// Another link that works once; for a team the address.
    pub(crate) fn renew(&self) -> Result<String, getrandom::Error> {
        match &self.door {
            Door::Link { session, .. } => session.renew(),
            Door::Team(_) => Ok(self.link()),
        }
    }

    /// The gate, where people have accounts.
    pub(crate) fn gate(&self) -> Option<&Gate> {
        match &self.door {
            Door::Link { .. } => None,
            Door::Team(gate) => Some(gate),
        }
    }

    /// The same, for requests that make no sense without.
    pub(crate) fn team(&self) -> Result<Arc<Team>, Problem> {
        let missing = || Problem::not_found("this server was started for one person, not a team");
        self.gate().map(|gate| Arc::clone(&gate.team)).ok_or_else(missing)
    }

    /// Takes the token of the link in exchange for a `Set-Cookie` header.
    pub(crate) fn redeem(&self, token: &str) -> Option<HeaderValue> {
        match &self.door {
            Door::Link { session, .. } => self.cookie.give(session.redeem(token)?),
            Door::Team(_) => None,
        }
    }

    /// The header that lets a browser in for as long as a login lasts.
    pub(crate) fn give(&self, cookie: &str) -> Option<HeaderValue> {
        self.cookie.give(cookie)
    }

    /// The header that takes the cookie from a browser.
    pub(crate) fn take_back(&self) -> Option<HeaderValue> {
        self.cookie.take_back()
    }

    /// Who the browser belongs to.
    pub(crate) fn person(&self, headers: &HeaderMap) -> Result<Option<Person>, Problem> {
        match &self.door {
            Door::Link { session, author, is_expert } => {
                let is_ours = self.cookie.values(headers).any(|value| session.is_ours(value));
                Ok(is_ours.then(|| Person::alone(author, *is_expert)))
            }
            Door::Team(gate) => Ok(self.login(gate, headers)?.map(Person::of)),
        }
    }

    /// Whether a login lasts still. To ask does not make it last longer.
    pub(crate) fn is_in(&self, headers: &HeaderMap) -> bool {
        match &self.door {
            Door::Link { .. } => true,
            Door::Team(gate) => {
                let mut values = self.cookie.values(headers);
                values.any(|value| gate.team.login(value).is_ok_and(|login| login.is_some()))
            }
        }
    }

    /// Why somebody who is nobody gets nothing.
    pub(crate) fn closed(&self) -> Problem {
        match &self.door {
            Door::Link { .. } => Problem::unauthorized(),
            Door::Team(_) => Problem::logged_out(),
        }
    }

    fn login(&self, gate: &Gate, headers: &HeaderMap) -> Result<Option<Login>, Problem> {
        for value in self.cookie.values(headers) {
            let Some(login) = gate.team.login(value)? else { continue };
            if login.is_stale {
                let (team, login) = (Arc::clone(&gate.team), login.clone());
                // if it cannot be written, the login ends a little sooner
                drop(tokio::task::spawn_blocking(move || team.touch(&login)));
            }
            return Ok(Some(login));
        }
        Ok(None)
    }
}

impl Gate {
    /// Where a request comes from. What a proxy adds to `X-Forwarded-For` is its last address; what stands before it
    /// the browser may have written itself.
    pub(crate) fn address(&self, peer: IpAddr, headers: &HeaderMap) -> IpAddr {
        let peer = peer.to_canonical();
        let is_trusted = peer.is_loopback() || self.trusted_proxies.contains(&peer);
        if !(self.is_behind_proxy && is_trusted) {
            return peer;
        }
        let lines = headers.get_all("x-forwarded-for").iter();
        let last = lines.filter_map(|line| line.to_str().ok()?.rsplit(',').next()).next_back();
        last.and_then(|text| text.trim().parse().ok()).unwrap_or(peer)
    }
}

#[cfg(test)]
mod tests {
    use axum::http::HeaderName;

    use super::*;

    #[test]
    fn only_a_proxy_is_believed_about_an_address() {
        let folder = tempfile::tempdir().unwrap();
        let gate = |is_behind_proxy| Gate {
            team: Arc::new(Team::open(folder.path()).unwrap()),
            attempts: Attempts::default(),
            hashing: Semaphore::new(1),
            trusted_proxies: vec!["10.0.0.9".parse().unwrap()],
            is_behind_proxy,
        };
        let table: [(bool, &str, &[&str], &str); 8] = [
            (true, "127.0.0.1", &["192.0.2.7"], "192.0.2.7"),
            (true, "::ffff:10.0.0.9", &["192.0.2.7"], "192.0.2.7"),
            // what the browser wrote comes first
            (true, "127.0.0.1", &["198.51.100.1, 192.0.2.7"], "192.0.2.7"),
            (true, "127.0.0.1", &["198.51.100.1", "192.0.2.7"], "192.0.2.7"),
            (true, "10.0.0.8", &["192.0.2.7"], "10.0.0.8"),
            (true, "127.0.0.1", &["nonsense"], "127.0.0.1"),
            (true, "127.0.0.1", &[], "127.0.0.1"),
            (false, "127.0.0.1", &["192.0.2.7"], "127.0.0.1"),
        ];
        for (is_behind_proxy, peer, lines, expected) in table {
            let name = HeaderName::from_static("x-forwarded-for");
            let headers: HeaderMap =
                lines.iter().map(|line| (name.clone(), line.parse().unwrap())).collect();
            let found = gate(is_behind_proxy).address(peer.parse().unwrap(), &headers);
            assert_eq!(found, expected.parse::<IpAddr>().unwrap(), "{peer} {lines:?}");
        }
    }
}
