//! Where pictures and tasks are fetched: from the Label Studio that may connect, and from hosts that whoever started the
//! server has named. Addresses come from tasks, which others write, so no other host is ever asked, and the access token
//! goes to Label Studio only.

use std::sync::Mutex;
use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE;
use serde::Deserialize;
use serde_json::{Value, json};
use ureq::Agent;
use ureq::http::{Response, header};

use super::LabelStudioConfig;
use super::received::ProjectKey;
use crate::lock;
use crate::names::PublicUrl;
use crate::problem::Problem;

/// How long a host may take to be reached, and for all of its answer.
const TO_CONNECT: Duration = Duration::from_secs(5);
const TO_ANSWER: Duration = Duration::from_mins(2);
/// Largest picture, and largest list of tasks with everything painted in them.
const LARGEST_PICTURE: u64 = 200 << 20;
const LARGEST_LIST: u64 = 2 << 30;
/// Storages lead to a signed address, sometimes over another.
const MOST_REDIRECTS: usize = 4;
const UNAUTHORIZED: u16 = 401;

/// The hosts, and how they are asked.
pub(super) struct Source {
    own: PublicUrl,
    others: Vec<PublicUrl>,
    agent: Agent,
    /// Given by whoever started the server: the one that Label Studio sends is not needed.
    is_token_given: bool,
    token: Mutex<Option<String>>,
}

/// What is read of a project.
#[derive(Deserialize)]
struct ProjectAnswer {
    id: u64,
    created_at: String,
    label_config: String,
}

impl Source {
    pub(super) fn new(settings: &LabelStudioConfig) -> Self {
        let agent = Agent::config_builder()
            .timeout_connect(Some(TO_CONNECT))
            .timeout_global(Some(TO_ANSWER))
            .max_redirects(0)
            .max_redirects_will_error(false)
            .http_status_as_error(false)
            .build();
        Self {
            own: settings.url.clone(),
            others: settings.pictures.clone(),
            agent: agent.into(),
            is_token_given: settings.token.is_some(),
            token: Mutex::new(settings.token.clone()),
        }
    }

    /// Takes the token that Label Studio sends when it connects, unless another was given.
    pub(super) fn set_token(&self, token: &str) {
        if !self.is_token_given {
            *lock(&self.token) = Some(token.to_owned());
        }
    }

    /// The bytes of a picture of a task.
    pub(super) fn picture(&self, address: &str, task: u64) -> Result<Vec<u8>, Problem> {
        let mut failed = None;
        for url in self.picture_urls(address, task)? {
            match self.get(&url, LARGEST_PICTURE) {
                Ok(bytes) => return Ok(bytes),
                Err(problem) => failed = failed.or(Some(problem)),
            }
        }
        Err(failed.unwrap_or_else(|| Problem::not_found(format!("no picture at `{address}`"))))
    }

    /// What tells a project from one of its number in another Label Studio, and its labelling configuration.
    pub(super) fn project(&self, number: u64) -> Result<(ProjectKey, String), Problem> {
        let own = &self.own;
        let bytes = self.get(&format!("{own}/api/projects/{number}/"), LARGEST_LIST)?;
        let ProjectAnswer { id, created_at, label_config } =
            serde_json::from_slice(&bytes).map_err(|error| unreadable(number, &error))?;
        Ok((ProjectKey { id, created_at }, label_config))
    }

    /// All annotated tasks of a project.
    pub(super) fn tasks(&self, project: u64) -> Result<Vec<Value>, Problem> {
        let own = &self.own;
        let url = format!("{own}/api/projects/{project}/export?exportType=JSON");
        let bytes = self.get(&url, LARGEST_LIST)?;
        serde_json::from_slice(&bytes).map_err(|error| unreadable(project, &error))
    }

    /// What is asked for an address of a task, in this order.
    fn picture_urls(&self, address: &str, task: u64) -> Result<Vec<String>, Problem> {
        let own = &self.own;
        let path = address.strip_prefix(&own.to_string()).unwrap_or(address);
        if let Some(file) = path.strip_prefix("/data/") {
            let mut urls = vec![format!("{own}{path}")];
            if file.starts_with("upload/") {
                urls.insert(0, format!("{own}/storage-data/uploaded/?filepath={file}"));
            }
            return Ok(urls);
        }
        if path.starts_with('/') {
            return Ok(vec![format!("{own}{path}")]);
        }
        if is_in_storage(path) {
            let name = URL_SAFE.encode(path);
            return Ok(vec![format!("{own}/tasks/{task}/presign/?fileuri={name}")]);
        }
        self.check(path)?;
        Ok(vec![path.to_owned()])
    }

    /// Refuses hosts that nobody has named.
    fn check(&self, url: &str) -> Result<(), Problem> {
        if self.own.is_origin_of(url) || self.others.iter().any(|other| other.is_origin_of(url)) {
            return Ok(());
        }
        let host = url.split('/').take(3).collect::<Vec<_>>().join("/");
        Err(Problem::forbidden(format!("nothing is fetched from `{host}`")).with_hint(format!(
            "if it is to be, start the server with `--label-studio-pictures {host}`"
        )))
    }

    fn get(&self, url: &str, limit: u64) -> Result<Vec<u8>, Problem> {
        let mut url = url.to_owned();
        for _ in 0..=MOST_REDIRECTS {
            self.check(&url)?;
            let answer = self.ask(&url)?;
            let status = answer.status();
            if status.is_success() {
                let body = answer.into_body().into_with_config().limit(limit);
                return body.read_to_vec().map_err(|error| unreachable(&url, &error));
            }
            let next = answer.headers().get(header::LOCATION).and_then(|next| next.to_str().ok());
            let to_login = is_login(next);
            let next = next.filter(|_| status.is_redirection() && !to_login);
            url = next.and_then(|next| resolved(&url, next)).ok_or_else(|| {
                refused(&url, if to_login { UNAUTHORIZED } else { status.as_u16() })
            })?;
        }
        Err(Problem::failed(&std::io::Error::other(format!("`{}` leads on and on", shown(&url)))))
    }

    fn ask(&self, url: &str) -> Result<Response<ureq::Body>, Problem> {
        let mut request = self.agent.get(escaped(url));
        if self.own.is_origin_of(url)
            && let Some(credentials) = self.credentials()?
        {
            request = request.header(header::AUTHORIZATION, credentials);
        }
        request.call().map_err(|error| unreachable(url, &error))
    }

    /// A personal access token, which is a JSON web token, is exchanged for one that lasts some minutes.
    fn credentials(&self) -> Result<Option<String>, Problem> {
        let Some(token) = lock(&self.token).clone() else { return Ok(None) };
        if token.split('.').count() != 3 {
            return Ok(Some(format!("Token {token}")));
        }
        let url = format!("{}/api/token/refresh", self.own);
        let request = self.agent.post(&url).header(header::CONTENT_TYPE, "application/json");
        let answer = request.send(json!({ "refresh": token }).to_string());
        let mut answer = answer.map_err(|error| unreachable(&url, &error))?;
        if !answer.status().is_success() {
            return Err(refused(&url, answer.status().as_u16()));
        }
        let body = answer.body_mut().read_to_string().map_err(|e| unreachable(&url, &e))?;
        let body: Value = serde_json::from_str(&body).unwrap_or_default();
        let access = body.get("access").and_then(Value::as_str);
        let access = access.ok_or_else(|| refused(&url, answer.status().as_u16()))?;
        Ok(Some(format!("Bearer {access}")))
    }
}

/// Whether an address names a file in a cloud storage, which only Label Studio can open.
fn is_in_storage(address: &str) -> bool {
    ["s3://", "gs://", "azure-blob://"].iter().any(|scheme| address.starts_with(scheme))
}

/// Whether somebody is sent to log in.
fn is_login(next: Option<&str>) -> bool {
    next.is_some_and(|next| next.contains("/user/login"))
}

/// Where an address leads; paths without a beginning and addresses without a scheme lead nowhere.
fn resolved(url: &str, next: &str) -> Option<String> {
    match next {
        _ if next.starts_with("http://") || next.starts_with("https://") => Some(next.to_owned()),
        _ if next.starts_with('/') && !next.starts_with("//") => {
            Some(format!("{}{next}", origin_of(url)))
        }
        _ => None,
    }
}

/// Scheme and host of a whole address.
fn origin_of(url: &str) -> String {
    url.split('/').take(3).collect::<Vec<_>>().join("/")
}

fn unreadable(project: u64, error: &serde_json::Error) -> Problem {
    Problem::invalid(format!("what Label Studio says of project {project} cannot be read: {error}"))
}

/// Without the query, in which there may be a signature.
fn shown(url: &str) -> &str {
    url.split('?').next().unwrap_or_default()
}

fn unreachable(url: &str, error: &ureq::Error) -> Problem {
    Problem::failed(&std::io::Error::other(format!("`{}`: {error}", shown(url))))
}

fn refused(url: &str, status: u16) -> Problem {
    let problem =
        Problem::failed(&std::io::Error::other(format!("`{}` answered {status}", shown(url))));
    match status {
        UNAUTHORIZED | 403 => problem.with_hint(
            "give an access token of Label Studio in LACUNA_LABEL_STUDIO_TOKEN: it may have refused the one it sent",
        ),
        _ => problem,
    }
}

/// The address with what may not stand in one as it is, such as a space, written in per cents.
fn escaped(url: &str) -> String {
    let plain = |c: &char| c.is_ascii_graphic() && !r#""<>\^`{|}"#.contains(*c);
    let mut text = String::with_capacity(url.len());
    for character in url.chars() {
        if plain(&character) {
            text.push(character);
        } else {
            let mut bytes = [0; 4];
            let bytes = character.encode_utf8(&mut bytes).bytes();
            bytes.for_each(|byte| text.push_str(&format!("%{byte:02X}")));
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use lacuna_data::annotation::Unpainted;

    use super::*;

    fn source() -> Source {
        let url = |text: &str| PublicUrl::parse(text).unwrap();
        Source::new(&LabelStudioConfig {
            url: url("http://ls.example:8080"),
            pictures: vec![url("https://pictures.example")],
            unpainted: Unpainted::Unknown,
            token: None,
        })
    }

    #[test]
    fn pictures_are_asked_for_where_they_are() {
        let table: [(&str, &[&str]); 6] = [
            (
                "/data/upload/3/a.png",
                &[
                    "http://ls.example:8080/storage-data/uploaded/?filepath=upload/3/a.png",
                    "http://ls.example:8080/data/upload/3/a.png",
                ],
            ),
            (
                "/data/local-files/?d=x/a.png",
                &["http://ls.example:8080/data/local-files/?d=x/a.png"],
            ),
            ("http://ls.example:8080/data/b.png", &["http://ls.example:8080/data/b.png"]),
            ("/media/c.png", &["http://ls.example:8080/media/c.png"]),
            ("https://pictures.example/d.png", &["https://pictures.example/d.png"]),
            (
                "s3://bucket/e.png",
                &["http://ls.example:8080/tasks/5/presign/?fileuri=czM6Ly9idWNrZXQvZS5wbmc="],
            ),
        ];
        for (address, expected) in table {
            assert_eq!(source().picture_urls(address, 5).unwrap(), expected, "{address}");
        }
    }

    #[test]
    fn no_other_host_is_asked() {
        for address in [
            "http://169.254.169.254/latest/meta-data",
            "http://pictures.example/not-encrypted.png",
            "https://pictures.example.evil.example/a.png",
            "https://pictures.example:8443/a.png",
            "https://pictures.example@evil.example/a.png",
            "http://ls.example:8080@evil.example/a.png",
            "http://ls.example:8080\\@evil.example/a.png",
            "file:///etc/passwd",
            "a.png",
        ] {
            let problem = source().picture_urls(address, 5).unwrap_err();
            assert_eq!(problem.status, 403, "{address}");
        }
    }

    #[test]
    fn addresses_are_escaped_once() {
        assert_eq!(escaped("http://a/b c%20d?é=\\"), "http://a/b%20c%20d?%C3%A9=%5C");
    }
}
