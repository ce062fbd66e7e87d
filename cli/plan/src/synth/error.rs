//! What can go wrong between plan and templates.

use crate::code::Code;
use crate::problem::{Place, Problem};

/// What can go wrong between plan and templates.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SynthError {
    /// A template does not render, or what it renders is no JSON object.
    #[error("{place}: {what}")]
    Template {
        /// The template's line.
        place: Place,
        /// What is wrong.
        what: String,
        /// How to repair it, where that is not what its code says.
        hint: Option<String>,
    },
    /// Two templates of one stack define the same thing.
    #[error("{place}: `{id}` stands in `{section}` already")]
    Clash {
        /// The template's line.
        place: Place,
        /// `Resources`, `Outputs` or `Conditions`.
        section: String,
        /// The logical id.
        id: String,
    },
    /// A stack refers to something that it does not have.
    #[error("{place}: `{from}` refers to `{to}`, which the stack does not have")]
    Dangling {
        /// The template, or the plugin's manifest.
        place: Place,
        /// The logical id of what refers.
        from: String,
        /// What it refers to.
        to: String,
        /// The name that was perhaps meant, as a question.
        hint: Option<String>,
    },
    /// A function's code was not built.
    #[error("`{unit}` has not been built")]
    MissingArtifact {
        /// The build unit.
        unit: String,
    },
}

impl SynthError {
    /// The same as a problem of what the user wrote, where it is one.
    #[must_use]
    pub fn problem(&self) -> Option<Problem> {
        match self {
            Self::Template { place, what, hint } => {
                Some(hinted(Problem::error(Code::TemplateInvalid, place.clone(), what), hint))
            }
            Self::Clash { place, section, id } => Some(
                Problem::error(
                    Code::TemplateClash,
                    place.clone(),
                    format!("`{id}` stands in `{section}` already"),
                )
                .hint("rename it; the tool's own names begin with `Consumer` and `State`"),
            ),
            Self::Dangling { place, from, to, hint } => {
                let what = format!("`{from}` refers to `{to}`, which the stack does not have");
                Some(hinted(Problem::error(Code::TemplateDangling, place.clone(), what), hint))
            }
            Self::MissingArtifact { .. } => None,
        }
    }
}

fn hinted(problem: Problem, hint: &Option<String>) -> Problem {
    match hint {
        Some(hint) => problem.hint(hint),
        None => problem,
    }
}
