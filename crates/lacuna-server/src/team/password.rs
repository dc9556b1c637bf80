//! Passwords, kept as Argon2id hashes.

use argon2::password_hash::phc::PasswordHash;
use argon2::password_hash::{PasswordHasher, PasswordVerifier};
use argon2::{Algorithm, Argon2, Params, Version};

use super::TeamError;

/// Memory in KiB, passes and lanes: the first choice of OWASP's *Password Storage Cheat Sheet* for Argon2id.
const COST: (u32, u32, u32) = (19 * 1024, 2, 1);
/// Shortest password that a person may choose, in characters (NIST SP 800-63B asks for 8).
const SHORTEST: usize = 10;
/// Longest, in bytes: nobody types more, and a hash of megabytes is an attack.
const LONGEST: usize = 256;

/// Letters of a generated password: those that are not taken for each other.
const LETTERS: &[u8; 32] = b"abcdefghjkmnpqrstuvwxyz023456789";
/// Groups of a generated password, and letters in each: 80 bits of chance.
const GROUPS: (usize, usize) = (4, 4);

/// A password made by chance, to be told to the person and changed by them.
///
/// # Errors
/// If the system has no random numbers.
pub fn generate() -> Result<String, TeamError> {
    let (groups, letters) = GROUPS;
    let mut bytes = vec![0; groups * letters];
    getrandom::fill(&mut bytes).map_err(|_| TeamError::NoChance)?;
    let text: Vec<char> =
        bytes.iter().map(|byte| char::from(LETTERS[usize::from(byte % 32)])).collect();
    let groups: Vec<String> = text.chunks(letters).map(|group| group.iter().collect()).collect();
    Ok(groups.join("-"))
}

/// The hash of a password as it is kept, a PHC string; refuses passwords that are too weak.
pub(super) fn hash(password: &str, name: &str) -> Result<String, TeamError> {
    check(password, name)?;
    let failed = |error: &dyn std::fmt::Display| TeamError::Hash { reason: error.to_string() };
    let hash = hasher()?.hash_password(password.as_bytes()).map_err(|error| failed(&error))?;
    Ok(hash.to_string())
}

/// Whether it is the password of that hash.
pub(super) fn is_of(password: &str, hash: &str) -> bool {
    let Ok(hash) = PasswordHash::new(hash) else { return false };
    let fits = password.len() <= LONGEST;
    // the costs are those of the hash, so that older ones stay readable
    fits && Argon2::default().verify_password(password.as_bytes(), &hash).is_ok()
}

fn hasher() -> Result<Argon2<'static>, TeamError> {
    let (memory, passes, lanes) = COST;
    let costs = Params::new(memory, passes, lanes, None)
        .map_err(|error| TeamError::Hash { reason: error.to_string() })?;
    Ok(Argon2::new(Algorithm::Argon2id, Version::V0x13, costs))
}

fn check(password: &str, name: &str) -> Result<(), TeamError> {
    let bad = |reason| Err(TeamError::BadPassword { reason });
    let (plain, name) = (password.to_lowercase(), name.to_lowercase());
    let first = password.chars().next();
    if password.chars().count() < SHORTEST {
        return bad("has fewer than 10 characters");
    }
    if password.len() > LONGEST {
        return bad("has more than 256 bytes");
    }
    if plain.replace(&name, "").chars().count() < SHORTEST / 2 {
        return bad("is little more than the name");
    }
    if password.chars().all(|c| Some(c) == first) {
        return bad("is the same character again and again");
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hashes_are_argon2id_and_salted() {
        let (one, other) =
            (hash("four odd words", "ada").unwrap(), hash("four odd words", "ada").unwrap());
        assert!(one.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"), "{one}");
        assert_ne!(one, other);
        assert!(is_of("four odd words", &one) && is_of("four odd words", &other));
        for wrong in ["four odd word", "Four odd words", "", " four odd words"] {
            assert!(!is_of(wrong, &one), "{wrong}");
        }
        assert!(!is_of("four odd words", "no hash"));
    }

    #[test]
    fn weak_passwords_are_refused() {
        for weak in ["", "short", "aaaaaaaaaaaa", "lovelace12", "Lovelace-1", &"x y".repeat(200)] {
            assert!(hash(weak, "lovelace").is_err(), "{weak}");
        }
    }

    #[test]
    fn generated_passwords_are_good_ones() {
        let (one, other) = (generate().unwrap(), generate().unwrap());
        assert_ne!(one, other);
        assert_eq!(one.len(), 4 * 4 + 3, "{one}");
        assert!(hash(&one, "ada").is_ok());
    }
}
