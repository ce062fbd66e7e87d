//! Every opaque sentence that is known, as AWS writes it, and what is made of it.

use super::*;

fn told(text: &str) -> (String, String) {
    let Explained { what, hint } = reason(text);
    (what, hint.unwrap_or_default())
}

#[test]
fn a_denied_action_comes_with_the_statement_to_add() {
    let (what, hint) = told(
        "Resource handler returned message: \"User: arn:aws:sts::1:assumed-role/ci/x is not \
         authorized to perform: sqs:CreateQueue on resource: arn:aws:sqs:eu-central-1:1:q because \
         no identity-based policy allows the sqs:CreateQueue action (Service: Sqs, Status Code: \
         403)\" (RequestToken: 12, HandlerErrorCode: AccessDenied)",
    );
    assert_eq!(what, "whoever deploys may not `sqs:CreateQueue` on `arn:aws:sqs:eu-central-1:1:q`");
    assert_eq!(
        hint,
        "add to the deploying identity's policy: {\"Effect\": \"Allow\", \"Action\": \
         \"sqs:CreateQueue\", \"Resource\": \"arn:aws:sqs:eu-central-1:1:q\"}"
    );
}

#[test]
fn an_explicit_deny_is_told_as_one() {
    let (what, _) = told(
        "User: arn:aws:iam::1:user/x is not authorized to perform: iam:CreateRole on resource: \
         arn:aws:iam::1:role/r with an explicit deny because a service control policy explicitly \
         denies the action",
    );
    assert!(what.ends_with("(a service control policy explicitly denies the action)"), "{what}");
}

#[test]
fn what_exists_already_is_named() {
    let texts = [
        "mon-dev-items already exists",
        "Resource handler returned message: \"Resource of type 'AWS::DynamoDB::Table' with \
         identifier 'mon-dev-items' already exists.\" (RequestToken: 12, HandlerErrorCode: \
         AlreadyExists)",
        "mon-dev-items already exists in stack arn:aws:cloudformation:eu-central-1:1:stack/other/1",
    ];
    for text in texts {
        let (what, hint) = told(text);
        assert_eq!(what, "`mon-dev-items` exists already, and this stack did not make it");
        assert!(hint.contains("--keep-data"), "{hint}");
    }
}

#[test]
fn a_wrong_property_is_told_with_its_path() {
    let (what, _) = told(
        "Properties validation failed for resource StateBucket with message:\n#/Rules/0: \
         extraneous key [Stauts] is not permitted",
    );
    assert_eq!(what, "`StateBucket` has no property `Stauts` at `Rules.0`");
    let (what, _) = told(
        "Properties validation failed for resource Queue with message:\n#/DelaySeconds: \
         expected type: Integer, found: String",
    );
    assert_eq!(
        what,
        "`Queue` is not as its type wants it at `DelaySeconds`: expected type: Integer, found: \
         String"
    );
}

#[test]
fn what_a_template_asks_for_is_told() {
    let (what, _) = told("Requires capabilities : [CAPABILITY_NAMED_IAM]");
    assert!(what.contains("CAPABILITY_NAMED_IAM"), "{what}");
    let (what, hint) =
        told("Export shared-vpc cannot be deleted as it is in use by billing and web.");
    assert_eq!(what, "the export `shared-vpc` is imported by billing and web");
    assert!(hint.contains("import"), "{hint}");
    let (what, _) = told("Template error: Unable to get mapping for Regions::eu-west-9::Layer");
    assert_eq!(what, "a mapping of the resources has no entry `Regions::eu-west-9::Layer`");
    let (what, _) = told("Template error: Fn::FindInMap key not found");
    assert_eq!(what, "a mapping of the resources has no entry");
}

#[test]
fn what_services_say_of_each_other_is_told() {
    let (what, _) = told(
        "The bucket you are attempting to access must be addressed using the specified endpoint. \
         Please send all future requests to this endpoint.",
    );
    assert_eq!(what, "the bucket is in another region than the stack");
    let (what, _) = told("Invalid parameter: FilterPolicy: Filter policy is too complex");
    assert_eq!(what, "SNS does not take the subscription's filter: Filter policy is too complex");
    let (what, hint) = told(
        "Resource handler returned message: \"Invalid request provided: The provided execution \
         role does not have permissions to call ReceiveMessage on SQS (Service: Lambda, Status \
         Code: 400)\" (RequestToken: 1, HandlerErrorCode: InvalidRequest)",
    );
    assert_eq!(what, "the function's role may not read from the queue that feeds it");
    assert!(hint.contains("sqs:ReceiveMessage"), "{hint}");
    let (what, _) = told(
        "Resource handler returned message: \"Invalid request provided: Queue visibility timeout: \
         30 seconds is less than Function timeout: 60 seconds (Service: Lambda)\" (RequestToken: \
         1, HandlerErrorCode: InvalidRequest)",
    );
    assert_eq!(
        what,
        "the queue shows a message again after 30 seconds, while the function may run for 60"
    );
}

#[test]
fn a_service_without_a_reason_leads_to_cloudtrail() {
    let (what, hint) = told(
        "Resource handler returned message: \"null\" (RequestToken: 12, HandlerErrorCode: \
         GeneralServiceException)",
    );
    assert_eq!(what, "the service failed and gave no reason");
    assert!(hint.contains("cloudtrail lookup-events"), "{hint}");
}

#[test]
fn states_and_storms_are_told() {
    assert_eq!(told("Rate exceeded").0, "AWS took no more calls for a while");
    let stack =
        |state: &str| format!("Stack:arn:aws:x is in {state} state and can not be updated.");
    let (what, hint) = told(&stack("ROLLBACK_COMPLETE"));
    assert!(what.contains("first create") && hint.contains("makes it anew"), "{what}; {hint}");
    assert!(told(&stack("UPDATE_IN_PROGRESS")).0.contains("(UPDATE_IN_PROGRESS)"));
}

#[test]
fn what_is_not_known_stays_without_what_only_aws_can_use() {
    let text = "Resource handler returned message: \"The \"x\" is odd\" (RequestToken: 1, \
                HandlerErrorCode: InvalidRequest)";
    assert_eq!(reason(text), Explained { what: "The \"x\" is odd".into(), hint: None });
    assert_eq!(reason("quite new").what, "quite new");
}

#[test]
fn what_a_stack_says_of_its_resources_is_known() {
    assert!(is_summary(
        "The following resource(s) failed to create: [A, B]. Rollback requested by user."
    ));
    assert!(!is_summary("Template error: x"));
}
