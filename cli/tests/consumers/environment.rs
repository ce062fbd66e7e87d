//! What a child finds around it.

use crate::support::{Unit, ask};
use scheduler::local::consumers::Consumer;
use std::collections::BTreeMap;

async fn environment(consumer: &Consumer) -> BTreeMap<String, String> {
    let text = ask(consumer, "environment").await;
    let pairs = text.lines().filter_map(|line| line.split_once('='));
    pairs.map(|(name, value)| (name.to_owned(), value.to_owned())).collect()
}

#[tokio::test]
async fn a_child_finds_lambdas_variables_and_its_own_and_no_others() {
    let unit = Unit::compiled();
    let mut spec = unit.provided();
    spec.environment.insert("LEVEL".to_owned(), "debug".to_owned());
    let mut found = environment(&unit.consumer(spec)).await;
    let dir = unit.dir.path().display().to_string();
    let api = found.remove("AWS_LAMBDA_RUNTIME_API").unwrap();
    assert!(api.starts_with("127.0.0.1:"), "{api}");
    for name in ["PATH", "HOME"] {
        assert_eq!(found.remove(name).unwrap(), std::env::var(name).unwrap());
    }
    let libraries = format!("{dir}:{dir}/lib");
    let expected = [
        ("AWS_CONFIG_FILE", "/dev/null"),
        ("AWS_DEFAULT_REGION", "eu-central-1"),
        ("AWS_EC2_METADATA_DISABLED", "true"),
        ("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", "256"),
        ("AWS_LAMBDA_FUNCTION_NAME", "svc-local-mail"),
        ("AWS_LAMBDA_FUNCTION_VERSION", "$LATEST"),
        ("AWS_LAMBDA_INITIALIZATION_TYPE", "on-demand"),
        ("AWS_LAMBDA_LOG_GROUP_NAME", "/aws/lambda/svc-local-mail"),
        ("AWS_LAMBDA_LOG_STREAM_NAME", "local"),
        ("AWS_REGION", "eu-central-1"),
        ("AWS_SHARED_CREDENTIALS_FILE", "/dev/null"),
        ("LAMBDA_TASK_ROOT", &dir),
        ("LANG", "en_US.UTF-8"),
        ("LD_LIBRARY_PATH", &libraries),
        ("LEVEL", "debug"),
        ("TZ", ":UTC"),
        ("_HANDLER", "bootstrap"),
        ("pwd", &dir),
    ];
    let expected = expected.map(|(name, value)| (name.to_owned(), value.to_owned()));
    assert_eq!(found, BTreeMap::from(expected));
}

#[tokio::test]
async fn a_managed_runtime_says_which_one_it_is() {
    let unit = Unit::empty();
    unit.write(
        "app.py",
        "import os\ndef handle(event, context):\n    return os.environ['AWS_EXECUTION_ENV']\n",
    );
    let consumer = unit.consumer(unit.spec("python3.13", "app.handle"));
    assert_eq!(ask(&consumer, "{}").await, "\"AWS_Lambda_python3.13\"");
}
