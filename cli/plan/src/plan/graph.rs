//! The graph: what there is, and who does what to whom. Every permission is read off an edge.

use serde::Serialize;
use std::fmt;

/// Something that acts or is acted on.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Node {
    /// The HTTP API.
    Api,
    /// The jobs' table.
    Table,
    /// The table's stream.
    Stream,
    /// Where stream records end that could not be handled.
    StreamDead,
    /// The FIFO queue of change events.
    Changes,
    /// The FIFO queue's dead-letter queue.
    ChangesDead,
    /// The group of all schedules.
    Schedules,
    /// Where ticks end that could not be published.
    SchedulesDead,
    /// The role that schedules publish with.
    SchedulerRole,
    /// The distribution topic.
    Topic,
    /// The role that the topic logs with.
    TopicLogger,
    /// The topic's log of failed deliveries.
    TopicLog,
    /// Where ticks end that a queue of `scheduler.toml` did not take.
    Undelivered,
    /// The alarms, of all stacks.
    Alarms,
    /// The topic that alarms are told on.
    AlarmTopic,
    /// A consumer that exists already, by ARN.
    External(String),
    /// A function, by its handler's or its plugin's name.
    Function(String),
    /// A function's log group.
    FunctionLog(String),
    /// The queue before a plugin's function, by plugin.
    Buffer(String),
    /// A plugin's dead-letter queue, by plugin.
    Dead(String),
    /// A plugin's bucket, by plugin.
    State(String),
    /// An address that mail is sent from.
    Sender(String),
}

impl fmt::Display for Node {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Api => f.write_str("api"),
            Self::Table => f.write_str("table"),
            Self::Stream => f.write_str("stream"),
            Self::StreamDead => f.write_str("stream-dead"),
            Self::Changes => f.write_str("changes"),
            Self::ChangesDead => f.write_str("changes-dead"),
            Self::Schedules => f.write_str("schedules"),
            Self::SchedulesDead => f.write_str("schedules-dead"),
            Self::SchedulerRole => f.write_str("scheduler-role"),
            Self::Topic => f.write_str("topic"),
            Self::TopicLogger => f.write_str("topic-logger"),
            Self::TopicLog => f.write_str("topic-log"),
            Self::Undelivered => f.write_str("undelivered"),
            Self::Alarms => f.write_str("alarms"),
            Self::AlarmTopic => f.write_str("alarm-topic"),
            Self::External(arn) => write!(f, "external:{arn}"),
            Self::Function(name) => write!(f, "function:{name}"),
            Self::FunctionLog(name) => write!(f, "log:{name}"),
            Self::Buffer(plugin) => write!(f, "buffer:{plugin}"),
            Self::Dead(plugin) => write!(f, "dead:{plugin}"),
            Self::State(plugin) => write!(f, "state:{plugin}"),
            Self::Sender(address) => write!(f, "sender:{address}"),
        }
    }
}

/// What one node does to another.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Verb {
    /// Invokes a function.
    Calls,
    /// Is fed from a stream or a queue.
    Consumes,
    /// Puts messages into a queue.
    Sends,
    /// Publishes to a topic.
    Publishes,
    /// Adds items under new ids.
    Creates,
    /// Reads and overwrites an item.
    Replaces,
    /// Removes an item.
    Deletes,
    /// Reads all items of a user.
    Lists,
    /// Reads one item.
    Reads,
    /// Reads all items of all users, and notes how far it came.
    Scans,
    /// Lists and reads schedules.
    Inspects,
    /// Creates, updates and deletes schedules.
    Manages,
    /// Hands a role to the scheduler.
    Passes,
    /// Keeps objects in a bucket.
    Keeps,
    /// Sends mail from an address.
    Mails,
    /// Writes to a log group.
    Logs,
}

impl Verb {
    /// The verb as a word.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Calls => "calls",
            Self::Consumes => "consumes",
            Self::Sends => "sends",
            Self::Publishes => "publishes",
            Self::Creates => "creates",
            Self::Replaces => "replaces",
            Self::Deletes => "deletes",
            Self::Lists => "lists",
            Self::Reads => "reads",
            Self::Scans => "scans",
            Self::Inspects => "inspects",
            Self::Manages => "manages",
            Self::Passes => "passes",
            Self::Keeps => "keeps",
            Self::Mails => "mails",
            Self::Logs => "logs",
        }
    }
}

/// `from` does `verb` to `to`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Edge {
    /// Who acts.
    pub from: Node,
    /// What it does.
    pub verb: Verb,
    /// To whom.
    pub to: Node,
}

impl Edge {
    /// `from` does `verb` to `to`.
    #[must_use]
    pub fn new(from: Node, verb: Verb, to: Node) -> Self {
        Self { from, verb, to }
    }
}

impl fmt::Display for Edge {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {} {}", self.from, self.verb.as_str(), self.to)
    }
}

/// The edges that leave a node, of edges in their order: looking at all of them for each node would
/// make every further plugin dearer than the one before.
#[must_use]
pub fn leaving<'a>(edges: &'a [Edge], from: &Node) -> &'a [Edge] {
    let (_, rest) = edges.split_at(edges.partition_point(|edge| edge.from < *from));
    let (found, _) = rest.split_at(rest.partition_point(|edge| edge.from == *from));
    found
}
