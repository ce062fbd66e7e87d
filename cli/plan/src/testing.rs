//! Apps for tests: one with nothing, one with everything.

use crate::app::{
    App, ArnRef, Auth, Buffer, Build, Consumer, EnvValue, External, JobTypeDef, LambdaConsumer,
    Mail, Permission, Plugin, Provider, Quotas, ResourcesTemplate, State,
};
use crate::names::{Architecture, EnvName, JobType, PluginName, Region, ServiceName};
use crate::plan::Plan;
use crate::unit::Artifact;
use serde_json::json;
use std::collections::BTreeMap;

/// An app with no plugin and no job type.
pub(crate) fn bare() -> App {
    App {
        service: ServiceName::parse("svc").unwrap(),
        env: EnvName::parse("dev").unwrap(),
        region: Region::parse("eu-central-1").unwrap(),
        account: None,
        protect: false,
        max_jobs_per_user: None,
        alarms: None,
        architecture: Architecture::X86_64,
        auth: Auth::Cognito,
        quotas: Quotas::default(),
        plugins: Vec::new(),
        job_types: BTreeMap::new(),
    }
}

/// A plugin that is a zip, behind a queue.
pub(crate) fn plugin(name: &str) -> Plugin {
    let job_type = JobType::parse(&name.replace('-', "_")).unwrap();
    Plugin {
        name: PluginName::parse(name).unwrap(),
        dir: format!("plugins/{name}"),
        description: None,
        job_types: vec![job_type],
        consumer: Some(Consumer::Lambda(Box::new(lambda()))),
        resources: None,
    }
}

pub(crate) fn lambda() -> LambdaConsumer {
    LambdaConsumer {
        build: Build::Zip { zip: "code.zip".to_owned() },
        inputs: Vec::new(),
        runtime: "provided.al2023".to_owned(),
        handler: "bootstrap".to_owned(),
        memory_mb: 256,
        timeout_seconds: 30,
        buffer: Buffer::Queue,
        concurrency: None,
        retries: 4,
        layers: Vec::new(),
        environment: BTreeMap::new(),
        state: None,
        mail: None,
        permissions: Vec::new(),
    }
}

/// The app with one more plugin and its job types.
pub(crate) fn with(mut app: App, plugin: Plugin) -> App {
    for name in &plugin.job_types {
        let provider = Provider::Plugin(plugin.name.clone());
        app.job_types.insert(name.clone(), def(provider));
    }
    app.plugins.push(plugin);
    app
}

fn def(provider: Provider) -> JobTypeDef {
    JobTypeDef { provider, title: None, schema: json!({ "type": "object" }) }
}

/// One plugin of every kind, and job types that go elsewhere.
pub(crate) fn everything() -> App {
    let mut app = [mailer(), direct(), relay(), types()].into_iter().fold(bare(), with);
    let queue = |arn: Option<&str>| {
        let consumer = arn.map(|arn| External::Queue(arn.to_owned()));
        def(Provider::Inline { consumer })
    };
    let types = [
        ("ping", Some("arn:aws:sqs:eu-central-1:123456789012:theirs")),
        ("pong", Some("arn:aws:sqs:eu-central-1:123456789012:theirs")),
        ("noted", None),
    ];
    for (name, arn) in types {
        app.job_types.insert(JobType::parse(name).unwrap(), queue(arn));
    }
    app
}

/// Buffered, with state, mail, environment, permissions and resources of its own.
pub(crate) fn mailer() -> Plugin {
    let mut plugin = plugin("mailer");
    plugin.consumer = Some(Consumer::Lambda(Box::new(LambdaConsumer {
        environment: BTreeMap::from([
            ("LEVEL".to_owned(), EnvValue::Text("info".to_owned())),
            ("TOKEN".to_owned(), EnvValue::Ssm("/mailer/token".to_owned())),
            ("PAGES".to_owned(), EnvValue::Ref("Pages".to_owned())),
        ]),
        state: Some(State { expire_days: Some(90) }),
        mail: Some(Mail { from: "monitor@example.com".to_owned() }),
        permissions: vec![Permission {
            actions: vec!["sqs:SendMessage".to_owned()],
            resources: vec![ArnRef::Sub(
                "arn:${AWS::Partition}:sqs:${AWS::Region}:${AWS::AccountId}:svc-dev-pages"
                    .to_owned(),
            )],
        }],
        ..lambda()
    })));
    plugin.resources = Some(ResourcesTemplate {
        path: "plugins/mailer/resources.json.j2".to_owned(),
        text: PAGES.to_owned(),
    });
    plugin
}

const PAGES: &str = r#"<# A queue of the plugin's own. #>
{
  "Resources": {
    "Pages": {
      "Type": "AWS::SQS::Queue",
      "DeletionPolicy": "Delete",
      "UpdateReplacePolicy": "Delete",
      "Properties": { "QueueName": "svc-dev-pages", "MessageRetentionPeriod": 60 }
    }
  },
  "Outputs": {
    "Pages": { "Value": { "Ref": "Pages" } },
    "Of": { "Value": << prefix >> }
  }
}
"#;

/// Invoked by the topic itself.
pub(crate) fn direct() -> Plugin {
    let mut plugin = plugin("direct");
    plugin.consumer =
        Some(Consumer::Lambda(Box::new(LambdaConsumer { buffer: Buffer::None, ..lambda() })));
    plugin
}

fn relay() -> Plugin {
    let queue = External::Queue("arn:aws:sqs:eu-central-1:123456789012:elsewhere".to_owned());
    Plugin { consumer: Some(Consumer::External(queue)), ..plugin("relay") }
}

fn types() -> Plugin {
    Plugin { consumer: None, ..plugin("types") }
}

/// A zip a unit.
pub(crate) fn artifacts(plan: &Plan) -> BTreeMap<String, Artifact> {
    let all = plan.units.iter().map(|unit| {
        let sha256 = crate::template::hex_sha256(format!("{unit:?}").as_bytes());
        let path = format!(".scheduler/build/{}.zip", unit.name);
        let name = unit.name.clone();
        (name.clone(), Artifact { name, path, sha256, bytes: 1, cached: false })
    });
    all.collect()
}
