//! AWS's limits that a manifest can run into, each with its source.

/// Characters of a function's name (Lambda `CreateFunction`, botocore 1.44.5).
pub const FUNCTION_NAME: usize = 64;
/// Bytes of all keys and values of a function's environment (Lambda quotas: 4 KB).
pub const ENVIRONMENT_BYTES: usize = 4096;
/// The schedule group's name, which is the prefix (Scheduler `CreateScheduleGroup`).
pub const SCHEDULE_GROUP_NAME: usize = 64;
/// Resources of one template (CloudFormation quotas).
pub const TEMPLATE_RESOURCES: usize = 500;
/// Resources of all nested stacks that one operation works on (CloudFormation quotas).
pub const OPERATION_RESOURCES: usize = 2500;
/// Bytes of a template that is fetched from S3, as all of ours are (CloudFormation quotas: 1 MB).
pub const TEMPLATE_BYTES: usize = 1_000_000;
/// Outputs of a template (CloudFormation quotas).
pub const TEMPLATE_OUTPUTS: usize = 200;
/// Parameters of a template (CloudFormation quotas).
pub const TEMPLATE_PARAMETERS: usize = 200;
/// Dynamic references of a template (CloudFormation quotas).
pub const DYNAMIC_REFERENCES: usize = 60;
/// Filtered subscriptions of a topic, where an account has not asked for more (SNS,
/// "Subscription filter policy constraints").
pub const FILTERED_SUBSCRIPTIONS: usize = 200;

/// Environment variables that Lambda keeps for itself (Lambda developer guide,
/// "Defined runtime environment variables").
pub const RESERVED_ENVIRONMENT: &[&str] = &[
    "AWS_ACCESS_KEY",
    "AWS_ACCESS_KEY_ID",
    "AWS_DEFAULT_REGION",
    "AWS_EXECUTION_ENV",
    "AWS_LAMBDA_FUNCTION_MEMORY_SIZE",
    "AWS_LAMBDA_FUNCTION_NAME",
    "AWS_LAMBDA_FUNCTION_VERSION",
    "AWS_LAMBDA_INITIALIZATION_TYPE",
    "AWS_LAMBDA_LOG_GROUP_NAME",
    "AWS_LAMBDA_LOG_STREAM_NAME",
    "AWS_LAMBDA_RUNTIME_API",
    "AWS_REGION",
    "AWS_SECRET_ACCESS_KEY",
    "AWS_SESSION_TOKEN",
    "LAMBDA_RUNTIME_DIR",
    "LAMBDA_TASK_ROOT",
];

/// Environment variables that the tool itself gives to consumers.
pub const OWN_ENVIRONMENT: &[&str] = &["MAIL_URL", "SOURCE_EMAIL", "STATE_URL"];

/// Runtimes that Lambda offers for new functions (Lambda `Runtime`, 2026-11).
pub const RUNTIMES: &[&str] = &[
    "dotnet8",
    "dotnet10",
    "java11",
    "java17",
    "java21",
    "java25",
    "nodejs20.x",
    "nodejs22.x",
    "nodejs24.x",
    "provided.al2",
    "provided.al2023",
    "python3.10",
    "python3.11",
    "python3.12",
    "python3.13",
    "python3.14",
    "ruby3.3",
    "ruby3.4",
];

/// The least `MaximumConcurrency` of a mapping from a queue (AWS Lambda developer guide, "Configuring
/// maximum concurrency for Amazon SQS event sources").
pub const CONCURRENCY_QUEUED: u32 = 2;
/// The most `MaximumRetryAttempts` of an asynchronous invocation (AWS Lambda API,
/// `PutFunctionEventInvokeConfig`).
pub const RETRIES_DIRECT: u32 = 2;
/// Layers of a function (AWS Lambda quotas).
pub const LAYERS: usize = 5;
