//! Bodies that go deeper than whatever judges them.

use super::*;

/// A schema that refers to itself twice a level, as those of trees do.
fn trees() -> JobTypes {
    let document = json!({"tree": {
        "type": "object",
        "$defs": {
            "node": {"anyOf": [{"type": "null"}, {"allOf": [{"$ref": "#/$defs/object"}]}]},
            "object": {"type": "object",
                "properties": {"kids": {"type": "array", "items": {"$ref": "#/$defs/node"}}}},
        },
        "properties": {"root": {"$ref": "#/$defs/node"}},
    }});
    JobTypes::parse(&document.to_string()).unwrap()
}

async fn plant(levels: usize) -> (u16, Value) {
    let root = format!("{}null{}", "{\"kids\":[".repeat(levels), "]}".repeat(levels));
    let body = format!("{{\"job_type\":\"tree\",\"sleep_time\":60,\"root\":{root}}}");
    let (creation, caller) = (Creation { types: trees(), max_jobs: None }, caller("u"));
    let ask = Ask { body: Some(body.as_bytes()), ..plain(&caller, "") };
    status(create(&MemoryJobs::default(), &creation, ask).await)
}

#[tokio::test]
async fn a_body_is_refused_before_it_is_too_deep_to_be_judged() {
    assert_eq!(plant(15).await.0, 200);
    for levels in [16, 60] {
        let (status, answer) = plant(levels).await;
        assert_eq!(status, 422, "{levels}");
        let problem = "is nested more than 31 levels deep";
        let errors = answer["errors"].as_object().unwrap();
        assert!(errors.values().all(|what| what == problem), "{answer}");
    }
}
