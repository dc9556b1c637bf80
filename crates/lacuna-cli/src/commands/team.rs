//! `lacuna team`: the accounts of those who use a served data set.

mod pace;

use std::io::Read;
use std::path::Path;

use anyhow::{Context, Result};
use lacuna_report::{Cell, Column, Table};
use lacuna_server::team::{self, Account, COMMAND_LINE, Change, ChangeQuery, Team, TeamRole};
use serde::Serialize;

use crate::cli::{
    TeamAction, TeamAddArgs, TeamArgs, TeamBackupArgs, TeamDataArgs, TeamLogArgs, TeamMemberArgs,
    TeamPasswordArgs, TeamRoleArgs,
};
use crate::error_report::{InputError, UsageError};
use crate::exit_status::ExitStatus;
use crate::printer::Printer;

/// Longest password that is read, in bytes; longer ones are refused anyway.
const LONGEST_PASSWORD: u64 = 4096;

/// An account with the password that was made for it.
#[derive(Serialize)]
pub(super) struct Admitted {
    pub(super) name: String,
    pub(super) role: Option<TeamRole>,
    /// Not there if the caller chose it.
    pub(super) password: Option<String>,
}

/// A copy of the accounts.
#[derive(Serialize)]
struct Copied<'a> {
    file: &'a Path,
}

/// Manages accounts.
pub(crate) fn run(arguments: &TeamArgs, printer: &Printer) -> Result<ExitStatus> {
    match &arguments.action {
        TeamAction::Add(arguments) => add(arguments, printer),
        TeamAction::List(arguments) => list(arguments, printer),
        TeamAction::Role(arguments) => set_role(arguments, printer),
        TeamAction::Password(arguments) => reset_password(arguments, printer),
        TeamAction::Remove(arguments) => remove(arguments, printer),
        TeamAction::Log(arguments) => log(arguments, printer),
        TeamAction::Pace(arguments) => pace::run(arguments, printer),
        TeamAction::Backup(arguments) => back_up(arguments, printer),
    }
}

fn add(arguments: &TeamAddArgs, printer: &Printer) -> Result<ExitStatus> {
    let TeamMemberArgs { name, folder } = &arguments.member;
    let folder = &folder.data;
    if !folder.is_dir() {
        return Err(InputError::new(format!("there is no folder `{}`", folder.display())).into());
    }
    let team = Team::open(folder)?;
    let is_first = team.accounts()?.is_empty();
    let role = match (arguments.role, is_first) {
        (None, false) => {
            return Err(UsageError::new("which role?")
                .with_hint("`--role owner`, `expert`, `non-expert` or `reader`")
                .into());
        }
        (Some(role), true) if TeamRole::from(role) != TeamRole::Owner => {
            return Err(UsageError::new("the first account must be an owner's")
                .with_hint("nobody could manage the accounts otherwise")
                .into());
        }
        (role, _) => role.map_or(TeamRole::Owner, TeamRole::from),
    };
    let (password, is_made) = password(arguments.password_stdin)?;
    team.add(name, role, &password, COMMAND_LINE)?;
    show(name, Some(role), is_made.then_some(password), printer)
}

fn list(arguments: &TeamDataArgs, printer: &Printer) -> Result<ExitStatus> {
    let accounts = Team::open_present(&arguments.data)?.accounts()?;
    printer.result(&accounts, || table(&accounts).to_text())?;
    Ok(ExitStatus::Done)
}

fn table(accounts: &[Account]) -> Table {
    let columns = ["name", "role", "logins", "last seen", "since"].map(Column::text);
    let mut table = Table::new("Accounts", columns.to_vec());
    for Account { name, role, created, logins, seen } in accounts {
        let seen = seen.as_deref().unwrap_or("never");
        let row = [name, role.name(), &logins.to_string(), seen, created];
        table.row(row.map(Cell::text).to_vec());
    }
    table
}

fn set_role(arguments: &TeamRoleArgs, printer: &Printer) -> Result<ExitStatus> {
    let TeamMemberArgs { name, folder } = &arguments.member;
    let role = arguments.role.into();
    Team::open_present(&folder.data)?.set_role(name, role, COMMAND_LINE)?;
    show(name, Some(role), None, printer)
}

fn reset_password(arguments: &TeamPasswordArgs, printer: &Printer) -> Result<ExitStatus> {
    let TeamMemberArgs { name, folder } = &arguments.member;
    let team = Team::open_present(&folder.data)?;
    let (password, is_made) = password(arguments.password_stdin)?;
    team.reset_password(name, &password, COMMAND_LINE)?;
    show(name, None, is_made.then_some(password), printer)
}

fn remove(arguments: &TeamMemberArgs, printer: &Printer) -> Result<ExitStatus> {
    let TeamMemberArgs { name, folder } = arguments;
    Team::open_present(&folder.data)?.remove(name, COMMAND_LINE)?;
    let removed = Admitted { name: name.clone(), role: None, password: None };
    printer.result(&removed, || format!("{name} is removed"))?;
    Ok(ExitStatus::Done)
}

fn log(arguments: &TeamLogArgs, printer: &Printer) -> Result<ExitStatus> {
    let TeamLogArgs { folder, who, picture, last } = arguments;
    let team = Team::open_present(&folder.data)?;
    let mut entries: Vec<Change> = Vec::new();
    loop {
        let before = entries.last().map(|entry| entry.number);
        let (who, picture) = (who.clone(), picture.clone());
        let page = team.changes(&ChangeQuery { before, who, picture, ..ChangeQuery::default() })?;
        let is_enough = page.is_empty() || last.is_some_and(|last| entries.len() >= last);
        if is_enough {
            break;
        }
        entries.extend(page);
    }
    entries.truncate(last.unwrap_or(usize::MAX));
    entries.reverse();
    printer.result(&entries, || entries.iter().map(line).collect())?;
    Ok(ExitStatus::Done)
}

fn line(entry: &Change) -> String {
    let Change { time, who, what, picture, detail, .. } = entry;
    let picture = picture.as_ref().map(|picture| format!(" {picture}")).unwrap_or_default();
    let detail = if detail.is_empty() { String::new() } else { format!(": {detail}") };
    format!("{time} {who} {what}{picture}{detail}\n")
}

fn back_up(arguments: &TeamBackupArgs, printer: &Printer) -> Result<ExitStatus> {
    let TeamBackupArgs { file, folder } = arguments;
    Team::open_present(&folder.data)?.back_up(file)?;
    printer.result(&Copied { file }, || format!("{} has accounts and log", file.display()))?;
    Ok(ExitStatus::Done)
}

/// A password made by chance, or the first line of standard input; and whether it was made.
fn password(from_stdin: bool) -> Result<(String, bool)> {
    if !from_stdin {
        return Ok((team::generate()?, true));
    }
    let mut text = String::new();
    let mut stdin = std::io::stdin().lock().take(LONGEST_PASSWORD);
    stdin.read_to_string(&mut text).context("no password could be read")?;
    let line = text.lines().next().unwrap_or_default();
    Ok((line.to_owned(), false))
}

/// Says who may log in now, and with which password.
fn show(
    name: &str,
    role: Option<TeamRole>,
    password: Option<String>,
    printer: &Printer,
) -> Result<ExitStatus> {
    let admitted = Admitted { name: name.to_owned(), role, password };
    printer.result(&admitted, || admitted.in_words())?;
    Ok(ExitStatus::Done)
}

impl Admitted {
    /// For the person who has to tell the other.
    pub(super) fn in_words(&self) -> String {
        let Self { name, role, password } = self;
        let role = role.map(|role| format!(" ({role})")).unwrap_or_default();
        match password {
            Some(password) => format!(
                "{name}{role} logs in with the password\n\n  {password}\n\nIt is not shown again. \
                 They can choose their own in the app, under their name.\n"
            ),
            None => format!("{name}{role}: done"),
        }
    }
}
