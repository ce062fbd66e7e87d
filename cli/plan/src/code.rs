//! The kinds of mistake. A code names one for good: scripts, pages and searches rely on it, so a
//! code is never renamed and never given a new meaning.

use serde::{Serialize, Serializer};
use std::fmt;

/// A table of codes: what each one means, the variant, and the name that users see. Its page is
/// the file of that name in `explain/pages`.
macro_rules! codes {
    ($(#[doc = $about:literal] $variant:ident = $name:literal,)*) => {
        /// A kind of mistake.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum Code {
            $(#[doc = $about] $variant,)*
        }

        impl Code {
            /// Every code, sorted by name.
            pub const ALL: &'static [Self] = &[$(Self::$variant,)*];

            /// As users see it, such as `unknown-key`.
            #[must_use]
            pub fn as_str(self) -> &'static str {
                match self {
                    $(Self::$variant => $name,)*
                }
            }

            /// What it means, in a sentence.
            #[must_use]
            pub fn about(self) -> &'static str {
                let about = match self {
                    $(Self::$variant => $about,)*
                };
                about.trim_ascii_start()
            }

            /// Its page as written; `explain` reads it.
            #[must_use]
            pub fn page(self) -> &'static str {
                match self {
                    $(Self::$variant => include_str!(concat!("explain/pages/", $name, ".md")),)*
                }
            }
        }
    };
}

codes! {
    /// `auth` names both kinds of issuer, or none.
    AuthChoice = "auth-choice",
    /// An account that is not twelve digits.
    BadAccount = "bad-account",
    /// A permission's action that IAM does not know how to read.
    BadAction = "bad-action",
    /// A plugin's Cargo.toml that does not say what is built.
    BadCargoToml = "bad-cargo-toml",
    /// An env's name with characters or a length that names cannot have.
    BadEnvName = "bad-env-name",
    /// Not the ARN of a Lambda function.
    BadFunctionArn = "bad-function-arn",
    /// A handler that is not in the form of its runtime.
    BadHandler = "bad-handler",
    /// A job type's name.
    BadJobTypeName = "bad-job-type-name",
    /// Not the ARN of a version of a layer.
    BadLayerArn = "bad-layer-arn",
    /// Not an e-mail address.
    BadMailAddress = "bad-mail-address",
    /// A plugin's package.json that cannot be read.
    BadPackageJson = "bad-package-json",
    /// A plugin folder's name.
    BadPluginName = "bad-plugin-name",
    /// Not the ARN of an SQS queue.
    BadQueueArn = "bad-queue-arn",
    /// A value that CloudFormation shall put in, and that names nothing.
    BadReference = "bad-reference",
    /// A service's name.
    BadServiceName = "bad-service-name",
    /// Not an https URL.
    BadUrl = "bad-url",
    /// A variable's name that Lambda does not take.
    BadVariableName = "bad-variable-name",
    /// A `[build]` beside a consumer that exists already.
    BuildBesideQueue = "build-beside-queue",
    /// A `[build]` and nothing that runs what it makes.
    BuildWithoutConsumer = "build-without-consumer",
    /// A function and nothing that makes its zip.
    ConsumerWithoutBuild = "consumer-without-build",
    /// A resource that AWS would refuse, or take and not run as it is meant.
    DoubtfulResource = "doubtful-resource",
    /// A key that stands twice in one table.
    DuplicateKey = "duplicate-key",
    /// More bytes of environment than Lambda takes.
    EnvironmentTooLarge = "environment-too-large",
    /// A FIFO queue where only a standard one can stand.
    FifoQueue = "fifo-queue",
    /// A folder where a file has to be.
    FolderNotFile = "folder-not-file",
    /// A requirement that means something else on another machine.
    ForeignRequirement = "foreign-requirement",
    /// A job type that somebody else provides already.
    JobTypeTaken = "job-type-taken",
    /// A key that means nothing beside what else is written.
    KeyWithoutEffect = "key-without-effect",
    /// A bundle and no tool that makes it.
    MissingBundler = "missing-bundler",
    /// A runtime that needs a handler.
    MissingHandler = "missing-handler",
    /// A key that has to be written.
    MissingKey = "missing-key",
    /// Packages and no file that pins their versions.
    MissingLockFile = "missing-lock-file",
    /// A module of one kind that Lambda would read as one of the other.
    ModuleKind = "module-kind",
    /// A name that is too long together with others.
    NameTooLong = "name-too-long",
    /// A plugin without a job type.
    NoJobTypes = "no-job-types",
    /// A plugin pattern that finds nothing.
    NoPluginFound = "no-plugin-found",
    /// A file that is not there.
    NoSuchFile = "no-such-file",
    /// A handler whose function is not in its module.
    NoSuchFunction = "no-such-function",
    /// A folder among the plugins without a plugin.toml.
    NotAPlugin = "not-a-plugin",
    /// A build command that may not be run.
    NotExecutable = "not-executable",
    /// A key whose feature this version does not have.
    NotSupportedYet = "not-supported-yet",
    /// Bytes that are no text.
    NotUtf8 = "not-utf8",
    /// A number outside of what is allowed.
    OutOfRange = "out-of-range",
    /// More of something than AWS takes.
    OverLimit = "over-limit",
    /// More of something than AWS takes, unless the account has asked for more.
    OverQuota = "over-quota",
    /// A path that leaves the folder of the file that names it.
    PathLeavesFolder = "path-leaves-folder",
    /// An env that changes the function of a plugin that has none.
    PluginHasNoFunction = "plugin-has-no-function",
    /// A plugin's name that another one, or the core, has.
    PluginNameTaken = "plugin-name-taken",
    /// A runtime that cannot run what the build makes.
    RuntimeMismatch = "runtime-mismatch",
    /// A job schema that defines a field that every job has.
    SchemaCoreField = "schema-core-field",
    /// A job schema of another draft.
    SchemaDraft = "schema-draft",
    /// A job schema that is no valid JSON Schema.
    SchemaInvalid = "schema-invalid",
    /// A job schema that is not JSON.
    SchemaNotJson = "schema-not-json",
    /// A job schema that does not describe an object.
    SchemaNotObject = "schema-not-object",
    /// A value that looks like a secret, in a file.
    SecretInFile = "secret-in-file",
    /// A JSON Schema for editors that is another version's.
    StaleSchema = "stale-schema",
    /// Not TOML.
    SyntaxError = "syntax-error",
    /// A plugin's template that defines what is defined already.
    TemplateClash = "template-clash",
    /// A reference to a resource that the stack does not have.
    TemplateDangling = "template-dangling",
    /// A plugin's template that does not render, or not to a fragment.
    TemplateInvalid = "template-invalid",
    /// A package with several binaries, or without the one that is named.
    UnclearBinary = "unclear-binary",
    /// An env that the file does not name.
    UnknownEnv = "unknown-env",
    /// A key that nobody reads.
    UnknownKey = "unknown-key",
    /// A plugin that is not there.
    UnknownPlugin = "unknown-plugin",
    /// A region that AWS does not have.
    UnknownRegion = "unknown-region",
    /// A runtime that Lambda does not have.
    UnknownRuntime = "unknown-runtime",
    /// A word that is none of those allowed.
    UnknownValue = "unknown-value",
    /// A requirement that names no version.
    UnpinnedRequirement = "unpinned-requirement",
    /// A file or folder that is there and cannot be read.
    Unreadable = "unreadable",
    /// A variable that Lambda or the tool sets itself.
    VariableTaken = "variable-taken",
    /// A permission for everything.
    WidePermission = "wide-permission",
    /// Too few or too many entries.
    WrongCount = "wrong-count",
    /// A string where a number has to be, and the like.
    WrongType = "wrong-type",
}

impl Code {
    /// Whether AWS would refuse a deploy over it; nothing else stands in the way of one.
    #[must_use]
    pub fn is_limit(self) -> bool {
        matches!(self, Self::OverLimit | Self::OverQuota)
    }
}

impl fmt::Display for Code {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl Serialize for Code {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}
