//! A plugin's nested stack.

use super::alarms::{self, Alarms, dead_letters};
use super::context::{Tags, tags};
use super::engine::{Source, render};
use super::error::SynthError;
use super::fragment::{self, TOPIC_PARAMETER, Variables, render_fragment};
use super::functions::{Keys, functions};
use super::queues::{
    Named, Permission, Permissions, Queue, Queues, Redrive, Subscription, Subscriptions, dead,
    feeding, protocol,
};
use super::references;
use super::sections::Sections;
use super::templates::embedded;
use crate::app::External;
use crate::iam::{self, Statement};
use crate::plan::{Delivery, Function, Node, Plan, PluginStack, StateBucket};
use serde::Serialize;
use serde_json::{Map, Value, json};
use std::collections::BTreeSet;

/// AWS asks for six times the function's time-out (Lambda developer guide, "SQS").
const VISIBILITY_FACTOR: u32 = 6;
/// The logical id of the queue of what the consumer did not take.
const DEAD_QUEUE: &str = "ConsumerDeadQueue";

#[derive(Serialize)]
struct Head<'a> {
    description: &'a str,
}

#[derive(Serialize)]
struct Buffered<'a> {
    concurrency: Option<u32>,
    queue_arn: Value,
    tags: &'a Tags,
}

#[derive(Serialize)]
struct Direct {
    retries: u32,
    topic: Value,
    dead_arn: Value,
}

#[derive(Serialize)]
struct State<'a> {
    name: Value,
    expire_days: Option<u32>,
    policy: Vec<Statement>,
    tags: &'a Tags,
}

struct Part<'a> {
    plan: &'a Plan,
    stack: &'a PluginStack,
    tags: &'a Tags,
}

/// A plugin's whole template.
pub(super) fn nested(
    plan: &Plan,
    stack: &PluginStack,
    keys: &Keys<'_>,
) -> Result<Map<String, Value>, Vec<SynthError>> {
    let tags = tags(plan);
    let part = Part { plan, stack, tags: &tags };
    let mut whole = part.whole(keys).map_err(|error| vec![error])?;
    let (mut errors, mut written) = (Vec::new(), BTreeSet::new());
    if let Some(template) = &stack.resources {
        let key = stack.function.as_ref().map(|function| keys(&function.unit)).transpose();
        let key = key.map_err(|error| vec![error])?;
        let fragment = render_fragment(template, &Variables::new(plan, stack, key));
        errors.extend(fragment.errors);
        // Without it, nothing of what it defines is there to be referred to.
        let Some(sections) = fragment.sections else { return Err(errors) };
        written.extend(fragment::ids(&sections));
        errors.extend(whole.merge_written(fragment::source(template), sections));
    }
    if references::mentions(&whole.0, TOPIC_PARAMETER) {
        let parameter = render(embedded::PARAMETER, &json!({})).map_err(|error| vec![error])?;
        errors.extend(whole.merge_written(embedded::PARAMETER, parameter));
    }
    errors.extend(references::check(&whole.0, &written, stack));
    if errors.is_empty() { Ok(whole.0) } else { Err(errors) }
}

type Rendered = (Source<'static>, Map<String, Value>);

fn rendered<C: Serialize>(source: Source<'static>, context: &C) -> Result<Rendered, SynthError> {
    Ok((source, render(source, context)?))
}

impl<'a> Part<'a> {
    /// What the tool itself puts into the stack, as one.
    fn whole(&self, keys: &Keys<'_>) -> Result<Sections, SynthError> {
        let mut whole = Sections::default();
        for (source, rendered) in self.own(keys)? {
            whole.merge(source, rendered)?;
        }
        Ok(whole)
    }

    /// What the tool itself puts into the stack.
    fn own(&self, keys: &Keys<'_>) -> Result<Vec<Rendered>, SynthError> {
        let head = Head { description: &self.stack.description };
        let mut all = vec![rendered(embedded::PLUGIN, &head)?];
        if let Some(function) = &self.stack.function {
            let context = functions(self.plan, [function], keys, self.tags)?;
            all.push(rendered(embedded::FUNCTIONS, &context)?);
        }
        if let Some(bucket) = &self.stack.state {
            all.push(rendered(embedded::STATE, &self.state(bucket))?);
        }
        all.extend(self.delivery()?);
        Ok(all)
    }

    fn delivery(&self) -> Result<Vec<Rendered>, SynthError> {
        if self.stack.delivery == Delivery::None {
            return Ok(Vec::new());
        }
        let queues = Queues { queues: self.queues(), tags: self.tags };
        let subscriptions = Subscriptions { subscriptions: vec![self.subscription()] };
        let mut all = vec![
            rendered(embedded::QUEUES, &queues)?,
            rendered(embedded::ALARMS, &self.alarms())?,
            rendered(embedded::SUBSCRIPTIONS, &subscriptions)?,
        ];
        match &self.stack.delivery {
            Delivery::Buffered { concurrency, .. } => {
                let (queue_arn, concurrency) = (self.buffer_arn(), *concurrency);
                let context = Buffered { queue_arn, concurrency, tags: self.tags };
                all.push(rendered(embedded::BUFFERED, &context)?);
            }
            Delivery::Direct { retries } => {
                let (dead_arn, retries) = (self.dead_arn(), *retries);
                let context = Direct { topic: topic(), dead_arn, retries };
                all.push(rendered(embedded::DIRECT, &context)?);
            }
            Delivery::External(External::Function(arn)) => {
                let id = "ConsumerPermission".to_owned();
                let permission = Permission { id, function: arn.clone(), topic: topic() };
                let context = Permissions { permissions: vec![permission] };
                all.push(rendered(embedded::PERMISSIONS, &context)?);
            }
            Delivery::External(External::Queue(_)) | Delivery::None => {}
        }
        Ok(all)
    }

    fn state(&self, bucket: &StateBucket) -> State<'a> {
        State {
            name: bucket.name(),
            expire_days: bucket.expire_days,
            policy: iam::bucket_policy(bucket),
            tags: self.tags,
        }
    }

    fn buffer_arn(&self) -> Value {
        iam::queue_arn(&self.plan.physical.buffer(&self.stack.plugin))
    }

    fn dead_arn(&self) -> Value {
        iam::queue_arn(&self.plan.physical.dead(&self.stack.plugin))
    }

    fn queues(&self) -> Vec<Queue> {
        let (physical, plugin) = (&self.plan.physical, &self.stack.plugin);
        let named = |node, id, policy_id, name| Named { node, id, policy_id, name, topic: topic() };
        let node = Node::Dead(plugin.clone());
        let name = physical.dead(plugin);
        let dead_queue = named(node, DEAD_QUEUE, "ConsumerDeadQueuePolicy", name);
        let mut queues = vec![dead(self.plan, dead_queue)];
        if let (Delivery::Buffered { max_receives, .. }, Some(function)) =
            (&self.stack.delivery, &self.stack.function)
        {
            let node = Node::Buffer(plugin.clone());
            let name = physical.buffer(plugin);
            let buffer = named(node, "ConsumerQueue", "ConsumerQueuePolicy", name);
            queues.push(self.buffer(buffer, function, *max_receives));
        }
        queues
    }

    fn alarms(&self) -> Alarms<'_> {
        let (plan, plugin) = (self.plan, &self.stack.plugin);
        let queue = plan.physical.dead(plugin);
        let alarm = dead_letters(&Node::Dead(plugin.clone()), DEAD_QUEUE, queue);
        Alarms { alarms: vec![alarm], topic: alarms::told_in_plugin(plan), tags: self.tags }
    }

    fn buffer(&self, named: Named<'_>, function: &Function, max_receive_count: u32) -> Queue {
        let redrive = Redrive { arn: self.dead_arn(), max_receive_count };
        let visibility = VISIBILITY_FACTOR * function.timeout_seconds;
        feeding(self.plan, named, visibility, redrive).after(DEAD_QUEUE)
    }

    fn subscription(&self) -> Subscription {
        let (protocol, endpoint, ready) = match &self.stack.delivery {
            Delivery::Direct { .. } => {
                ("lambda", iam::function_arn("ConsumerFunction"), "ConsumerPermission")
            }
            Delivery::External(consumer) => {
                let ready = match consumer {
                    External::Function(_) => "ConsumerPermission",
                    External::Queue(_) => "",
                };
                (protocol(consumer).0, json!(consumer.arn()), ready)
            }
            Delivery::Buffered { .. } | Delivery::None => {
                ("sqs", self.buffer_arn(), "ConsumerQueuePolicy")
            }
        };
        let ready = Some(ready.to_owned()).filter(|id| !id.is_empty());
        Subscription {
            id: "ConsumerSubscription".to_owned(),
            topic: topic(),
            protocol,
            endpoint,
            raw: protocol == "sqs",
            job_types: self.stack.job_types.clone(),
            dead_arn: self.dead_arn(),
            depends_on: ready.into_iter().chain(["ConsumerDeadQueuePolicy".to_owned()]).collect(),
        }
    }
}

fn topic() -> Value {
    json!({ "Ref": TOPIC_PARAMETER })
}
