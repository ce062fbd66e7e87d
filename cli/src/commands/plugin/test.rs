//! `scheduler plugin test`: one tick to one consumer.

use super::event::{self, Event};
use super::report::Report;
use crate::args::TestArgs;
use crate::cloud;
use crate::error::Failure;
use crate::local::consumers::{self, Consumer, Dirs, Spec};
use crate::pipeline;
use crate::project;
use crate::settings::Settings;
use scheduler_plan::app::{App, Consumer as Decided, LambdaConsumer, Plugin};
use scheduler_plan::nearest::{did_you_mean, list};
use scheduler_plan::resolve;
use std::sync::Arc;
use std::time::Duration;

/// Where the test keeps its state and its mails: apart from the server's.
const DATA: &str = ".scheduler/local/test";

/// One event to one consumer, with no server.
pub(super) fn test(settings: &Settings, args: &TestArgs) -> Result<(), Failure> {
    let env = match &args.env {
        Some(env) => env.clone(),
        // The first is the one that people try things on.
        None => resolve::env_names(&project::load(settings)?).swap_remove(0),
    };
    let decided = pipeline::plan(settings, &env)?;
    let app = &decided.app;
    let plugin = chosen(app, &args.name)?;
    let lambda = function(plugin)?;
    let event = event::event(app, plugin, lambda, args)?;
    let units = decided.plan.units.iter().filter(|unit| unit.name == args.name);
    let units: Vec<_> = units.cloned().collect();
    pipeline::build_local(settings, &units)?;
    let dirs = dirs(settings)?;
    let caller = settings.environment();
    let Some(mut spec) = consumers::spec(app, plugin, &dirs, &caller) else {
        return Err(no_function(&args.name, "it only defines job types"));
    };
    spec.allow_loopback();
    if let Some(tick) = &event.tick {
        settings.output.note(&format!("tick: {tick}"));
    }
    let report = cloud::block_on(run(settings, spec, event))?;
    if lambda.mail.is_some() {
        settings.output.note(&format!("mails go to `{DATA}/outbox`"));
    }
    report.tell(&settings.output)
}

async fn run(settings: &Settings, spec: Spec, event: Event) -> Result<Report, Failure> {
    let output = settings.output;
    let program = settings.program().map_err(|error| {
        Failure::failed(format!("cannot find this program, which starts consumers: {error}"))
    })?;
    let plugin = spec.name.clone();
    let consumer = Consumer::new(spec, program, Arc::new(move |line: &str| output.note(line)));
    // A consumer that cannot start says so again when it gets the event.
    for note in consumer.prepare().await.unwrap_or_default() {
        output.note(&format!("note: {note}"));
    }
    let invocation = consumer.invoke(event.bytes.clone()).await;
    consumer.stop(Duration::ZERO).await;
    Ok(Report { plugin, event, invocation })
}

fn chosen<'a>(app: &'a App, name: &str) -> Result<&'a Plugin, Failure> {
    if let Some(plugin) = app.plugins.iter().find(|plugin| plugin.name.as_str() == name) {
        return Ok(plugin);
    }
    let known: Vec<&str> = app.plugins.iter().map(|plugin| plugin.name.as_str()).collect();
    let hint = did_you_mean(name, &known).unwrap_or_else(|| match known.as_slice() {
        [] => "there is none yet: a plugin is a folder with a `plugin.toml`".to_owned(),
        known => format!("there are {}", list(known)),
    });
    Err(Failure::input(format!("there is no plugin `{name}`"), hint))
}

fn function(plugin: &Plugin) -> Result<&LambdaConsumer, Failure> {
    let name = plugin.name.as_str();
    match &plugin.consumer {
        Some(Decided::Lambda(lambda)) => Ok(lambda),
        Some(Decided::External(external)) => {
            Err(no_function(name, &format!("its ticks go to `{}`", external.arn())))
        }
        None => Err(no_function(name, "it only defines job types")),
    }
}

fn no_function(name: &str, why: &str) -> Failure {
    let what = format!("the plugin `{name}` has no function to test: {why}");
    Failure::input(what, "a function needs `[build]` and `[consumer]` in its `plugin.toml`")
}

fn dirs(settings: &Settings) -> Result<Dirs, Failure> {
    let project = settings.project.canonicalize();
    let project = project.map_err(|error| Failure::failed(error.to_string()))?;
    Ok(Dirs { data: project.join(DATA), project })
}
