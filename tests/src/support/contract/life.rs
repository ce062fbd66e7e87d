//! A job from its creation to its end.

use super::{Place, job};
use crate::outcome::{Outcome, ensure};
use serde_json::{Value, json};
use ureq::http::Method;

pub(super) fn types_are_told(place: Place<'_>) -> Outcome {
    let types = place.ok(Method::GET, "/job_types", &Value::Null)?;
    let schema = &types["contract_job"];
    let told = || format!("the schema of contract_job is {schema}");
    ensure(schema["properties"]["text"]["type"] == "string", told)?;
    ensure(schema["properties"]["sleep_time"]["minimum"] == 1, told)?;
    for field in ["user_id", "user_email", "job_id"] {
        ensure(schema["properties"][field]["readOnly"] == true, told)?;
    }
    Ok(())
}

pub(super) fn a_job_lives_and_dies(place: Place<'_>) -> Outcome {
    // What a client got earlier may come back: it is ignored.
    let ignored = json!({"user_id": "eve", "user_email": "eve@example.com", "job_id": 77,
        "enabled": false, "rev": 9, "next_run": 1, "last_run": {}, "runs": []});
    let made = place.create(&ignored)?;
    let told = || format!("the first job is {made}");
    ensure(made["job_id"] == 0 && made["user_email"] == place.user.email.as_str(), told)?;
    ensure(made["user_id"].as_str().is_some_and(|id| !id.is_empty() && id != "eve"), told)?;
    ensure(made["job_type"] == "contract_job" && made["sleep_time"] == 86_400, told)?;
    ensure(made["text"] == "a" && made["enabled"] == true && made["rev"] == 1, told)?;
    ensure(made["next_run"].is_u64(), told)?;

    let second = place.create(&json!({"sleep_time": 1}))?;
    ensure(second["job_id"] == 1 && second["sleep_time"] == 1, || format!("{second}"))?;
    place.delete(&second)?;
    let third = place.create(&json!({}))?;
    ensure(third["job_id"] == 2, || format!("an id was given twice: {third}"))?;

    an_update_replaces(place)?;
    what_is_not_there_is_404(place, &second)?;
    let listed = place.ok(Method::GET, "/jobs", &Value::Null)?;
    let ids: Vec<_> = listed.as_array().into_iter().flatten().map(|job| &job["job_id"]).collect();
    ensure(ids == [&json!(0), &json!(2)], || format!("GET /jobs lists {ids:?}"))?;
    place.delete(&made)?;
    place.delete(&third)
}

fn an_update_replaces(place: Place<'_>) -> Outcome {
    let first = place.create(&json!({"number": 7, "link": "https://example.com/"}))?;
    let path = format!("/job/update/{}", first["job_id"]);
    let mut wanted = job(&json!({"sleep_time": 121, "text": "b"}));
    let changed = place.ok(Method::PUT, &path, &wanted)?;
    let told = || format!("{first} became {changed}");
    ensure(changed["sleep_time"] == 121 && changed["text"] == "b", told)?;
    ensure(changed["job_id"] == first["job_id"] && changed["user_id"] == first["user_id"], told)?;
    ensure(changed["rev"] == 2 && changed.get("number").is_none(), told)?;
    let read = place.ok(Method::GET, &format!("/job/{}", first["job_id"]), &Value::Null)?;
    ensure(read["text"] == "b" && read["rev"] == 2, || format!("GET answers {read}"))?;
    // What GET answered may be sent back as it is.
    place.ok(Method::PUT, &path, &read)?;

    wanted["job_type"] = json!("another_type");
    let refused = place.wants(422, (Method::PUT, &path), &wanted)?;
    ensure(refused["errors"]["/job_type"].is_string(), || format!("{refused}"))?;
    let wrong = place.wants(422, (Method::PUT, &path), &job(&json!({"sleep_time": 0})))?;
    ensure(wrong["errors"]["/sleep_time"].is_string(), || format!("{wrong}"))?;
    let reply = place.api.raw(&place.user.token, Method::PUT, &path, "{")?;
    super::answered("update with a broken body", 400, &reply)?;
    place.delete(&first)
}

fn what_is_not_there_is_404(place: Place<'_>, gone: &Value) -> Outcome {
    let gone = gone["job_id"].to_string();
    for id in [gone.as_str(), "999999", "abc", "-1", "1.5", "99999999999999999999999"] {
        let routes = [
            (Method::GET, format!("/job/{id}")),
            (Method::PUT, format!("/job/update/{id}")),
            (Method::DELETE, format!("/job/delete/{id}")),
            (Method::POST, format!("/job/{id}/pause")),
            (Method::POST, format!("/job/{id}/resume")),
            (Method::POST, format!("/job/{id}/run")),
            (Method::GET, format!("/job/{id}/runs")),
        ];
        for (method, path) in routes {
            let body = if method == Method::PUT { job(&json!({})) } else { Value::Null };
            place.wants(404, (method, &path), &body)?;
        }
    }
    Ok(())
}

pub(super) fn a_job_is_paused_and_run(place: Place<'_>) -> Outcome {
    let made = place.create(&json!({}))?;
    let id = &made["job_id"];
    for (verb, enabled, rev) in
        [("pause", false, 2), ("pause", false, 2), ("resume", true, 3), ("resume", true, 3)]
    {
        let path = format!("/job/{id}/{verb}");
        let job = place.ok(Method::POST, &path, &Value::Null)?;
        ensure(job["enabled"] == enabled && job["rev"] == rev, || format!("{path}: {job}"))?;
        ensure(job["next_run"].is_null() != enabled, || format!("{path}: {job}"))?;
    }
    let run = place.ok(Method::POST, &format!("/job/{id}/run"), &Value::Null)?;
    ensure(run["job_id"] == *id, || format!("run answered {run}"))?;
    let runs = (Method::GET, format!("/job/{id}/runs"));
    match place.records_runs {
        true => {
            let told = place.ok(runs.0, &runs.1, &Value::Null)?;
            ensure(told.as_array().is_some_and(|runs| !runs.is_empty()), || format!("{told}"))?;
        }
        false => {
            let told = place.wants(404, (runs.0, &runs.1), &Value::Null)?;
            ensure(told["message"].to_string().contains("records no runs"), || format!("{told}"))?;
        }
    }
    place.delete(&made)
}

/// A job is only changed in the state that `If-Match` names.
pub(super) fn a_change_on_condition(place: Place<'_>) -> Outcome {
    let made = place.create(&json!({}))?;
    let id = &made["job_id"];
    let (path, pause) = (format!("/job/update/{id}"), format!("/job/{id}/pause"));
    let seen = place.call(Method::GET, &format!("/job/{id}"), &Value::Null)?;
    let tag = seen.header("etag").to_owned();
    ensure(!tag.is_empty(), || format!("no ETag with {}", seen.body))?;
    let wanted = job(&json!({"text": "b"}));
    let put = |condition: &str| place.on_condition(condition, (Method::PUT, &path), &wanted);
    for wrong in ["\"77\"", "77", "W/\"1\""] {
        super::answered(&format!("update if {wrong}"), 412, &put(wrong)?)?;
    }
    let reply = put(&tag)?;
    let changed = super::answered(&format!("update if {tag}"), 200, &reply)?;
    ensure(changed["text"] == "b" && changed["rev"] == 2, || format!("{changed}"))?;
    ensure(!["", tag.as_str()].contains(&reply.header("etag")), || {
        format!("still {tag}: {changed}")
    })?;
    // Somebody else was faster: nothing of it is done.
    super::answered(&format!("update if {tag} again"), 412, &put(&tag)?)?;
    let paused = place.on_condition(&tag, (Method::POST, &pause), &Value::Null)?;
    super::answered(&format!("pause if {tag}"), 412, &paused)?;
    let now = place.ok(Method::GET, &format!("/job/{id}"), &Value::Null)?;
    ensure(now["rev"] == 2 && now["enabled"] == true, || format!("{now}"))?;
    let any = format!("\"77\", {}", reply.header("etag"));
    super::answered(&format!("update if {any}"), 200, &put(&any)?)?;
    super::answered("update if *", 200, &put("*")?)?;
    place.delete(&made)
}

/// What JSON can carry arrives as it was.
pub(super) fn values_survive(place: Place<'_>) -> Outcome {
    let own = json!({
        "text": format!("ünïcode \u{1f600} \"quoted\" \\ \u{7} {}", "x".repeat(150_000)),
        "number": 9_007_199_254_740_993_u64,
        "tree": {"list": [1, null, {"a": []}], "empty": "", "no": null},
    });
    let made = place.create(&own)?;
    let read = place.ok(Method::GET, &format!("/job/{}", made["job_id"]), &Value::Null)?;
    for field in ["text", "number", "tree"] {
        for job in [&made, &read] {
            ensure(job[field] == own[field], || format!("`{field}` came back as {}", job[field]))?;
        }
    }
    place.delete(&made)
}
