//! What `scheduler deploy` says of stored jobs that would be left behind.

use crate::args::DeployArgs;
use crate::error::Failure;
use crate::settings::Settings;
use crate::stored::{Findings, Held};
use crate::text::count;
use std::collections::BTreeMap;

/// Jobs are left behind only where that was said beforehand.
pub(super) fn guard_jobs(stored: &Findings, args: &DeployArgs) -> Result<(), Failure> {
    if !stored.orphans.is_empty() && args.on_orphans.is_none() {
        return Err(Failure::Refused {
            what: format!("jobs would have no type any more: {}", listed(&stored.orphans)),
            hint: Some(
                "keep the plugin until its jobs are deleted, or say what becomes of them: \
                 `--on-orphans pause` or `--on-orphans delete`"
                    .into(),
            ),
        });
    }
    let refused = stored.misfits.iter().filter(|(name, _)| !args.allow_misfits.contains(name));
    let refused: BTreeMap<_, _> =
        refused.map(|(name, held)| (name.clone(), held.clone())).collect();
    let Some((first, _)) = refused.first_key_value() else { return Ok(()) };
    Err(Failure::Refused {
        what: format!("stored jobs would not fit their type's schema: {}", listed(&refused)),
        hint: Some(format!(
            "a default or a wider schema keeps them fitting; to agree to it, pass \
             `--allow-misfits {first}`: they go on as they are, until they are changed"
        )),
    })
}

/// Nothing but their owners' hands brings the jobs back after a deploy that failed.
pub(super) fn left_paused(settings: &Settings, args: &DeployArgs, stored: &Findings) {
    let mut jobs: BTreeMap<&str, Vec<String>> = BTreeMap::new();
    for key in &stored.keys {
        jobs.entry(&key.user_id).or_default().push(key.job_id.to_string());
    }
    if jobs.is_empty() {
        return;
    }
    let paused = match stored.keys.len() {
        1 => "1 job stays paused".to_owned(),
        many => format!("{} stay paused", count(many, "job")),
    };
    settings.output.note(&format!(
        "{paused} though the deploy failed; deploy again, or have what is paused resumed:"
    ));
    for (user, ids) in jobs {
        let line = format!("scheduler jobs --env {} resume {}", args.env, ids.join(" "));
        settings.output.note(&format!("  by `{user}`: `{line}`"));
    }
}

/// Type by type.
pub(super) fn listed(held: &BTreeMap<String, Held>) -> String {
    let each = held.iter().map(|(name, Held { jobs, example })| {
        format!("{} of `{name}` (such as {example})", count(*jobs, "job"))
    });
    each.collect::<Vec<_>>().join(", ")
}
