//! Why a zip would not run.

use scheduler_plan::nearest::{did_you_mean, list};

/// Names that are told where none is near.
const TOLD: usize = 5;

/// Why a zip would not run. Files are relative to the project.
#[derive(Debug, thiserror::Error)]
pub enum ContentsError {
    /// The runtime starts `bootstrap`, and there is none.
    #[error("{}", no_bootstrap(zip, elsewhere.as_deref()))]
    NoBootstrap {
        /// The zip.
        zip: String,
        /// One that lies in a folder.
        elsewhere: Option<String>,
    },
    /// `bootstrap` is nothing that Lambda can start.
    #[error("the `bootstrap` in `{zip}` is {what}")]
    Unstartable {
        /// The zip.
        zip: String,
        /// What it is.
        what: String,
    },
    /// The handler's module is not there.
    #[error("the handler is `{handler}`, and `{zip}` holds no `{file}`")]
    NoModule {
        /// The zip.
        zip: String,
        /// The handler.
        handler: String,
        /// The file in which the runtime would look first.
        file: String,
    },
    /// The module is there, without the handler's function.
    #[error("`{file}` defines no `{function}`, which is the handler's function")]
    NoFunction {
        /// The module; in a zip behind the zip.
        file: String,
        /// The function.
        function: String,
        /// What the module has, as far as it can be seen.
        others: Vec<String>,
    },
    /// A compiled module for another machine.
    #[error("`{file}` in `{zip}` is {found}, and the function runs on Linux on {wanted}")]
    OtherBinary {
        /// The zip.
        zip: String,
        /// The file in it.
        file: String,
        /// What it is.
        found: String,
        /// The function's processor.
        wanted: &'static str,
    },
}

fn no_bootstrap(zip: &str, elsewhere: Option<&str>) -> String {
    match elsewhere {
        Some(elsewhere) => format!(
            "`{zip}` holds `{elsewhere}` and no `bootstrap` beside it: Lambda looks at the top only"
        ),
        None => format!("`{zip}` holds no `bootstrap`, which the runtime starts"),
    }
}

impl ContentsError {
    pub(super) fn hint(&self) -> String {
        match self {
            Self::NoBootstrap { elsewhere: Some(_), .. } => {
                "zip what lies in the folder, not the folder".into()
            }
            Self::NoBootstrap { .. } => {
                "name the program `bootstrap`, or say which runtime runs the zip: \
                 `consumer.runtime` and `consumer.handler`"
                    .into()
            }
            Self::Unstartable { .. } => {
                "build it for the functions' processor (`architecture` in `scheduler.toml`), or \
                 begin a script with `#!`"
                    .into()
            }
            Self::NoFunction { others, .. } if others.is_empty() => {
                "`consumer.handler` is `module.function`".into()
            }
            Self::NoFunction { function, others, .. } => {
                let known: Vec<&str> = others.iter().map(String::as_str).collect();
                did_you_mean(function, &known).unwrap_or_else(|| {
                    let told = &known[..known.len().min(TOLD)];
                    format!("name one that it has in `consumer.handler`, such as {}", list(told))
                })
            }
            Self::OtherBinary { .. } => {
                "take it out, or put the one for that processor beside it; packages that \
                 `requirements.txt` names are had for it by themselves"
                    .into()
            }
            Self::NoModule { .. } => {
                "`consumer.handler` is `module.function`, and the module a file at the zip's top"
                    .into()
            }
        }
    }
}
