//! Names of environment variables: what the templates set and the functions read.

/// The jobs' table. `item-*`, `items-get`, controller, reconciler.
pub const DYNAMO_DB: &str = "DYNAMO_DB";
/// How many jobs a user may have, if there is a limit. `item-create`.
pub const MAX_JOBS_PER_USER: &str = "MAX_JOBS_PER_USER";
/// The FIFO queue of change events. Stream function, reconciler.
pub const OUTPUT_FIFO_SQS_URL: &str = "OUTPUT_FIFO_SQS_URL";
/// The topic that schedules publish to. `item-run`, controller, reconciler.
pub const DISTRIBUTION_SNS_TOPIC_ARN: &str = "DISTRIBUTION_SNS_TOPIC_ARN";
/// The schedules' group. Controller, reconciler.
pub const SCHEDULERS_GROUP: &str = "SCHEDULERS_GROUP";
/// The role that schedules publish with. Controller, reconciler.
pub const SCHEDULERS_ROLE_ARN: &str = "SCHEDULERS_ROLE_ARN";
/// The standard queue for ticks that could not be published. Controller, reconciler.
pub const SCHEDULES_DEAD_LETTER_ARN: &str = "SCHEDULES_DEAD_LETTER_ARN";
/// The FIFO queue for change events that can never be applied. Controller.
pub const CHANGES_DEAD_LETTER_URL: &str = "CHANGES_DEAD_LETTER_URL";

/// A consumer's private place to keep things: `s3://bucket/prefix` or `file:///...`.
pub const STATE_URL: &str = "STATE_URL";
/// A consumer's way to send mail: `ses://region` or `file:///...`.
pub const MAIL_URL: &str = "MAIL_URL";
/// The sender's address of a consumer's mail.
pub const SOURCE_EMAIL: &str = "SOURCE_EMAIL";

/// What a plugin's manifest may not set, since the tool sets it.
pub const CONSUMER: &[&str] = &[STATE_URL, MAIL_URL, SOURCE_EMAIL];

/// The document of job types beside the core functions' `bootstrap`.
pub const JOB_TYPES_FILE: &str = "job_types.json";
