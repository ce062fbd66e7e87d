//! Mail: `ses://region` or `file:///outbox`, from `SOURCE_EMAIL`.
//!
//! In: the `MAIL_URL` and `SOURCE_EMAIL` that the tool gives a consumer with `mail`. Out: one
//! message a call, as text with or without an HTML part. Deliberately absent: templates,
//! attachments, several recipients, and retries (the queue's redelivery is the retry).

mod mailer;
mod message;
mod outbox;
mod ses;

pub use mailer::{ENV_FROM, ENV_URL, Mail, MailError, Mailer};
