//! What a policy has to name to allow a call. Pure.

use super::failure::Asked;

/// The ARN of what was asked for, as wide as a policy needs it: of every object of a bucket, of a
/// stack however often it is made anew. `*` stands for what is not known, and for calls that take
/// no resource.
pub(super) fn arn(asked: Asked<'_>, region: &str) -> String {
    let Asked { action, resource } = asked;
    let partition = partition(region);
    let (service, call) = action.split_once(':').unwrap_or(("", action));
    let regional = |kind: &str| format!("arn:{partition}:{service}:{region}:*:{kind}{resource}");
    match service {
        _ if resource == "*" => resource.to_owned(),
        "s3" => s3(partition, call, resource),
        "cloudformation" => stack(resource).unwrap_or_else(|| format!("{}/*", regional("stack/"))),
        "lambda" | "dynamodb" if resource.starts_with("arn:") => resource.to_owned(),
        "lambda" => regional("function:"),
        "dynamodb" => regional("table/"),
        "" => resource.to_owned(),
        _ => "*".to_owned(),
    }
}

/// Of the region's part of AWS.
pub(super) fn partition(region: &str) -> &'static str {
    match region {
        region if region.starts_with("cn-") => "aws-cn",
        region if region.starts_with("us-gov-") => "aws-us-gov",
        _ => "aws",
    }
}

fn s3(partition: &str, call: &str, resource: &str) -> String {
    let bucket = resource.split('/').next().unwrap_or(resource);
    let objects = match call.ends_with("Object") || call.ends_with("ObjectVersion") {
        true => "/*",
        false => "",
    };
    format!("arn:{partition}:s3:::{bucket}{objects}")
}

/// From a stack's ARN, or a change set's, which does not name its stack.
fn stack(resource: &str) -> Option<String> {
    let (head, rest) = resource.split_once(":stack/").or(resource.split_once(":changeSet/"))?;
    let name = if resource.contains(":stack/") { rest.split('/').next()? } else { "*" };
    Some(format!("{head}:stack/{name}/*"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_resource_is_named_as_a_policy_wants_it() {
        let arn = |action, resource| arn(Asked { action, resource }, "cn-north-1");
        assert_eq!(arn("s3:GetObject", "b/k"), "arn:aws-cn:s3:::b/*");
        assert_eq!(arn("s3:ListBucket", "b"), "arn:aws-cn:s3:::b");
        let set = "arn:aws-cn:cloudformation:cn-north-1:1:changeSet/scheduler-x/2";
        assert_eq!(
            arn("cloudformation:DescribeChangeSet", set),
            "arn:aws-cn:cloudformation:cn-north-1:1:stack/*/*"
        );
        let function = "arn:aws-cn:lambda:cn-north-1:1:function:f";
        assert_eq!(arn("lambda:InvokeFunction", function), function);
        assert_eq!(arn("sts:GetCallerIdentity", "these credentials"), "*");
    }
}
