//! Tokens that `login` got, by API, in the person's own configuration folder and readable by
//! nobody else.

use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::fs::{self, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

/// What one login gave.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Login {
    /// The ID token, which opens the API.
    pub id_token: String,
    /// What gets another one, where the issuer gave it.
    pub refresh_token: Option<String>,
    /// When the ID token ends, epoch seconds.
    pub expires_at: i64,
    /// Where it came from, to get another one.
    pub token_endpoint: String,
    /// The client that it was given to.
    pub client_id: String,
}

/// The file of all logins.
#[derive(Debug, Clone)]
pub struct Tokens {
    path: PathBuf,
}

impl Tokens {
    /// `$XDG_CONFIG_HOME/scheduler/tokens.json`, else `~/.config/scheduler/tokens.json`; `None`
    /// for somebody without a home.
    #[must_use]
    pub fn of(environment: &BTreeMap<String, String>) -> Option<Self> {
        let set = |name: &str| environment.get(name).filter(|value| !value.is_empty());
        let config = set("XDG_CONFIG_HOME").map(PathBuf::from);
        let config = config.or_else(|| Some(Path::new(set("HOME")?).join(".config")))?;
        Some(Self { path: config.join("scheduler").join("tokens.json") })
    }

    /// The login of an API.
    #[must_use]
    pub fn get(&self, api: &str) -> Option<Login> {
        self.read().remove(api)
    }

    /// Keeps a login.
    ///
    /// # Errors
    /// Where the file cannot be written.
    pub fn keep(&self, api: &str, login: Login) -> io::Result<()> {
        let mut all = self.read();
        all.insert(api.to_owned(), login);
        self.write(&all)
    }

    /// Forgets a login; answers whether there was one.
    ///
    /// # Errors
    /// Where the file cannot be written.
    pub fn forget(&self, api: &str) -> io::Result<bool> {
        let mut all = self.read();
        match all.remove(api) {
            None => Ok(false),
            Some(_) => self.write(&all).map(|()| true),
        }
    }

    /// What cannot be read is no login: the next one writes it anew.
    fn read(&self) -> BTreeMap<String, Login> {
        let text = fs::read_to_string(&self.path).unwrap_or_default();
        serde_json::from_str(&text).unwrap_or_default()
    }

    fn write(&self, all: &BTreeMap<String, Login>) -> io::Result<()> {
        if let Some(folder) = self.path.parent() {
            fs::create_dir_all(folder)?;
        }
        let aside = self.path.with_extension("tmp");
        // Made anew: one that is there may be readable by others.
        match fs::remove_file(&aside) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
            _ => {}
        }
        let mut file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(&aside)?;
        file.write_all(serde_json::to_string_pretty(all)?.as_bytes())?;
        fs::rename(&aside, &self.path)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::PermissionsExt;

    #[test]
    fn a_login_is_kept_for_its_owner_only() {
        let home = tempfile::tempdir().unwrap();
        let environment = BTreeMap::from([("HOME".into(), home.path().display().to_string())]);
        let tokens = Tokens::of(&environment).unwrap();
        let login = Login {
            id_token: "t".into(),
            refresh_token: None,
            expires_at: 1,
            token_endpoint: "https://issuer.example/token".into(),
            client_id: "c".into(),
        };
        assert_eq!(tokens.get("https://api.example/v1"), None);
        tokens.keep("https://api.example/v1", login.clone()).unwrap();
        assert_eq!(tokens.get("https://api.example/v1"), Some(login));
        let file = home.path().join(".config/scheduler/tokens.json");
        let mode = fs::metadata(file).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
        assert!(tokens.forget("https://api.example/v1").unwrap());
        assert!(!tokens.forget("https://api.example/v1").unwrap());
    }
}
