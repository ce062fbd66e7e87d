//! What an env left in the account, by the prefix that every name of it carries.

use super::aws::{Aws, DYNAMODB, LOGS, SQS, xml_texts};
use crate::outcome::{Outcome, ensure, fail};
use serde_json::{Value, json};

/// Everything of an env that still exists, as `kind name`, sorted.
///
/// # Errors
/// A refusal.
pub fn remains(aws: &Aws, prefix: &str) -> Outcome<Vec<String>> {
    let mut found = Vec::new();
    let mut add = |kind: &str, names: Vec<String>| {
        let own = names.into_iter().filter(|name| name.contains(prefix));
        found.extend(own.map(|name| format!("{kind} {name}")));
    };
    add("stack", live_stacks(aws)?);
    let tables = aws.json(DYNAMODB, "ListTables", &json!({}))?;
    add("table", texts(&tables["TableNames"], ""));
    let queues = aws.json(SQS, "ListQueues", &json!({}))?;
    add("queue", texts(&queues["QueueUrls"], ""));
    let groups = aws.get("scheduler", "/schedule-groups")?;
    add("schedule group", texts(&groups["ScheduleGroups"], "Name"));
    let logs = aws.json(LOGS, "DescribeLogGroups", &json!({}))?;
    add("log group", texts(&logs["logGroups"], "logGroupName"));
    let functions = aws.get("lambda", "/2015-03-31/functions/")?;
    add("function", texts(&functions["Functions"], "FunctionName"));
    found.sort();
    Ok(found)
}

/// The root stack and its nested stacks that are not deleted, by name.
///
/// # Errors
/// A refusal.
pub fn live_stacks(aws: &Aws) -> Outcome<Vec<String>> {
    let fields = [("Action", "DescribeStacks"), ("Version", "2010-05-15")];
    let xml = aws.query("cloudformation", &fields)?.body;
    let names = xml_texts(&xml, "StackName");
    let states = xml_texts(&xml, "StackStatus");
    let pairs = names.into_iter().zip(states);
    Ok(pairs.filter(|(_, state)| state != "DELETE_COMPLETE").map(|(name, _)| name).collect())
}

/// Each resource of a stack: logical id and what it physically is.
///
/// # Errors
/// A refusal.
pub fn resources(aws: &Aws, stack: &str) -> Outcome<Vec<(String, String)>> {
    let xml = describe(aws, "DescribeStackResources", stack)?;
    let ids = xml_texts(&xml, "LogicalResourceId");
    let physical = xml_texts(&xml, "PhysicalResourceId");
    Ok(ids.into_iter().zip(physical).collect())
}

/// The template that a stack was last deployed with.
///
/// # Errors
/// A refusal, or a template that is no JSON.
pub fn template(aws: &Aws, stack: &str) -> Outcome<Value> {
    let xml = describe(aws, "GetTemplate", stack)?;
    let body = xml_texts(&xml, "TemplateBody").concat();
    let text = body
        .replace("&lt;", "<")
        .replace("&gt;", ">")
        .replace("&quot;", "\"")
        .replace("&apos;", "'")
        .replace("&#x27;", "'")
        .replace("&amp;", "&");
    serde_json::from_str(&text)
        .or_else(|error| fail(format!("the template of `{stack}` is no JSON ({error}): {xml}")))
}

fn describe(aws: &Aws, action: &str, stack: &str) -> Outcome<String> {
    let reply = aws.query(
        "cloudformation",
        &[("Action", action), ("Version", "2010-05-15"), ("StackName", stack)],
    )?;
    ensure(reply.status == 200, || format!("{action} of `{stack}` answered {}", reply.body))?;
    Ok(reply.body)
}

fn texts(list: &Value, field: &str) -> Vec<String> {
    let rows = list.as_array().into_iter().flatten();
    let picked = rows.map(|row| if field.is_empty() { row } else { &row[field] });
    picked.filter_map(Value::as_str).map(str::to_owned).collect()
}
