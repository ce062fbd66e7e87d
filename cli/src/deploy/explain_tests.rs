//! Every opaque sentence that is known, as AWS writes it, and the whole of what is made of it.

use super::*;

/// Sentences that need no type to be understood: AWS's, what it means, what to do.
const TOLD: &[(&str, &str, &str)] = &[
    (
        "Resource handler returned message: \"User: arn:aws:sts::1:assumed-role/ci/x is not \
         authorized to perform: sqs:CreateQueue on resource: arn:aws:sqs:eu-central-1:1:q because \
         no identity-based policy allows the sqs:CreateQueue action (Service: Sqs, Status Code: \
         403)\" (RequestToken: 12, HandlerErrorCode: AccessDenied)",
        "whoever deploys may not `sqs:CreateQueue` on `arn:aws:sqs:eu-central-1:1:q`",
        "add to the deploying identity's policy: {\"Effect\": \"Allow\", \"Action\": \
         \"sqs:CreateQueue\", \"Resource\": \"arn:aws:sqs:eu-central-1:1:q\"}",
    ),
    (
        "User: arn:aws:iam::1:user/x is not authorized to perform: iam:CreateRole on resource: \
         arn:aws:iam::1:role/r with an explicit deny because a service control policy explicitly \
         denies the action",
        "whoever deploys may not `iam:CreateRole` on `arn:aws:iam::1:role/r` (a service control \
         policy explicitly denies the action)",
        "a deny outweighs every allow: whoever keeps that policy has to let it through",
    ),
    ("mon-dev-items already exists", EXISTS, OTHERS),
    (
        "Resource handler returned message: \"Resource of type 'AWS::DynamoDB::Table' with \
         identifier 'mon-dev-items' already exists.\" (RequestToken: 12, HandlerErrorCode: \
         AlreadyExists)",
        EXISTS,
        OTHERS,
    ),
    (
        "Resource handler returned message: \"Function already exist: mon-dev-items (Service: \
         Lambda, Status Code: 409, Request ID: 1)\" (RequestToken: 12, HandlerErrorCode: \
         AlreadyExists)",
        EXISTS,
        OTHERS,
    ),
    (
        "Resource handler returned message: \"Role with name mon-dev-items already exists. \
         (Service: Iam, Status Code: 409)\" (RequestToken: 12, HandlerErrorCode: AlreadyExists)",
        EXISTS,
        OTHERS,
    ),
    (
        "The specified log group already exists (Service: AWSLogs; Status Code: 400; Error Code: \
         ResourceAlreadyExistsException)",
        "something of this name exists already, and this stack did not make it",
        OTHERS,
    ),
    (
        "mon-dev-items already exists in stack arn:aws:cloudformation:eu-central-1:1:stack/other/1",
        "`mon-dev-items` belongs to the stack `other`",
        "rename it here, or take it out of `other` first and deploy that",
    ),
    (
        "Resource handler returned message: \"An event source mapping with SQS arn (\" \
         arn:aws:sqs:eu-central-1:1:q \") and function (\" mon-dev-mail \") already exists. Please \
         update or delete the existing mapping with UUID 6a81 (Service: Lambda, Status Code: 409, \
         Request ID: 1)\" (RequestToken: 12, HandlerErrorCode: AlreadyExists)",
        "`mon-dev-mail` reads from `arn:aws:sqs:eu-central-1:1:q` already, by the mapping `6a81`, \
         which this stack did not make",
        "remove it: `aws lambda delete-event-source-mapping --uuid 6a81`, then deploy again",
    ),
    (
        "A queue already exists with the same name and a different value for attribute \
         VisibilityTimeout (Service: AmazonSQS; Status Code: 400)",
        "a queue of this name exists already, with another `VisibilityTimeout`, and this stack \
         did not make it",
        OTHERS,
    ),
    (
        "Invalid parameter: Attributes Reason: Topic already exists with different attributes \
         (Service: AmazonSNS; Status Code: 400)",
        "a topic of this name exists already, with other attributes, and this stack did not make it",
        OTHERS,
    ),
    (
        "CloudFormation is attempting to import some resources because they already exist in your \
         account. The resources must have the DeletionPolicy attribute set to 'Retain' or \
         'RetainExceptOnCreate' in the template for successful import. The affected resources are \
         Inbox ({BucketName=my-inbox})",
        "what these resources would make exists in the account already: Inbox \
         ({BucketName=my-inbox})",
        "delete or rename what is there, or rename the resources here",
    ),
    (
        "Requires capabilities : [CAPABILITY_NAMED_IAM]",
        "CloudFormation wants the consent CAPABILITY_NAMED_IAM, which every deploy of this tool \
         gives",
        "a nested stack of a plugin's own asks for it: name its resources without one",
    ),
    (
        "The following hook(s) failed: [Acme::Tags::Hook]",
        "the account does not let it through: the hook `Acme::Tags::Hook` refused it",
        "whoever keeps the account's hooks knows its rules; CloudFormation keeps its findings: \
         `aws cloudformation list-hook-results`",
    ),
    (
        "The following hook(s)/validation failed: [AWS::EarlyValidation::PropertyValidation]. To \
         troubleshoot Early Validation errors, use the DescribeEvents API for detailed failure \
         information.",
        "CloudFormation found a fault before it began (AWS::EarlyValidation::PropertyValidation)",
        "allow `cloudformation:DescribeEvents` and deploy again: it says what and where",
    ),
    (
        "Circular dependency between resources: [Queue, Dead]",
        "resources wait for each other: `Queue`, `Dead`",
        "let one of them do without the other, such as by a policy of its own that names both",
    ),
    (
        "Export shared-vpc cannot be deleted as it is in use by billing and web.",
        "the export `shared-vpc` is imported by billing and web",
        "take the import out of that stack first, and deploy it",
    ),
    (
        "Template error: Unable to get mapping for Regions::eu-west-9::Layer",
        "a mapping of the resources has no entry `Regions::eu-west-9::Layer`",
        "add the entry for this region or env to `Mappings`",
    ),
    (
        "Template error: Fn::FindInMap key not found",
        "a mapping of the resources has no entry",
        "add the entry for this region or env to `Mappings`",
    ),
    ("No updates are to be performed.", "nothing changed: it is up to date", ""),
    (
        "The submitted information didn't contain changes. Submit different information to create \
         a change set.",
        "nothing changed: it is up to date",
        "",
    ),
    ("Resource creation cancelled", "it was stopped, since something else failed", ""),
    ("Resource update cancelled", "it was stopped, since something else failed", ""),
    ("Stack [mon-dev] does not exist", GONE.0, GONE.1),
    ("Stack with id mon-dev does not exist", GONE.0, GONE.1),
    (
        "The bucket you are attempting to access must be addressed using the specified endpoint. \
         Please send all future requests to this endpoint.",
        "the bucket is in another region than the stack",
        "name a bucket of the env's region",
    ),
    ("The bucket does not allow ACLs", ACLS.0, ACLS.1),
    (
        "Resource handler returned message: \"Bucket cannot have ACLs set with ObjectOwnership's \
         BucketOwnerEnforced setting (Service: S3, Status Code: 400)\" (RequestToken: 1, \
         HandlerErrorCode: InvalidRequest)",
        ACLS.0,
        ACLS.1,
    ),
    (
        "Invalid parameter: FilterPolicy: Filter policy is too complex (Service: Sns, Status Code: \
         400)",
        "SNS does not take the subscription's filter: Filter policy is too complex",
        "look at the job types that the plugin names; SNS takes at most 150 values in a filter",
    ),
    (
        "Resource handler returned message: \"Invalid request provided: The provided execution \
         role does not have permissions to call ReceiveMessage on SQS (Service: Lambda, Status \
         Code: 400)\" (RequestToken: 1, HandlerErrorCode: InvalidRequest)",
        "the function's role may not read from the queue that feeds it",
        "allow `sqs:ReceiveMessage`, `sqs:DeleteMessage` and `sqs:GetQueueAttributes` on the queue \
         in the plugin's `[[consumer.permissions]]`, or in its role's policy",
    ),
    (
        "Resource handler returned message: \"Invalid request provided: Queue visibility timeout: \
         30 seconds is less than Function timeout: 60 seconds (Service: Lambda)\" (RequestToken: \
         1, HandlerErrorCode: InvalidRequest)",
        "the queue shows a message again after 30 seconds, while the function may run for 60",
        "let the queue's `VisibilityTimeout` be at least six times the function's `timeout`",
    ),
    (
        "Resource handler returned message: \"Specified ReservedConcurrentExecutions for function \
         decreases account's UnreservedConcurrentExecution below its minimum value of [10]. \
         (Service: Lambda, Status Code: 400)\" (RequestToken: 1, HandlerErrorCode: \
         GeneralServiceException)",
        "the function reserves more executions than the account can spare, which has to keep some \
         for all other functions: 10",
        "lower `concurrency` in the plugin's `[consumer]`, or ask for a higher quota of Lambda's \
         concurrent executions (Service Quotas, `L-B99A9384`)",
    ),
    (
        "Parameter ScheduleExpression is not valid. (Service: EventBridge, Status Code: 400)",
        "the schedule's expression is none that AWS knows",
        "write it as `rate(1 minute)`, `rate(5 minutes)`, `cron(0 8 * * ? *)` or \
         `at(2030-01-31T08:00:00)`",
    ),
    (
        "Resource handler returned message: \"null\" (RequestToken: 12, HandlerErrorCode: \
         GeneralServiceException)",
        "the service failed and gave no reason",
        "CloudTrail has the call with its answer: `aws cloudtrail lookup-events \
         --lookup-attributes AttributeKey=ReadOnly,AttributeValue=false`",
    ),
    ("Rate exceeded", "AWS took no more calls for a while", "wait a minute and deploy again"),
    (
        "Stack:arn:aws:x is in ROLLBACK_COMPLETE state and can not be updated.",
        "the first create of the stack failed, and such a stack cannot be updated",
        "`scheduler deploy` says what failed, deletes it and makes it anew",
    ),
    (
        "Stack:arn:aws:x is in UPDATE_IN_PROGRESS state and can not be updated.",
        "somebody else's operation is under way (UPDATE_IN_PROGRESS)",
        "`scheduler deploy` waits for its end",
    ),
    (
        "Properties validation failed for resource Odd with message:\n#/Rules/0: extraneous key \
         [Stauts] is not permitted",
        "there is no property `Stauts` in `Rules.0`",
        "look the property up in AWS's reference of the resource's type",
    ),
];

const EXISTS: &str = "`mon-dev-items` exists already, and this stack did not make it";
const OTHERS: &str = "delete or rename what has the name, or change `service` or the env's name; \
                      what an earlier `destroy --keep-data` of the same env left is taken over by \
                      itself";
const GONE: (&str, &str) = (
    "the stack `mon-dev` is not there (any more)",
    "somebody may have deleted it meanwhile; `scheduler deploy` makes it anew",
);
const ACLS: (&str, &str) = (
    "the bucket takes no access control list: its owner owns every object in it",
    "take `AccessControl` out of the bucket's properties; a bucket policy lets others in",
);

#[test]
fn every_sentence_is_rewritten_whole() {
    for (text, what, hint) in TOLD {
        let told = reason(text);
        assert_eq!(told.what, *what, "{text}");
        assert_eq!(told.hint.as_deref().unwrap_or_default(), *hint, "{text}");
    }
}

#[test]
fn a_property_of_a_known_type_is_told_with_what_it_was_meant_to_be() {
    let told = |text: &str, kind| {
        let Explained { what, hint } = of(text, Some(kind));
        (what, hint.unwrap_or_default())
    };
    let (what, hint) = told(
        "Properties validation failed for resource Inbox with message:\n#: #: only 1 subschema \
         matches out of 2\n#/RedrivePolicy: extraneous key [MaxRecieveCount] is not permitted\n#: \
         extraneous key [DelaySecnds] is not permitted\n#/KmsMasterKeyId: expected type: String, \
         found: Integer",
        "AWS::SQS::Queue",
    );
    assert_eq!(
        what,
        "it is not as its type wants it: only 1 subschema matches out of 2; there is no property \
         `MaxRecieveCount` in `RedrivePolicy`; there is no property `DelaySecnds`; \
         `KmsMasterKeyId` is not as its type wants it: expected type: String, found: Integer"
    );
    assert!(hint.starts_with("did you mean ") && hint.contains("`DelaySeconds`"), "{hint}");
    let (what, hint) = told(
        "Resource handler returned message: \"Model validation failed (#: extraneous key \
         [Stauts] is not permitted)\" (RequestToken: 1, HandlerErrorCode: InvalidRequest)",
        "AWS::S3::Bucket",
    );
    assert_eq!(what, "there is no property `Stauts`");
    assert_eq!(hint, "did you mean `Status`?");
    let (_, hint) = told("#/Qty: required key [Count] not found", "Acme::Odd::Type");
    assert_eq!(hint, "look the property up in AWS's reference of `Acme::Odd::Type`");
}

#[test]
fn the_resource_and_the_property_are_read_off_a_sentence() {
    let text = "Properties validation failed for resource Inbox with message:\n#/Rules/0: \
                extraneous key [Stauts] is not permitted";
    assert_eq!(resource_of(text), Some("Inbox"));
    assert_eq!(property_of(text), Some("Stauts"));
    assert_eq!(property_of("#/Rules/0/Status: expected type: String"), Some("Status"));
    assert_eq!(property_of("Rate exceeded"), None);
}

#[test]
fn what_is_not_known_stays_without_what_only_aws_can_use() {
    let text = "Resource handler returned message: \"The \"x\" is odd\" (RequestToken: 1, \
                HandlerErrorCode: InvalidRequest)";
    assert_eq!(reason(text), Explained { what: "The \"x\" is odd".into(), hint: None });
    assert_eq!(
        reason("It is odd (Service: Sqs, Status Code: 400, Request ID: 1)").what,
        "It is odd"
    );
    assert_eq!(reason("quite new").what, "quite new");
}

#[test]
fn what_a_stack_says_of_its_resources_is_known() {
    assert!(is_summary(
        "The following resource(s) failed to create: [A, B]. Rollback requested by user."
    ));
    assert!(!is_summary("Template error: x"));
}
