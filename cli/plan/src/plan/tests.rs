//! The plan as its readers rely on it.

use super::{Edge, Node, PlanSummary, Verb, is_reserved, plan};
use crate::app::{App, Auth};
use crate::iam::{self, Effect};
use crate::plan::Function;
use crate::synth::drafts;
use crate::testing::{bare, everything, mailer, plugin, with};
use crate::unit::UnitKind;
use scheduler_contract::env::MAX_JOBS_PER_USER as LIMIT;
use serde_json::{Value, json};

fn summary(app: &App) -> PlanSummary {
    let plan = plan(app);
    plan.summary(&drafts(&plan).0)
}

fn unit_names(app: &App) -> Vec<String> {
    plan(app).units.into_iter().map(|unit| unit.name).collect()
}

#[test]
fn the_core_is_built_first_and_only_plugins_with_a_function_after_it() {
    assert_eq!(unit_names(&everything()), ["core", "direct", "mailer"]);
    assert_eq!(unit_names(&bare()), ["core"]);
}

#[test]
fn the_core_carries_every_job_type() {
    let UnitKind::Core { job_types } = plan(&everything()).units[0].kind.clone() else {
        panic!("the first unit is the core")
    };
    let carried: Value = serde_json::from_str(&job_types).unwrap();
    let names: Vec<&String> = carried.as_object().unwrap().keys().collect();
    assert_eq!(names, ["direct", "mailer", "noted", "ping", "pong", "relay", "types"]);
}

#[test]
fn a_limit_of_jobs_is_told_to_the_one_function_that_creates_them() {
    let told = |max| {
        let functions = plan(&App { max_jobs_per_user: max, ..everything() }).root.functions;
        let of = |one: &Function| Some((one.handler.clone(), one.environment.get(LIMIT)?.clone()));
        functions.iter().filter_map(of).collect::<Vec<_>>()
    };
    assert_eq!(told(None), []);
    assert_eq!(told(Some(100)), [("item-create".to_owned(), Value::from("100"))]);
}

#[test]
fn a_plugin_with_nothing_to_create_has_no_stack() {
    let names: Vec<_> = plan(&everything()).plugins.into_iter().map(|one| one.plugin).collect();
    assert_eq!(names, ["direct", "mailer", "relay"]);
}

#[test]
fn function_names_are_the_contracts() {
    let plan = plan(&everything());
    let core: Vec<_> = plan.root.functions.iter().map(|one| one.name.as_str()).collect();
    let wanted = [
        "svc-dev-item-create",
        "svc-dev-item-update",
        "svc-dev-item-delete",
        "svc-dev-item-run",
        "svc-dev-items-get",
        "svc-dev-items-job-types",
        "svc-dev-schedule-queue-adder",
        "svc-dev-schedulers-schedule-controller",
        "svc-dev-schedulers-reconciler",
    ];
    assert_eq!(core, wanted);
    assert_eq!(plan.plugins[1].function.as_ref().unwrap().name, "svc-dev-mailer");
}

#[test]
fn every_permission_of_a_function_comes_from_an_edge_or_its_manifest() {
    let plan = plan(&everything());
    let functions = plan.root.functions.iter().chain(plan.plugins.iter().flat_map(|p| &p.function));
    for function in functions {
        let node = Node::Function(function.short.clone());
        let others: Vec<Edge> = plan.edges.iter().filter(|e| e.from != node).cloned().collect();
        assert_eq!(iam::statements(&node, &others, &plan.physical), []);
        let from_edges = iam::statements(&node, &plan.edges, &plan.physical);
        let rest = function.statements.iter().filter(|one| !from_edges.contains(one));
        assert!(rest.clone().all(|one| one.sid.starts_with("Declared")), "{}", function.name);
        assert_eq!(rest.count(), usize::from(function.short == "mailer"));
    }
}

#[test]
fn without_the_edge_there_is_no_permission() {
    let plan = plan(&everything());
    let controller = Node::Function("schedulers-schedule-controller".to_owned());
    for edge in plan.edges.iter().filter(|edge| edge.from == controller) {
        let rest: Vec<Edge> = plan.edges.iter().filter(|one| *one != edge).cloned().collect();
        let all = iam::statements(&controller, &plan.edges, &plan.physical).len();
        assert!(iam::statements(&controller, &rest, &plan.physical).len() < all, "{edge}");
    }
}

#[test]
fn no_permission_is_for_everything() {
    let plan = plan(&everything());
    let functions = plan.root.functions.iter().chain(plan.plugins.iter().flat_map(|p| &p.function));
    let roles = [&plan.root.scheduler_statements, &plan.root.logger_statements];
    let all = functions.map(|one| &one.statements).chain(roles).flatten();
    for statement in all {
        assert_eq!(statement.effect, Effect::Allow);
        assert!(!statement.resource.contains(&json!("*")), "{statement:?}");
        assert!(statement.action.iter().all(|action| !action.contains('*')), "{statement:?}");
    }
}

#[test]
fn statements_of_one_role_have_names_of_their_own() {
    let plan = plan(&everything());
    let functions = plan.root.functions.iter().chain(plan.plugins.iter().flat_map(|p| &p.function));
    for function in functions {
        let mut sids: Vec<_> = function.statements.iter().map(|one| &one.sid).collect();
        sids.sort();
        sids.dedup();
        assert_eq!(sids.len(), function.statements.len(), "{}", function.name);
    }
}

#[test]
fn only_the_scheduler_may_be_handed_the_role() {
    let plan = plan(&bare());
    let mut functions = plan.root.functions.iter();
    let controller = functions.find(|one| one.id == "SchedulersScheduleController").unwrap();
    let passes = controller.statements.iter().find(|one| one.action == ["iam:PassRole"]).unwrap();
    assert_eq!(passes.resource, [json!({ "Fn::GetAtt": ["SchedulerRole", "Arn"] })]);
    let only = json!({ "StringEquals": { "iam:PassedToService": "scheduler.amazonaws.com" } });
    assert_eq!(passes.condition, Some(only));
}

#[test]
fn mail_goes_out_from_the_address_alone_under_whatever_identity_it_has() {
    let mut plugin = mailer();
    if let Some(crate::app::Consumer::Lambda(lambda)) = &mut plugin.consumer {
        lambda.mail.as_mut().unwrap().from = "Monitor <monitor@example.com>".to_owned();
    }
    let plan = plan(&with(bare(), plugin));
    let statements = &plan.plugins[0].function.as_ref().unwrap().statements;
    let mails = statements.iter().find(|one| one.sid == "Mails").unwrap();
    let of_this_account = |rest: &str| {
        let head = "arn:${AWS::Partition}:ses:${AWS::Region}:${AWS::AccountId}";
        json!({ "Fn::Sub": format!("{head}:{rest}") })
    };
    let all = [of_this_account("identity/*"), of_this_account("configuration-set/*")];
    assert_eq!(mails.resource, all);
    let only = json!({ "StringEquals": { "ses:FromAddress": "monitor@example.com" } });
    assert_eq!(mails.condition, Some(only));
}

#[test]
fn the_graph_shows_how_a_tick_travels() {
    let edges = plan(&everything()).edges;
    let has = |from, verb, to| edges.contains(&Edge::new(from, verb, to));
    let name = |name: &str| name.to_owned();
    assert!(has(Node::SchedulerRole, Verb::Publishes, Node::Topic));
    assert!(has(Node::Topic, Verb::Sends, Node::Buffer(name("mailer"))));
    assert!(has(Node::Function(name("mailer")), Verb::Consumes, Node::Buffer(name("mailer"))));
    assert!(has(Node::Topic, Verb::Calls, Node::Function(name("direct"))));
    assert!(!has(Node::Topic, Verb::Calls, Node::Function(name("mailer"))));
}

#[test]
fn a_plugin_reaches_nothing_of_the_core_or_of_another_plugin() {
    for edge in plan(&everything()).edges {
        let Node::Function(from) = &edge.from else { continue };
        if !["mailer", "direct"].contains(&from.as_str()) {
            continue;
        }
        let own = match &edge.to {
            Node::Buffer(name) | Node::Dead(name) | Node::State(name) | Node::FunctionLog(name) => {
                name == from
            }
            Node::Sender(_) => from == "mailer",
            _ => false,
        };
        assert!(own, "{edge}");
    }
}

#[test]
fn the_order_of_plugins_does_not_matter() {
    let mut shuffled = everything();
    shuffled.plugins.reverse();
    assert_eq!(plan(&shuffled), plan(&everything()));
}

#[test]
fn names_that_would_clash_are_reserved() {
    for name in
        ["item-create", "schedulers-schedule-controller", "stream", "schedules", "mail-dead"]
    {
        assert!(is_reserved(name), "{name}");
    }
    assert!(!is_reserved("html-checker"));
}

#[test]
fn the_summary_counts_what_the_templates_hold() {
    let summary = summary(&everything());
    let names: Vec<_> = summary.stacks.iter().map(|stack| stack.name.as_str()).collect();
    assert_eq!(names, ["core", "direct", "mailer", "relay"]);
    assert_eq!(summary.stacks[0].resources["AWS::Lambda::Function"], 9);
    assert_eq!(summary.stacks[2].resources["AWS::SQS::Queue"], 3);
    assert_eq!(summary.resources, summary.stacks.iter().map(super::StackRow::total).sum::<usize>());
    let text = summary.to_string();
    let head = "svc-dev in eu-central-1 of any account (x86_64)\n\nbuild 3 zips\n  core (core)\n";
    assert!(text.starts_with(head), "{text}");
    assert!(text.contains("\n  relay: 4 resources\n    takes relay\n"), "{text}");
}

#[test]
fn the_summary_as_json_names_stacks_units_and_edges() {
    let mut app = with(bare(), plugin("mail"));
    app.auth = Auth::Jwt { issuer: "https://id.example.com".to_owned(), audience: Vec::new() };
    let summary = serde_json::to_value(summary(&app)).unwrap();
    assert_eq!(summary["stack"], "svc-dev");
    assert_eq!(summary["auth"], "https://id.example.com");
    assert_eq!(summary["units"][1], json!({ "name": "mail", "kind": "zip" }));
    assert_eq!(summary["stacks"][1]["functions"], json!(["svc-dev-mail"]));
    let edges = summary["edges"].as_array().unwrap();
    let sends = json!({ "from": "topic", "does": "sends", "to": "buffer:mail" });
    assert!(edges.contains(&sends));
}
