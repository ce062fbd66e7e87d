//! A consumer that exists already: a queue or a function, by its ARN.

use super::Findings;
use crate::app::External;
use crate::code::Code;
use crate::document::Document;
use crate::problem::{Place, Problem};

/// The keys that name one.
pub(super) const KEYS: [&str; 2] = ["queue_arn", "function_arn"];

/// What is written of it.
pub(super) struct Written<'a> {
    pub(super) queue: Option<&'a String>,
    pub(super) function: Option<&'a String>,
    pub(super) document: &'a Document,
    /// The table in which the keys stand.
    pub(super) table: &'a [&'a str],
}

/// Which one it is, where one is written; what is wrong with it is told.
pub(super) fn external(written: &Written<'_>, findings: &mut Findings) -> Option<External> {
    let place = |key| written.document.value(&[written.table, &[key]].concat());
    if let Some(arn) = written.function {
        function_arn(arn, place("function_arn"), findings);
        if written.queue.is_some() {
            let what = "`queue_arn` and `function_arn` exclude each other: a tick goes one way";
            findings.push(
                Problem::error(Code::KeyWithoutEffect, place("queue_arn"), what)
                    .hint("keep one of them"),
            );
        }
        return Some(External::Function(arn.clone()));
    }
    let arn = written.queue?;
    queue_arn(arn, place("queue_arn"), findings);
    Some(External::Queue(arn.clone()))
}

fn queue_arn(arn: &str, place: Place, findings: &mut Findings) {
    let parts: Vec<_> = arn.split(':').collect();
    let fits = matches!(parts.as_slice(), ["arn", partition, "sqs", region, account, name]
        if is_somewhere(partition, region, account) && !name.is_empty());
    if !fits {
        let what = format!("`{arn}` is not the ARN of an SQS queue");
        let hint = "such as `arn:aws:sqs:eu-central-1:123456789012:my-queue`";
        findings.push(Problem::error(Code::BadQueueArn, place, what).hint(hint));
    } else if arn.ends_with(".fifo") {
        findings.error(Code::FifoQueue, place, "a FIFO queue cannot subscribe to a standard topic");
    }
}

fn function_arn(arn: &str, place: Place, findings: &mut Findings) {
    let parts: Vec<_> = arn.split(':').collect();
    let fits = match parts.as_slice() {
        ["arn", partition, "lambda", region, account, "function", name, rest @ ..] => {
            let qualified = rest.len() < 2 && rest.iter().all(|alias| !alias.is_empty());
            is_somewhere(partition, region, account) && !name.is_empty() && qualified
        }
        _ => false,
    };
    if !fits {
        let what = format!("`{arn}` is not the ARN of a Lambda function");
        let hint = "such as `arn:aws:lambda:eu-central-1:123456789012:function:my-function`";
        findings.push(Problem::error(Code::BadFunctionArn, place, what).hint(hint));
    }
}

/// Whether a partition, a region and an account can stand in an ARN.
pub(super) fn is_somewhere(partition: &str, region: &str, account: &str) -> bool {
    let digits = account.len() == 12 && account.bytes().all(|byte| byte.is_ascii_digit());
    partition.starts_with("aws") && !region.is_empty() && digits
}
