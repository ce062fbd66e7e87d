//! What the policies of a plugin's own resources allow.

use super::delivery::{each, statements};
use super::findings::Fault;
use super::view::{Resource, View};
use crate::iam::is_everything;
use serde_json::Value;

/// Types whose one policy stands in `PolicyDocument`, and says what a role or a user may do.
const ATTACHED: &[&str] = &[
    "AWS::IAM::GroupPolicy",
    "AWS::IAM::ManagedPolicy",
    "AWS::IAM::Policy",
    "AWS::IAM::RolePolicy",
    "AWS::IAM::UserPolicy",
];
/// Types with policies in a list of their own.
const HOLDERS: &[&str] = &[ROLE, "AWS::IAM::Group", "AWS::IAM::User"];
/// Types that say who may use a resource, and where. Their `Resource` means the resource itself.
const OPENED: &[(&str, &str)] = &[
    (ROLE, "AssumeRolePolicyDocument"),
    ("AWS::DynamoDB::Table", "ResourcePolicy"),
    ("AWS::Events::EventBusPolicy", "Statement"),
    (KEY, "KeyPolicy"),
    ("AWS::S3::BucketPolicy", "PolicyDocument"),
    ("AWS::SNS::TopicInlinePolicy", "PolicyDocument"),
    ("AWS::SNS::TopicPolicy", "PolicyDocument"),
    ("AWS::SQS::QueueInlinePolicy", "PolicyDocument"),
    ("AWS::SQS::QueuePolicy", "PolicyDocument"),
    ("AWS::SecretsManager::ResourcePolicy", "ResourcePolicy"),
];
const ROLE: &str = "AWS::IAM::Role";
/// Its policy allows its own account everything on the key: AWS's default.
const KEY: &str = "AWS::KMS::Key";
/// Types that say who may use a function or a layer, and what narrows that.
const CALLED: &[(&str, &[&str])] = &[
    ("AWS::Lambda::LayerVersionPermission", &["OrganizationId"]),
    ("AWS::Lambda::Permission", &["SourceArn", "SourceAccount", "PrincipalOrgID"]),
];
/// AWS's own policies that allow nearly everything.
const ALMIGHTY: &[&str] = &["/AdministratorAccess", "/PowerUserAccess"];
/// The role that the tool writes: what stands wide in it is told where the plugin asks for it.
const OURS: &str = "ConsumerRole";

/// What allows more than somebody means.
pub(super) fn wide<'a>(view: &View<'a>) -> Vec<Fault<'a>> {
    let attached = ATTACHED.iter().flat_map(|kind| view.typed(kind));
    let attached = attached.map(|one| (one, one.get("PolicyDocument")));
    let holders = HOLDERS.iter().flat_map(|kind| view.typed(kind)).filter(|one| one.id != OURS);
    let inline = holders.flat_map(|one: Resource<'a>| {
        let policies = one.get("Policies").as_array().into_iter().flatten();
        policies.map(move |policy| (one, &policy["PolicyDocument"]))
    });
    let may = attached.chain(inline).flat_map(|(one, document)| {
        statements(document).filter_map(too_much).map(move |what| (one, what))
    });
    let opened = OPENED
        .iter()
        .flat_map(|(kind, key)| view.typed(kind).map(move |one| (*kind, one, one.get(key))));
    let who = opened.flat_map(|(kind, one, document)| {
        let document = document.get("PolicyDocument").unwrap_or(document);
        let alone = Some(document).filter(|document| document.get("Principal").is_some());
        let all = statements(document).chain(alone);
        let told = move |statement: &Value| {
            let several = || several(statement).filter(|_| kind != KEY);
            everybody(statement).or_else(several)
        };
        all.filter_map(told).map(move |what| (one, what))
    });
    may.chain(who).chain(managed(view)).chain(callers(view)).collect()
}

/// Whoever has one of AWS's own policies that allow nearly everything.
fn managed<'a>(view: &View<'a>) -> Vec<Fault<'a>> {
    let holders = HOLDERS.iter().flat_map(|kind| view.typed(kind));
    let told = holders.flat_map(|one| {
        let policies = texts(one.get("ManagedPolicyArns")).into_iter();
        let almighty = policies.filter(|arn| ALMIGHTY.iter().any(|name| arn.ends_with(name)));
        almighty.map(move |arn| (one, format!("allows `*`: it has the policy `{arn}`")))
    });
    told.collect()
}

/// An action that stands for several.
fn several(statement: &Value) -> Option<String> {
    let mut actions = texts(&statement["Action"]).into_iter();
    let action = actions.find(|action| action == "*" || action.ends_with(":*"))?;
    (statement["Effect"] == "Allow").then(|| format!("allows `{action}`: more than one thing"))
}

/// A statement of what somebody may do.
fn too_much(statement: &Value) -> Option<String> {
    if statement["Effect"] != "Allow" {
        return None;
    }
    let actions: Vec<String> = texts(&statement["Action"]);
    let excepted = texts(&statement["NotAction"]);
    if !excepted.is_empty() {
        return Some(format!("allows everything but `{}` (`NotAction`)", excepted.join("`, `")));
    }
    if let Some(told) = several(statement) {
        return Some(told);
    }
    let actions = actions.join("`, `");
    let excepted = texts(&statement["NotResource"]);
    if !excepted.is_empty() {
        let excepted = excepted.join("`, `");
        return Some(format!("allows `{actions}` on everything but `{excepted}` (`NotResource`)"));
    }
    let everywhere = texts(&statement["Resource"]).into_iter().find(|text| is_everything(text));
    everywhere.map(|resource| format!("allows `{actions}` on every resource (`{resource}`)"))
}

/// A statement that opens a resource to everybody, with nothing to narrow it.
fn everybody(statement: &Value) -> Option<String> {
    let narrowed = statement.get("Condition").is_some_and(|one| *one != Value::Null);
    if statement["Effect"] != "Allow" || narrowed {
        return None;
    }
    let actions = texts(&statement["Action"]).join("`, `");
    if statement.get("NotPrincipal").is_some() {
        return Some(format!("lets nearly everybody do `{actions}` (`NotPrincipal`)"));
    }
    let principal = &statement["Principal"];
    let open = is_anybody(principal) || is_anybody(&principal["AWS"]);
    open.then(|| format!("lets everybody do `{actions}`: its `Principal` is `*`"))
}

/// Permissions to call a function, each a resource of its own.
fn callers<'a>(view: &View<'a>) -> Vec<Fault<'a>> {
    let called = CALLED.iter().flat_map(|(kind, narrowed)| {
        view.typed(kind).filter(|one| !narrowed.iter().any(|key| one.has(key)))
    });
    let open = called.filter(|one| is_anybody(one.get("Principal")));
    let open = open.map(|one| (one, "lets everybody call the function: its `Principal` is `*`"));
    let urls = view.typed("AWS::Lambda::Url").filter(|one| one.get("AuthType") == "NONE");
    let urls = urls.map(|one| (one, "lets everybody call the function: its `AuthType` is `NONE`"));
    open.chain(urls).map(|(one, told)| (one, told.to_owned())).collect()
}

fn is_anybody(principal: &Value) -> bool {
    texts(principal).iter().any(|text| text == "*")
}

/// One text, those of a list, and those of both branches of an `Fn::If`; of `Fn::Sub` and `Fn::Join`
/// what they put together.
fn texts(value: &Value) -> Vec<String> {
    each(value).into_iter().filter_map(text).collect()
}

fn text(value: &Value) -> Option<String> {
    if let Some(sub) = value.get("Fn::Sub") {
        return sub.get(0).unwrap_or(sub).as_str().map(str::to_owned);
    }
    let Some(join) = value.get("Fn::Join") else { return value.as_str().map(str::to_owned) };
    let parts = join.get(1)?.as_array()?.iter();
    // What is only known later stands for something.
    let parts: Vec<_> = parts.map(|part| text(part).unwrap_or_else(|| "${}".to_owned())).collect();
    Some(parts.join(join.get(0)?.as_str()?))
}
