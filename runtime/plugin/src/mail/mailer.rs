//! From the environment to a [`Mailer`], and from a [`Mail`] to its way.

use super::message;
use super::outbox::Outbox;
use super::ses::Ses;
use lettre::message::Mailbox;
use url::Url;

/// The variable that says which way mail goes.
pub const ENV_URL: &str = "MAIL_URL";
/// The variable that says whom mail is from.
pub const ENV_FROM: &str = "SOURCE_EMAIL";

/// One message to one reader.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mail {
    /// The reader's address.
    pub to: String,
    /// One line.
    pub subject: String,
    /// For readers that show no HTML.
    pub text: String,
    /// The same as HTML. Whatever comes from outside is escaped by who writes this.
    pub html: Option<String>,
    /// The same for every try to send this mail: becomes its `Message-ID`, and in an outbox folder
    /// its file, so that a second try puts the mail in the place of the first.
    pub key: String,
}

/// Sends mail.
#[derive(Debug, Clone)]
pub struct Mailer {
    from: Mailbox,
    way: Way,
}

#[derive(Debug, Clone)]
enum Way {
    Outbox(Outbox),
    Ses(Ses),
}

/// Why a mail did not go.
#[derive(Debug, thiserror::Error)]
pub enum MailError {
    /// The environment does not say how to send mail.
    #[error("{0}")]
    Settings(String),
    /// Not an address.
    #[error("`{address}` is no e-mail address: {why}")]
    Address {
        /// As it was given.
        address: String,
        /// What is wrong with it.
        why: String,
    },
    /// The message could not be put together.
    #[error("the mail could not be written: {0}")]
    Message(#[from] lettre::error::Error),
    /// The outbox folder cannot be written.
    #[error("the outbox `{folder}`: {why}")]
    Outbox {
        /// Which.
        folder: String,
        /// What the system said.
        why: String,
    },
    /// The mail is longer than the service takes: a shorter one may go.
    #[error("the mail is too long: {0}")]
    TooLong(String),
    /// The service refused, or was not reached.
    #[error("the mail was not sent: {0}")]
    NotSent(String),
}

impl Mailer {
    /// Opens what `MAIL_URL` names, to send from `SOURCE_EMAIL`.
    ///
    /// # Errors
    /// A variable is not set or makes no sense.
    pub fn from_env() -> Result<Self, MailError> {
        Self::open(&var(ENV_URL)?, &var(ENV_FROM)?)
    }

    /// Opens `ses://region` or `file:///outbox`.
    ///
    /// # Errors
    /// The URL is of no known kind, or `from` is no address.
    pub fn open(url: &str, from: &str) -> Result<Self, MailError> {
        let bad = |why: &str| MailError::Settings(format!("the mail's way `{url}`: {why}"));
        let parsed = Url::parse(url).map_err(|e| bad(&e.to_string()))?;
        let way = match parsed.scheme() {
            "ses" => Way::Ses(Ses::new(parsed.host_str().ok_or_else(|| bad("names no region"))?)),
            "file" => {
                let folder = parsed.to_file_path().map_err(|()| bad("names no folder"))?;
                Way::Outbox(Outbox::new(folder))
            }
            _ => return Err(bad("begins with neither `ses://` nor `file://`")),
        };
        Ok(Self { from: message::mailbox(from)?, way })
    }

    /// Sends one mail; it has gone, as far as can be known here, when this returns.
    ///
    /// # Errors
    /// [`MailError::TooLong`] where a shorter mail may go; all else is told apart only by its words.
    pub async fn send(&self, mail: &Mail) -> Result<(), MailError> {
        let message = message::build(&self.from, mail)?;
        match &self.way {
            Way::Outbox(outbox) => outbox.put(&message, &mail.key),
            Way::Ses(ses) => ses.send(&message).await,
        }
    }
}

fn var(name: &str) -> Result<String, MailError> {
    std::env::var(name).map_err(|_| {
        MailError::Settings(format!("`{name}` is not set: `plugin.toml` asks for no `mail`"))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_way_that_is_none_is_told_with_its_name() {
        for url in ["smtp://x", "nonsense", "ses:"] {
            let told = Mailer::open(url, "a@example.com").unwrap_err().to_string();
            assert!(told.contains(&format!("`{url}`")), "{told}");
        }
    }

    #[test]
    fn a_sender_that_is_no_address_is_told() {
        let told = Mailer::open("ses://eu-central-1", "nobody").unwrap_err().to_string();
        assert!(told.contains("`nobody` is no e-mail address"), "{told}");
    }
}
