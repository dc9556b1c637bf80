//! How often somebody may be wrong about a password.
//!
//! Counted by account, against guesses at one person's password from many machines, and by address, against guesses
//! at many accounts from one. Names that no account has are counted too: otherwise the limit would tell which exist.
//! An attempt counts before the password is looked at, so that many at the same time count as well.

use std::collections::{BTreeMap, VecDeque};
use std::net::{IpAddr, Ipv6Addr};
use std::sync::Mutex;
use std::time::{Duration, Instant};

use crate::lock;

/// Time in which attempts are counted.
const WINDOW: Duration = Duration::from_mins(15);
/// Wrong passwords for one account in that time.
const PER_ACCOUNT: usize = 10;
/// Wrong passwords from one address in that time; a clinic may have one address for all.
const PER_ADDRESS: usize = 50;

/// Those of the last quarter of an hour that failed, or are not decided yet.
#[derive(Default)]
pub(crate) struct Attempts(Mutex<Counts>);

#[derive(Default)]
struct Counts {
    accounts: BTreeMap<String, VecDeque<Instant>>,
    addresses: BTreeMap<IpAddr, VecDeque<Instant>>,
}

impl Attempts {
    /// Counts an attempt. `Err` says how long to wait before another is allowed.
    pub(crate) fn begin(
        &self,
        account: &str,
        address: IpAddr,
        now: Instant,
    ) -> Result<(), Duration> {
        let mut counts = lock(&self.0);
        forget(&mut counts.accounts, now);
        forget(&mut counts.addresses, now);
        let address = network(address);
        let wait = |times: Option<&VecDeque<Instant>>, most: usize| {
            let times = times.filter(|times| times.len() >= most)?;
            Some(WINDOW.saturating_sub(now.duration_since(*times.front()?)))
        };
        let waits = [
            wait(counts.accounts.get(account), PER_ACCOUNT),
            wait(counts.addresses.get(&address), PER_ADDRESS),
        ];
        if let Some(wait) = waits.into_iter().flatten().max() {
            return Err(wait);
        }
        counts.accounts.entry(account.to_owned()).or_default().push_back(now);
        counts.addresses.entry(address).or_default().push_back(now);
        Ok(())
    }

    /// The password was right: the account begins anew, and the address has one less.
    pub(crate) fn succeeded(&self, account: &str, address: IpAddr) {
        let mut counts = lock(&self.0);
        counts.accounts.remove(account);
        if let Some(times) = counts.addresses.get_mut(&network(address)) {
            times.pop_back();
        }
    }
}

fn forget<K: Ord>(counts: &mut BTreeMap<K, VecDeque<Instant>>, now: Instant) {
    counts.retain(|_, times| {
        times.retain(|time| now.duration_since(*time) < WINDOW);
        !times.is_empty()
    });
}

/// One machine has as many IPv6 addresses as it likes in its network of 64 bits.
fn network(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V4(address) => address.into(),
        IpAddr::V6(address) => Ipv6Addr::from(u128::from(address) >> 64 << 64).into(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn address(text: &str) -> IpAddr {
        text.parse().unwrap()
    }

    #[test]
    fn an_account_is_closed_for_a_while_from_every_address() {
        let (attempts, start) = (Attempts::default(), Instant::now());
        for k in 0..PER_ACCOUNT {
            let from = address(&format!("10.0.0.{k}"));
            attempts.begin("ada", from, start).unwrap();
        }
        let later = start + Duration::from_mins(1);
        let wait = attempts.begin("ada", address("10.0.1.1"), later).unwrap_err();
        assert_eq!(wait, Duration::from_mins(14));
        attempts.begin("ben", address("10.0.1.1"), later).unwrap();
        attempts.begin("ada", address("10.0.1.1"), start + WINDOW).unwrap();
    }

    #[test]
    fn an_address_is_closed_for_a_while_for_every_account() {
        for (one, other, far) in [
            ("10.0.0.1", "::ffff:10.0.0.1", "10.0.0.2"),
            ("2001:db8::1", "2001:db8::ffff:2", "2001:db8:0:1::1"),
        ] {
            let (attempts, now) = (Attempts::default(), Instant::now());
            for k in 0..PER_ADDRESS {
                attempts.begin(&format!("name-{k}"), address(one), now).unwrap();
            }
            assert!(attempts.begin("another", address(other), now).is_err(), "{other}");
            attempts.begin("another", address(far), now).unwrap();
        }
    }

    #[test]
    fn who_is_right_does_not_run_out_of_attempts() {
        let (attempts, now, home) = (Attempts::default(), Instant::now(), address("10.0.0.1"));
        for _ in 0..3 * PER_ADDRESS {
            attempts.begin("ada", home, now).unwrap();
            attempts.succeeded("ada", home);
        }
        // but being right with one's own account does not help to guess another's
        for _ in 0..PER_ACCOUNT {
            attempts.begin("ben", home, now).unwrap();
            attempts.begin("ada", home, now).unwrap();
            attempts.succeeded("ada", home);
        }
        assert!(attempts.begin("ben", home, now).is_err());
    }
}
