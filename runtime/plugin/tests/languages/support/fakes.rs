//! Consumers whose AWS SDK is a small model of it.

use super::program::{Language, Program};
use std::path::Path;

const PYTHON: [&str; 2] = ["boto3.py", "botocore/config.py"];
const NODE: [&str; 4] = [
    "client-s3/index.mjs",
    "client-s3/package.json",
    "client-sesv2/index.mjs",
    "client-sesv2/package.json",
];

/// The probe of a language; the model keeps objects and mails in `aws`.
pub(crate) async fn fake_aws(language: Language, variables: &[(&str, &str)]) -> Program {
    fake_aws_with(language, &[], variables).await
}

/// The same with more files.
pub(crate) async fn fake_aws_with(
    language: Language,
    files: &[(&str, &Path)],
    variables: &[(&str, &str)],
) -> Program {
    let fakes = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/languages/fakes");
    let (from, names, to) = match language {
        Language::Python => ("python", &PYTHON[..], ""),
        Language::Node => ("node", &NODE[..], "node_modules/@aws-sdk/"),
        // Their SDK is the real one, and S3 and SES are the model.
        Language::Crate | Language::File => ("", &[][..], ""),
    };
    let fakes: Vec<_> =
        names.iter().map(|name| (format!("{to}{name}"), fakes.join(from).join(name))).collect();
    let fakes = fakes.iter().map(|(name, from)| (name.as_str(), from.as_path()));
    let files: Vec<_> = fakes.chain(files.iter().copied()).collect();
    language.start(&files, variables).await
}
