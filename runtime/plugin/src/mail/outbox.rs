//! A folder of `.eml` files in the place of a mail service.

use super::mailer::MailError;
use super::message::token;
use lettre::{FileTransport, Message, Transport};
use std::error::Error;
use std::fs;
use std::path::{Path, PathBuf};

/// File names end at 255 bytes; what is cut is long past where keys differ.
const LONGEST_NAME: usize = 200;

/// An outbox folder.
#[derive(Debug, Clone)]
pub(super) struct Outbox {
    folder: PathBuf,
}

impl Outbox {
    pub(super) fn new(folder: PathBuf) -> Self {
        Self { folder }
    }

    /// Leaves `<key>.eml`. The file appears whole or not at all: it is written aside and moved.
    pub(super) fn put(&self, message: &Message, key: &str) -> Result<(), MailError> {
        let mut name = token(key);
        name.truncate(LONGEST_NAME);
        let target = self.folder.join(format!("{name}.eml"));
        deliver(&self.folder, message, &target).map_err(|e| MailError::Outbox {
            folder: self.folder.display().to_string(),
            why: e.to_string(),
        })
    }
}

fn deliver(folder: &Path, message: &Message, target: &Path) -> Result<(), Box<dyn Error>> {
    let aside = folder.join(".writing");
    fs::create_dir_all(&aside)?;
    let id = FileTransport::new(&aside).send(message)?;
    fs::rename(aside.join(format!("{id}.eml")), target)?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use crate::mail::{Mail, Mailer};
    use url::Url;

    #[tokio::test]
    async fn two_tries_leave_one_file() {
        let dir = tempfile::tempdir().unwrap();
        let url = Url::from_file_path(dir.path().join("outbox")).unwrap();
        let mailer = Mailer::open(url.as_str(), "from@example.com").unwrap();
        let mail = Mail {
            to: "to@example.com".to_owned(),
            subject: "s".to_owned(),
            text: "t".to_owned(),
            html: None,
            key: "one".to_owned(),
        };
        mailer.send(&mail).await.unwrap();
        mailer.send(&mail).await.unwrap();
        let files = std::fs::read_dir(dir.path().join("outbox")).unwrap();
        let names = files.map(|f| f.unwrap().file_name().into_string().unwrap());
        let mut names: Vec<_> = names.collect();
        names.sort();
        assert_eq!(names, [".writing", "one.eml"]);
        let left = std::fs::read_dir(dir.path().join("outbox/.writing")).unwrap();
        assert_eq!(left.count(), 0);
    }
}
