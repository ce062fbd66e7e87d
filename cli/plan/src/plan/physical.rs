//! Physical names. They are fixed for ever: a newer tool never renames what an older one made.

use crate::template::hex_sha256;
use scheduler_contract::handler;

/// Where the browser comes back to after a login. Cognito takes http for `localhost` alone, and
/// wants the port as well (API reference, `CreateUserPoolClient`, `CallbackURLs`).
pub const LOGIN_CALLBACK: &str = "http://localhost:8976/callback";

/// Words that a user pool's domain may not hold (Cognito developer guide, "Using the Amazon Cognito
/// domain for user-pool endpoints").
const TAKEN_IN_DOMAINS: [&str; 3] = ["amazon", "aws", "cognito"];

/// The names of everything that has one, all of them beginning with `<service>-<env>`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Physical {
    prefix: String,
    region: String,
}

impl Physical {
    /// The names under a prefix in a region.
    #[must_use]
    pub fn new(prefix: &str, region: &str) -> Self {
        Self { prefix: prefix.to_owned(), region: region.to_owned() }
    }

    /// The region, which only a bucket's name needs: it is taken in all of them.
    #[must_use]
    pub fn region(&self) -> &str {
        &self.region
    }

    /// The prefix itself: the stack's, the schedule group's, the API's and the pool's name.
    #[must_use]
    pub fn prefix(&self) -> &str {
        &self.prefix
    }

    /// The jobs' table.
    #[must_use]
    pub fn table(&self) -> String {
        self.named("items")
    }

    /// The standard queue of stream records that could not be handled.
    #[must_use]
    pub fn stream_dead(&self) -> String {
        self.named("stream-dead")
    }

    /// The FIFO queue of change events.
    #[must_use]
    pub fn changes(&self) -> String {
        self.named("changes.fifo")
    }

    /// Its dead-letter queue.
    #[must_use]
    pub fn changes_dead(&self) -> String {
        self.named("changes-dead.fifo")
    }

    /// The standard queue of ticks that could not be published.
    #[must_use]
    pub fn schedules_dead(&self) -> String {
        self.named("schedules-dead")
    }

    /// The distribution topic.
    #[must_use]
    pub fn topic(&self) -> String {
        self.named("distribution")
    }

    /// The standard queue of ticks that an external queue did not take.
    #[must_use]
    pub fn undelivered(&self) -> String {
        self.named("undelivered-dead")
    }

    /// The topic that alarms are told on.
    #[must_use]
    pub fn alarms(&self) -> String {
        self.named("alarms")
    }

    /// An alarm that watches no queue. One that does has the queue's own name.
    #[must_use]
    pub fn alarm(&self, name: &str) -> String {
        self.named(name)
    }

    /// The user pool's client.
    #[must_use]
    pub fn client(&self) -> String {
        self.named("web")
    }

    /// What the login page's domain begins with; the account's number makes it the only one.
    #[must_use]
    pub fn login(&self) -> String {
        match TAKEN_IN_DOMAINS.iter().any(|word| self.prefix.contains(word)) {
            false => self.prefix.clone(),
            true => {
                let digest = hex_sha256(self.prefix.as_bytes());
                format!("scheduler-{}", digest.get(..12).unwrap_or_default())
            }
        }
    }

    /// The log group of the API's requests. Under `/aws/vendedlogs/`, since all such groups share
    /// one line of the account's log resource policy, whose size is limited.
    #[must_use]
    pub fn api_log(&self) -> String {
        format!("/aws/vendedlogs/apis/{}", self.prefix)
    }

    /// A function, by its handler's or its plugin's name.
    #[must_use]
    pub fn function(&self, name: &str) -> String {
        self.named(name)
    }

    /// The log group of a function.
    #[must_use]
    pub fn function_log(&self, name: &str) -> String {
        format!("/aws/lambda/{}", self.function(name))
    }

    /// The queue before a plugin's function.
    #[must_use]
    pub fn buffer(&self, plugin: &str) -> String {
        self.named(plugin)
    }

    /// A plugin's dead-letter queue.
    #[must_use]
    pub fn dead(&self, plugin: &str) -> String {
        self.named(&format!("{plugin}-dead"))
    }

    fn named(&self, what: &str) -> String {
        format!("{}-{what}", self.prefix)
    }
}

const CORE_NAMES: &[&str] = &[
    handler::ITEM_CREATE,
    handler::ITEM_UPDATE,
    handler::ITEM_DELETE,
    handler::ITEMS_GET,
    handler::ITEMS_JOB_TYPES,
    handler::SCHEDULE_QUEUE_ADDER,
    handler::SCHEDULES_CONTROLLER,
    handler::RECONCILER,
    "stream",
    "schedules",
    "undelivered",
];

/// Whether a plugin of this name would get a function or queue of a name that the core or another
/// plugin's dead-letter queue has.
#[must_use]
pub fn is_reserved(plugin: &str) -> bool {
    CORE_NAMES.contains(&plugin) || plugin.ends_with("-dead")
}
