//! Who sends a request.

use std::sync::{Arc, Mutex};

use lacuna_data::annotation::Role;

use crate::lock;
use crate::team::{Login, TeamRole};

/// The person behind a request, as the server knows them: nothing of this comes from the request itself.
#[derive(Clone, Debug)]
pub(crate) struct Person {
    /// Written beside what they paint.
    pub(crate) name: String,
    pub(crate) role: TeamRole,
    /// As what their regions count.
    pub(crate) mark: Role,
    /// Hash of the cookie of their login; nobody logs in where there is one person only.
    pub(crate) login: Option<String>,
    /// What this request did, for the log.
    note: Arc<Mutex<Note>>,
}

/// What is written in the log about a request.
#[derive(Debug, Default)]
struct Note {
    /// In place of what the request is usually called.
    deed: Option<&'static str>,
    words: Option<String>,
}

/// Who sent a request, beside its answer.
#[derive(Clone, Debug)]
pub(crate) struct Speaker(pub(crate) String);

impl Person {
    /// The only one, who may do everything.
    pub(crate) fn alone(name: &str, is_expert: bool) -> Self {
        let mark = if is_expert { Role::Expert } else { Role::NonExpert };
        let (name, role) = (name.to_owned(), TeamRole::Owner);
        Self { name, role, mark, login: None, note: Arc::default() }
    }

    /// Somebody with an account.
    pub(crate) fn of(login: Login) -> Self {
        let Login { name, role, token, .. } = login;
        let mark = match role {
            TeamRole::Owner | TeamRole::Expert => Role::Expert,
            TeamRole::NonExpert | TeamRole::Reader => Role::NonExpert,
        };
        Self { name, role, mark, login: Some(token), note: Arc::default() }
    }

    /// Tells this person from others; no name for people. A page sends it along, so that what was painted before
    /// somebody else logged in in the same browser is not taken for theirs.
    pub(crate) fn id(&self) -> String {
        blake3::hash(self.name.to_lowercase().as_bytes()).to_hex()[..12].to_owned()
    }

    /// Whether others work on the same pictures under other names.
    pub(crate) fn is_in_a_team(&self) -> bool {
        self.login.is_some()
    }

    /// Whether they look after the data set.
    pub(crate) fn may_manage(&self) -> bool {
        self.role == TeamRole::Owner
    }

    /// Says what the request did in more words than its name.
    pub(crate) fn note(&self, text: impl Into<String>) {
        lock(&self.note).words = Some(text.into());
    }

    /// Says that the request did something else than its usual.
    pub(crate) fn did(&self, deed: &'static str) {
        lock(&self.note).deed = Some(deed);
    }

    /// What was done, if it was something else.
    pub(crate) fn deed(&self) -> Option<&'static str> {
        lock(&self.note).deed
    }

    /// What was said last.
    pub(crate) fn noted(&self) -> String {
        lock(&self.note).words.take().unwrap_or_default()
    }
}
