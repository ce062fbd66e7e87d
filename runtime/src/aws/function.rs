//! A core function: which one, what it is made of, and one event answered.

use super::clients::{Clients, Patience};
use super::jobs::DynamoJobs;
use super::queue::{SqsChanges, SqsDeadLetters};
use super::reconciler::{AwsReconciler, Deployed};
use super::schedules::EventBridgeSchedules;
use super::settings::{Settings, SettingsError};
use super::topic::SnsTopic;
use crate::controller::{self, Controller, Deployment, Target};
use crate::items::http::{self, Request, Response};
use crate::items::{self, Answer, ApiError, Ask, Creation, Route};
use crate::job_types::JobTypes;
use crate::ports::NoRuns;
use crate::reconcile::{Hourly, Limits, metrics};
use crate::stream;
use scheduler_contract::{env, handler};
use serde_json::{Value, json};
use std::fmt;
use std::time::{Duration, SystemTime, UNIX_EPOCH};
use tokio::time::Instant;

/// A pass begins nothing in the last seconds: what is under way then may take as long.
const MARGIN: i64 = Limits::overrun(Patience::MESSAGE.seconds);

/// No function has more time, seconds.
const LONGEST: i64 = 900;

/// The controller answers so long before its time is up, seconds.
const ANSWER: i64 = 3;

type AwsController = Controller<DynamoJobs, EventBridgeSchedules, SqsDeadLetters>;

/// One core function with its clients.
#[derive(Debug)]
pub enum Function {
    /// `item-create`
    ItemCreate(DynamoJobs, Creation),
    /// `item-update`
    ItemUpdate(DynamoJobs, JobTypes),
    /// `item-delete`
    ItemDelete(DynamoJobs),
    /// `item-run`
    ItemRun(DynamoJobs, JobTypes, SnsTopic),
    /// `items-get`
    ItemsGet(DynamoJobs),
    /// `items-job-types`
    ItemsJobTypes(JobTypes),
    /// `schedule-queue-adder`
    QueueAdder(SqsChanges),
    /// `schedulers-schedule-controller`
    Controller(Box<AwsController>),
    /// `schedulers-reconciler`
    Reconciler(Box<AwsReconciler>),
}

/// One event, and what else an answer to it takes.
pub struct Invocation<'a> {
    /// The event as it came.
    pub event: &'a [u8],
    /// When the function is ended, epoch seconds.
    pub deadline: i64,
    /// Takes what went wrong, a line each.
    pub problem: &'a dyn Fn(&str),
    /// Takes metrics, a line of JSON each, to be logged as it is.
    pub metrics: &'a dyn Fn(&Value),
}

impl fmt::Debug for Invocation<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Invocation").field("deadline", &self.deadline).finish_non_exhaustive()
    }
}

/// Why a function cannot start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// A setting is missing.
    #[error(transparent)]
    Settings(#[from] SettingsError),
    /// The code lacks its document of job types.
    #[error("cannot read `{path}`: {source}")]
    JobTypesFile {
        /// Where it should be.
        path: String,
        /// Why not.
        source: std::io::Error,
    },
    /// The document of job types is none.
    #[error("the document of job types is not valid: {0}")]
    JobTypes(#[from] serde_json::Error),
    /// A setting is there and is none.
    #[error("the environment variable `{name}` is `{found}`, which is not a whole number")]
    Number {
        /// The variable.
        name: &'static str,
        /// What it holds.
        found: String,
    },
    /// The handler's name is none of the core's.
    #[error("`{0}` is not a core function")]
    UnknownHandler(String),
}

impl Function {
    /// The function that the settings name.
    ///
    /// # Errors
    /// Where a setting or the document of job types is missing.
    pub fn new(settings: &Settings<'_>) -> Result<Self, StartError> {
        let name = settings.required("_HANDLER")?;
        Ok(match name.as_str() {
            handler::ITEM_CREATE => Self::ItemCreate(jobs(settings)?, creation(settings)?),
            handler::ITEM_UPDATE => Self::ItemUpdate(jobs(settings)?, job_types(settings)?),
            handler::ITEM_DELETE => Self::ItemDelete(jobs(settings)?),
            handler::ITEM_RUN => {
                Self::ItemRun(jobs(settings)?, job_types(settings)?, topic(settings)?)
            }
            handler::ITEMS_GET => Self::ItemsGet(jobs(settings)?),
            handler::ITEMS_JOB_TYPES => Self::ItemsJobTypes(job_types(settings)?),
            handler::SCHEDULE_QUEUE_ADDER => Self::QueueAdder(changes(settings)?),
            handler::SCHEDULES_CONTROLLER => Self::Controller(Box::new(controller(settings)?)),
            handler::RECONCILER => Self::Reconciler(Box::new(reconciler(settings)?)),
            _ => return Err(StartError::UnknownHandler(name)),
        })
    }

    /// Answers one event.
    ///
    /// # Errors
    /// Where the event is not of the kind that this function gets.
    pub async fn answer(&self, invocation: &Invocation<'_>) -> Result<Value, serde_json::Error> {
        let Invocation { event, problem, .. } = *invocation;
        match self {
            Self::QueueAdder(queue) => {
                let forwarded = stream::forward(queue, stream::parse(event)?).await;
                forwarded.problems.iter().for_each(|line| problem(line));
                Ok(failures(forwarded.failed_at))
            }
            Self::Controller(controller) => {
                let messages = controller::parse(event)?;
                let (now, end) = (now(), invocation.deadline.saturating_sub(ANSWER));
                let left = u64::try_from(end.saturating_sub(now).min(LONGEST)).unwrap_or(0);
                let end = Instant::now() + Duration::from_secs(left);
                let over = || tokio::time::sleep_until(end);
                let report = controller::run_until(controller, messages, (now, over)).await;
                report.problems.iter().for_each(|line| problem(line));
                Ok(failures(report.failed))
            }
            Self::Reconciler(reconciler) => {
                let limits = Limits {
                    until: Some(invocation.deadline.saturating_sub(MARGIN)),
                    ..Limits::HOURLY
                };
                let Hourly { report, drift, problems } = reconciler.hourly(limits, &now).await;
                problems.iter().for_each(|line| problem(line));
                (invocation.metrics)(&metrics(&report, drift, reconciler.group(), now()));
                serde_json::to_value(report)
            }
            api => {
                let answer = api.item_answer(&http::parse(event)?).await;
                serde_json::to_value(response(answer, problem))
            }
        }
    }

    async fn item_answer(&self, request: &Request) -> Result<Answer, ApiError> {
        let ask = Ask {
            caller: request.caller.as_ref().ok_or(ApiError::Unauthorized)?,
            job_id: &request.job_id,
            body: request.body.as_deref(),
            query: &request.query,
            if_match: request.if_match.as_deref(),
            now: now(),
        };
        match (self, request.route) {
            (Self::ItemCreate(jobs, creation), _) => items::create(jobs, creation, ask).await,
            (Self::ItemUpdate(jobs, _), Some(Route::Pause)) => items::pause(jobs, ask).await,
            (Self::ItemUpdate(jobs, _), Some(Route::Resume)) => items::resume(jobs, ask).await,
            (Self::ItemUpdate(jobs, types), _) => items::update(jobs, types, ask).await,
            (Self::ItemDelete(jobs), _) => items::remove(jobs, ask).await,
            (Self::ItemRun(jobs, types, topic), _) => items::run(jobs, types, topic, ask).await,
            (Self::ItemsGet(jobs), Some(Route::Get)) => items::get(jobs, &NoRuns, ask).await,
            (Self::ItemsGet(jobs), Some(Route::Runs)) => items::runs(jobs, &NoRuns, ask).await,
            (Self::ItemsGet(jobs), _) => items::list(jobs, &NoRuns, ask).await,
            (Self::ItemsJobTypes(types), _) => Ok(items::job_types(types)),
            (Self::QueueAdder(_) | Self::Controller(_) | Self::Reconciler(_), _) => {
                Err(ApiError::NotFound)
            }
        }
    }
}

/// The caller's share of an error; the cause of a failure is for the log.
fn response(answer: Result<Answer, ApiError>, log: &dyn Fn(&str)) -> Response {
    let answer = answer.unwrap_or_else(|error| {
        if let ApiError::Failed(failure) = &error {
            log(&failure.sentence());
        }
        error.answer()
    });
    Response::from(answer)
}

/// A partial batch response.
fn failures(ids: impl IntoIterator<Item = String>) -> Value {
    let failures = ids.into_iter().map(|id| json!({"itemIdentifier": id}));
    json!({"batchItemFailures": failures.collect::<Vec<_>>()})
}

fn jobs(settings: &Settings<'_>) -> Result<DynamoJobs, StartError> {
    let table = settings.required(env::DYNAMO_DB)?;
    Ok(DynamoJobs::new(Clients::new(settings, Patience::REQUEST)?.dynamodb(), table))
}

fn creation(settings: &Settings<'_>) -> Result<Creation, StartError> {
    const NAME: &str = env::MAX_JOBS_PER_USER;
    let max_jobs = settings.optional(NAME).map(|found| match found.parse() {
        Ok(max) => Ok(max),
        Err(_) => Err(StartError::Number { name: NAME, found }),
    });
    Ok(Creation { types: job_types(settings)?, max_jobs: max_jobs.transpose()? })
}

fn topic(settings: &Settings<'_>) -> Result<SnsTopic, StartError> {
    let arn = settings.required(env::DISTRIBUTION_SNS_TOPIC_ARN)?;
    Ok(SnsTopic::new(Clients::new(settings, Patience::REQUEST)?.sns(), arn))
}

fn changes(settings: &Settings<'_>) -> Result<SqsChanges, StartError> {
    let url = settings.required(env::OUTPUT_FIFO_SQS_URL)?;
    Ok(SqsChanges::new(Clients::new(settings, Patience::MESSAGE)?.sqs(), url))
}

fn controller(settings: &Settings<'_>) -> Result<AwsController, StartError> {
    let clients = Clients::new(settings, Patience::MESSAGE)?;
    let group = settings.required(env::SCHEDULERS_GROUP)?;
    let dead_letters = settings.required(env::CHANGES_DEAD_LETTER_URL)?;
    Ok(Controller {
        jobs: DynamoJobs::new(clients.dynamodb(), settings.required(env::DYNAMO_DB)?),
        schedules: EventBridgeSchedules::new(clients.scheduler(), group),
        dead_letters: SqsDeadLetters::new(clients.sqs(), dead_letters),
        deployment: Deployment { types: job_types(settings)?, target: target(settings)? },
    })
}

fn reconciler(settings: &Settings<'_>) -> Result<AwsReconciler, StartError> {
    let deployed = Deployed {
        table: settings.required(env::DYNAMO_DB)?,
        group: settings.required(env::SCHEDULERS_GROUP)?,
        queue_url: settings.required(env::OUTPUT_FIFO_SQS_URL)?,
        deployment: Deployment { types: job_types(settings)?, target: target(settings)? },
    };
    Ok(AwsReconciler::new(&Clients::new(settings, Patience::MESSAGE)?, deployed))
}

fn target(settings: &Settings<'_>) -> Result<Target, SettingsError> {
    Ok(Target {
        topic_arn: settings.required(env::DISTRIBUTION_SNS_TOPIC_ARN)?,
        role_arn: settings.required(env::SCHEDULERS_ROLE_ARN)?,
        dead_letter_arn: settings.required(env::SCHEDULES_DEAD_LETTER_ARN)?,
    })
}

fn job_types(settings: &Settings<'_>) -> Result<JobTypes, StartError> {
    let root = settings.required("LAMBDA_TASK_ROOT")?;
    let path = format!("{root}/{}", env::JOB_TYPES_FILE);
    let text = std::fs::read_to_string(&path);
    let text = text.map_err(|source| StartError::JobTypesFile { path, source })?;
    Ok(JobTypes::parse(&text)?)
}

/// Epoch seconds; 0 where the clock stands before 1970.
fn now() -> i64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH);
    since.map_or(0, |since| i64::try_from(since.as_secs()).unwrap_or(i64::MAX))
}
