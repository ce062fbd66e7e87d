//! Why a zip would not run.

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
            Self::NoModule { .. } => {
                "`consumer.handler` is `module.function`, and the module a file at the zip's top"
                    .into()
            }
        }
    }
}
