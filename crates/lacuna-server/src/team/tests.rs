use rusqlite::Connection;

use super::change_log::Deed;
use super::*;

const PASSWORD: &str = "four odd words";

/// Something that ends logins.
type End = fn(&Team);

fn team() -> (tempfile::TempDir, Team) {
    let folder = tempfile::tempdir().unwrap();
    let team = Team::open(folder.path()).unwrap();
    team.add("Ada", TeamRole::Owner, PASSWORD, COMMAND_LINE).unwrap();
    team.add("Ben", TeamRole::Reader, PASSWORD, "Ada").unwrap();
    (folder, team)
}

fn enter(team: &Team, name: &str) -> Option<String> {
    team.log_in(name, PASSWORD, "127.0.0.1").unwrap().map(|(cookie, _)| cookie)
}

#[test]
fn a_cookie_stands_for_an_account_until_it_ends() {
    let (_folder, team) = team();
    let cookie = enter(&team, "ada").unwrap();
    let login = team.login(&cookie).unwrap().unwrap();
    assert_eq!((login.name.as_str(), login.role), ("Ada", TeamRole::Owner));
    assert!(team.log_in("Ada", "another password", "").unwrap().is_none());
    assert!(team.log_in("nobody", PASSWORD, "").unwrap().is_none());
    assert!(team.login("").unwrap().is_none() && team.login(&login.token).unwrap().is_none());
    let other = enter(&team, "ADA").unwrap();
    assert_ne!(cookie, other);
    team.log_out(&login.token).unwrap();
    assert!(team.login(&cookie).unwrap().is_none() && team.login(&other).unwrap().is_some());
    let ends: [(&str, End); 3] = [
        ("password", |team| team.reset_password("Ben", "five other words", "Ada").unwrap()),
        ("logins", |team| team.end_logins("Ben", "Ada").unwrap()),
        ("removed", |team| team.remove("Ben", "Ada").unwrap()),
    ];
    for (what, end) in ends {
        let cookie = team.log_in("Ben", PASSWORD, "").unwrap();
        let (cookie, _) =
            cookie.or_else(|| team.log_in("Ben", "five other words", "").unwrap()).unwrap();
        assert!(team.login(&cookie).unwrap().is_some(), "{what}");
        end(&team);
        assert!(team.login(&cookie).unwrap().is_none(), "{what}");
    }
}

#[test]
fn old_logins_end_by_themselves() {
    let (folder, team) = team();
    let rows = [
        ("used", 11, true),
        ("used", 13, false),
        ("begun", 6 * 24, true),
        ("begun", 8 * 24, false),
    ];
    for (column, hours, lasts) in rows {
        let cookie = enter(&team, "Ada").unwrap();
        let file = Connection::open(folder.path().join(FILE_NAME)).unwrap();
        let older = format!("UPDATE logins SET {column} = {column} - {hours} * 3600");
        file.execute(&older, []).unwrap();
        assert_eq!(team.login(&cookie).unwrap().is_some(), lasts, "{column} {hours}");
        file.execute("DELETE FROM logins", []).unwrap();
    }
}

#[test]
fn changing_ones_password_keeps_this_browser_only() {
    let (_folder, team) = team();
    let (here, there) = (enter(&team, "Ben").unwrap(), enter(&team, "Ben").unwrap());
    let token = team.login(&here).unwrap().unwrap().token;
    let wrong = team.change_password("Ben", "not this one", "five other words", &token);
    assert!(matches!(wrong, Err(TeamError::WrongPassword)));
    team.change_password("Ben", PASSWORD, "five other words", &token).unwrap();
    assert!(team.login(&here).unwrap().is_some() && team.login(&there).unwrap().is_none());
    assert!(enter(&team, "Ben").is_none());
}

#[test]
fn somebody_can_always_manage_the_accounts_and_names_are_never_given_twice() {
    let (_folder, team) = team();
    let last = [team.remove("ada", "Ada"), team.set_role("ada", TeamRole::Expert, "Ada")];
    assert!(last.iter().all(|error| matches!(error, Err(TeamError::LastOwner { .. }))));
    team.set_role("Ben", TeamRole::Owner, "Ada").unwrap();
    team.remove("Ada", "Ben").unwrap();
    let taken = team.add("ADA", TeamRole::Reader, PASSWORD, "Ben");
    assert!(matches!(taken, Err(TeamError::Taken { was_removed: true, .. })));
    let taken = team.add("ben", TeamRole::Reader, PASSWORD, "Ben");
    assert!(matches!(taken, Err(TeamError::Taken { was_removed: false, .. })));
    let unknown = team.set_role("Ada", TeamRole::Reader, "Ben");
    assert!(matches!(unknown, Err(TeamError::Unknown { .. })));
    let names: Vec<_> = team.accounts().unwrap().into_iter().map(|account| account.name).collect();
    assert_eq!(names, ["Ben"]);
}

#[test]
fn the_log_is_only_added_to_and_a_check_finds_what_was_changed_past_it() {
    let (folder, team) = team();
    let deed = Deed { who: "Ada", what: "edit", picture: Some("m0"), detail: "2 strokes" };
    team.note(&deed).unwrap();
    team.note(&Deed { who: "Ben", ..deed }).unwrap();
    assert_eq!(team.painters("m0").unwrap(), ["Ada", "Ben"]);
    let of = |query| -> Vec<i64> {
        team.changes(&query).unwrap().into_iter().map(|change| change.number).collect()
    };
    let all = ChangeQuery::default();
    assert_eq!(of(all.clone()), [4, 3, 2, 1]);
    assert_eq!(of(ChangeQuery { before: Some(4), limit: Some(2), ..all.clone() }), [3, 2]);
    assert_eq!(of(ChangeQuery { who: Some("Ada".into()), ..all.clone() }), [3, 2]);
    assert_eq!(of(ChangeQuery { picture: Some("m0".into()), ..all }), [4, 3]);
    assert_eq!(team.check().unwrap(), Checked { accounts: 2, changes: 4 });
    let file = Connection::open(folder.path().join(FILE_NAME)).unwrap();
    let change = "UPDATE changes SET who = 'Eve' WHERE number = 3";
    for forbidden in [change, "DELETE FROM changes WHERE number = 4"] {
        let error = file.execute(forbidden, []).unwrap_err().to_string();
        assert!(error.contains("only added to"), "{error}");
    }
    file.execute_batch(&format!("DROP TRIGGER changes_stay; {change}")).unwrap();
    assert!(matches!(team.check(), Err(TeamError::LogDamaged { number: 3 })));
}

#[test]
fn a_backup_is_the_whole_file_and_replaces_nothing() {
    let (folder, team) = team();
    let target = folder.path().join("copy.sqlite");
    team.back_up(&target).unwrap();
    assert!(matches!(team.back_up(&target), Err(TeamError::BackupExists { .. })));
    let other = tempfile::tempdir().unwrap();
    std::fs::copy(&target, other.path().join(FILE_NAME)).unwrap();
    let copy = Team::open_present(other.path()).unwrap();
    assert!(enter(&copy, "Ada").is_some());
    #[cfg(unix)]
    for file in [team.path(), &target] {
        use std::os::unix::fs::PermissionsExt;
        let mode = std::fs::metadata(file).unwrap().permissions().mode();
        assert_eq!(mode & 0o077, 0, "{}", file.display());
    }
}

#[test]
fn a_file_of_a_later_version_and_one_that_is_no_database_are_refused() {
    let (folder, team) = team();
    drop(team);
    let path = folder.path().join(FILE_NAME);
    Connection::open(&path).unwrap().pragma_update(None, "user_version", 9).unwrap();
    assert!(matches!(Team::open(folder.path()), Err(TeamError::Version { found: 9, .. })));
    std::fs::write(&path, "no database, but a text that is long enough to be looked at as one")
        .unwrap();
    assert!(matches!(Team::open(folder.path()), Err(TeamError::Database { .. })));
    let empty = tempfile::tempdir().unwrap();
    assert!(matches!(Team::open_present(empty.path()), Err(TeamError::NoTeam { .. })));
}
