//! The core's functions: settings of the contract, environment, and their edges.

use super::graph::{Edge, Node, Verb};
use super::physical::Physical;
use super::stacks::{Function, LogFormat, Route};
use super::units::CORE;
use crate::app::App;
use crate::iam;
use scheduler_contract::{env, handler};
use serde_json::{Value, json};

/// API functions answer within this, or the client has gone.
const API_SECONDS: u32 = 6;
const API_MB: u32 = 256;

struct Core {
    handler: &'static str,
    id: &'static str,
    description: &'static str,
    timeout_seconds: u32,
    routes: &'static [Served],
    environment: &'static [&'static str],
    acts: &'static [(Verb, Node)],
}

/// A route: the stem of its logical ids, method, path.
type Served = (&'static str, &'static str, &'static str);

const CORE_FUNCTIONS: &[Core] = &[
    Core {
        handler: handler::ITEM_CREATE,
        id: "ItemCreate",
        description: "POST /job/create",
        timeout_seconds: API_SECONDS,
        routes: &[("ItemCreate", "POST", "/job/create")],
        environment: &[env::DYNAMO_DB],
        acts: &[(Verb::Creates, Node::Table)],
    },
    Core {
        handler: handler::ITEM_UPDATE,
        id: "ItemUpdate",
        description: "PUT /job/update/{job_id}; pause and resume",
        timeout_seconds: API_SECONDS,
        routes: &[
            ("ItemUpdate", "PUT", "/job/update/{job_id}"),
            ("ItemPause", "POST", "/job/{job_id}/pause"),
            ("ItemResume", "POST", "/job/{job_id}/resume"),
        ],
        environment: &[env::DYNAMO_DB],
        acts: &[(Verb::Replaces, Node::Table)],
    },
    Core {
        handler: handler::ITEM_DELETE,
        id: "ItemDelete",
        description: "DELETE /job/delete/{job_id}",
        timeout_seconds: API_SECONDS,
        routes: &[("ItemDelete", "DELETE", "/job/delete/{job_id}")],
        environment: &[env::DYNAMO_DB],
        acts: &[(Verb::Deletes, Node::Table)],
    },
    Core {
        handler: handler::ITEM_RUN,
        id: "ItemRun",
        description: "POST /job/{job_id}/run",
        timeout_seconds: API_SECONDS,
        routes: &[("ItemRun", "POST", "/job/{job_id}/run")],
        environment: &[env::DYNAMO_DB, env::DISTRIBUTION_SNS_TOPIC_ARN],
        acts: &[(Verb::Reads, Node::Table), (Verb::Publishes, Node::Topic)],
    },
    Core {
        handler: handler::ITEMS_GET,
        id: "ItemsGet",
        description: "GET /jobs; one job, and its runs",
        timeout_seconds: API_SECONDS,
        routes: &[
            ("ItemsGet", "GET", "/jobs"),
            ("ItemGet", "GET", "/job/{job_id}"),
            ("ItemRuns", "GET", "/job/{job_id}/runs"),
        ],
        environment: &[env::DYNAMO_DB],
        acts: &[(Verb::Lists, Node::Table), (Verb::Reads, Node::Table)],
    },
    Core {
        handler: handler::ITEMS_JOB_TYPES,
        id: "ItemsJobTypes",
        description: "GET /job_types",
        timeout_seconds: API_SECONDS,
        routes: &[("ItemsJobTypes", "GET", "/job_types")],
        environment: &[],
        acts: &[],
    },
    Core {
        handler: handler::SCHEDULE_QUEUE_ADDER,
        id: "ScheduleQueueAdder",
        description: "The table's stream -> the queue of changes",
        timeout_seconds: 500,
        routes: &[],
        environment: &[env::OUTPUT_FIFO_SQS_URL],
        acts: &[
            (Verb::Consumes, Node::Stream),
            (Verb::Sends, Node::Changes),
            (Verb::Sends, Node::StreamDead),
        ],
    },
    Core {
        handler: handler::SCHEDULES_CONTROLLER,
        id: "SchedulersScheduleController",
        description: "The queue of changes -> schedules",
        timeout_seconds: 60,
        routes: &[],
        environment: &[
            env::DYNAMO_DB,
            env::DISTRIBUTION_SNS_TOPIC_ARN,
            env::SCHEDULERS_GROUP,
            env::SCHEDULERS_ROLE_ARN,
            env::SCHEDULES_DEAD_LETTER_ARN,
            env::CHANGES_DEAD_LETTER_URL,
        ],
        acts: &[
            (Verb::Consumes, Node::Changes),
            (Verb::Reads, Node::Table),
            (Verb::Manages, Node::Schedules),
            (Verb::Passes, Node::SchedulerRole),
            (Verb::Sends, Node::ChangesDead),
        ],
    },
    Core {
        handler: handler::RECONCILER,
        id: "SchedulersReconciler",
        description: "Every hour: schedules that are not as their jobs say -> the queue of changes",
        timeout_seconds: 900,
        routes: &[],
        environment: &[
            env::DYNAMO_DB,
            env::OUTPUT_FIFO_SQS_URL,
            env::DISTRIBUTION_SNS_TOPIC_ARN,
            env::SCHEDULERS_GROUP,
            env::SCHEDULERS_ROLE_ARN,
            env::SCHEDULES_DEAD_LETTER_ARN,
        ],
        acts: &[
            (Verb::Scans, Node::Table),
            (Verb::Inspects, Node::Schedules),
            (Verb::Sends, Node::Changes),
        ],
    },
];

/// What a variable of the core's environment stands for.
fn value(variable: &str) -> Value {
    match variable {
        env::DYNAMO_DB => json!({ "Ref": "Table" }),
        env::OUTPUT_FIFO_SQS_URL => json!({ "Ref": "ChangeQueue" }),
        env::DISTRIBUTION_SNS_TOPIC_ARN => json!({ "Ref": "Topic" }),
        env::SCHEDULERS_GROUP => json!({ "Ref": "ScheduleGroup" }),
        env::SCHEDULERS_ROLE_ARN => json!({ "Fn::GetAtt": ["SchedulerRole", "Arn"] }),
        env::SCHEDULES_DEAD_LETTER_ARN => json!({ "Fn::GetAtt": ["ScheduleDeadQueue", "Arn"] }),
        _ => json!({ "Ref": "ChangeDeadQueue" }),
    }
}

/// The core's edges.
pub(super) fn edges() -> Vec<Edge> {
    let functions = CORE_FUNCTIONS.iter().flat_map(|core| {
        let node = Node::Function(core.handler.to_owned());
        let logs = Edge::new(node.clone(), Verb::Logs, Node::FunctionLog(core.handler.to_owned()));
        let is_called = !core.routes.is_empty();
        let called = is_called.then(|| Edge::new(Node::Api, Verb::Calls, node.clone()));
        let acts =
            core.acts.iter().map(move |(verb, to)| Edge::new(node.clone(), *verb, to.clone()));
        acts.chain([logs]).chain(called).collect::<Vec<_>>()
    });
    let services = [
        Edge::new(Node::SchedulerRole, Verb::Publishes, Node::Topic),
        Edge::new(Node::SchedulerRole, Verb::Sends, Node::SchedulesDead),
        Edge::new(Node::TopicLogger, Verb::Logs, Node::TopicLog),
    ];
    functions.chain(services).collect()
}

/// The core's functions.
pub(super) fn functions(app: &App, edges: &[Edge], physical: &Physical) -> Vec<Function> {
    let mut functions: Vec<_> =
        CORE_FUNCTIONS.iter().map(|core| function(core, edges, physical)).collect();
    if let Some(max) = app.max_jobs_per_user {
        let creates = functions.iter_mut().filter(|one| one.handler == handler::ITEM_CREATE);
        for function in creates {
            let value = Value::from(max.to_string());
            function.environment.insert(env::MAX_JOBS_PER_USER.to_owned(), value);
        }
    }
    functions
}

fn function(core: &Core, edges: &[Edge], physical: &Physical) -> Function {
    let node = Node::Function(core.handler.to_owned());
    let environment = core.environment.iter().map(|name| ((*name).to_owned(), value(name)));
    Function {
        id: core.id.to_owned(),
        short: core.handler.to_owned(),
        name: physical.function(core.handler),
        description: core.description.to_owned(),
        unit: CORE.to_owned(),
        runtime: "provided.al2023".to_owned(),
        handler: core.handler.to_owned(),
        memory_mb: API_MB,
        reserved: None,
        layers: Vec::new(),
        timeout_seconds: core.timeout_seconds,
        environment: environment.collect(),
        statements: iam::statements(&node, edges, physical),
        log_format: LogFormat::Json,
    }
}

/// What the API serves.
pub(super) fn routes() -> Vec<Route> {
    let one = |core: &Core, (id, method, path): Served| Route {
        id: id.to_owned(),
        function_id: core.id.to_owned(),
        method,
        path,
    };
    let of = |core: &'static Core| core.routes.iter().map(move |served| one(core, *served));
    CORE_FUNCTIONS.iter().flat_map(of).collect()
}
