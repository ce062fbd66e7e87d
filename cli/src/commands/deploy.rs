//! `scheduler deploy`: check, build what is stale, show the changes, ask, deploy.

use super::narrow;
use super::orphans::{guard_jobs, left_paused, listed};
use crate::args::DeployArgs;
use crate::cloud;
use crate::deploy::apply::{Outcome, apply, protect_again};
use crate::deploy::aws::clients::Aws;
use crate::deploy::due::Due;
use crate::deploy::error::DeployError;
use crate::deploy::finish::finish;
use crate::deploy::ports::Call;
use crate::deploy::prepare::{
    Agreed, Before, Found, Place, Prepared, ReadyDeploy, Unchanged, look, prepare,
};
use crate::deploy::preview::Preview;
use crate::deploy::recover::{Stranded, go_back};
use crate::deploy::release::{Release, asset_bucket};
use crate::deploy::session::Session;
use crate::deploy::stack::Stack;
use crate::error::Failure;
use crate::pipeline;
use crate::project;
use crate::settings::Settings;
use crate::stored::{self, Findings, OnOrphans};
use crate::text::count;
use scheduler_plan::check::Decided;
use scheduler_plan::diff::{Changes, DataLoss};
use serde_json::json;
use std::collections::BTreeMap;

/// Deploys one env. The account is looked at before anything is built.
///
/// # Errors
/// The project's problems, what could not be built, what AWS refused, no consent; with `dry_run`
/// [`Failure::Differences`] where there is anything to do.
pub fn deploy(settings: &Settings, args: &DeployArgs) -> Result<(), Failure> {
    let env = args.env.as_str();
    let decided = project::deployable(settings, env)?;
    if let Some(name) = &args.plugin {
        narrow::plugin(&decided, name)?;
    }
    cloud::check_region(settings, &decided.app)?;
    let place = cloud::place(&decided.app);
    let come_back = format!(
        "`scheduler deploy --env {env}` takes it up again, `scheduler status --env {env}` shows it"
    );
    cloud::block_on(async {
        let aws = cloud::connect(settings, decided.app.region.as_str()).await?;
        let work = reach(settings, args, (&aws, &place), decided);
        let done = cloud::detachable(&come_back, work).await;
        cloud::told_calls(settings, &aws);
        done
    })
}

/// Looks, builds, deploys.
async fn reach(
    settings: &Settings,
    args: &DeployArgs,
    (aws, place): (&Aws, &Place),
    decided: Decided,
) -> Result<(), Failure> {
    let session = cloud::session(settings);
    let found = look(aws, place, &session).await;
    let found = found.map_err(|error| cloud::failure(settings, &error))?;
    let base = match &args.plugin {
        Some(name) => Some((narrow::base(settings, aws, &found).await?, name.clone())),
        None => None,
    };
    let own = settings.clone();
    let release = cloud::interruptible(move || match base {
        None => Ok(pipeline::finished(&own, decided)?.release(&own)),
        Some((base, name)) => narrow::release(&own, &base, decided, &name),
    });
    let release = release.await?;
    Deploy { settings, aws, place, release, args, session: &session }.run(found).await
}

/// One deploy, its zips built.
struct Deploy<'a> {
    settings: &'a Settings,
    aws: &'a Aws,
    place: &'a Place,
    release: Release,
    args: &'a DeployArgs,
    session: &'a Session<'a>,
}

impl Deploy<'_> {
    async fn run(&self, found: Found) -> Result<(), Failure> {
        let Self { aws, place, session, .. } = self;
        let found = match found.is_old() {
            true => look(*aws, place, session).await.map_err(|error| self.failure(error))?,
            false => found,
        };
        let prepared = self.prepare(found).await?;
        let preview = Preview::of(&prepared, &self.release);
        if self.args.dry_run {
            return self.dry(&preview);
        }
        match prepared {
            Prepared::Unchanged(unchanged) => self.unchanged(&unchanged).await,
            Prepared::Stranded(found) => self.go_back(found.stranded, preview).await,
            Prepared::Ready(ready) => self.change(*ready, preview).await,
        }
    }

    async fn prepare(&self, found: Found) -> Result<Prepared, Failure> {
        prepare(self.aws, found, &self.release).await.map_err(|error| self.failure(error))
    }

    /// That there is anything to do is the exit code.
    fn dry(&self, preview: &Preview) -> Result<(), Failure> {
        self.settings.output.result(&preview.to_string(), preview);
        if preview.is_empty() { Ok(()) } else { Err(Failure::Differences) }
    }

    async fn unchanged(&self, found: &Unchanged) -> Result<(), Failure> {
        let Self { settings, release, .. } = self;
        if found.protected == release.protect {
            settings.output.note(&format!("nothing changed: `{}` is up to date", release.stack));
        } else {
            self.protect(found).await?;
        }
        if let Some(due) = &found.due {
            settings.output.note("the last deploy did not come to its end: checking what is there");
            self.work_off(found, due).await?;
        }
        print(settings, release, None, &found.outputs);
        Ok(())
    }

    /// Somebody switched it by hand, or the env says otherwise now.
    async fn protect(&self, found: &Unchanged) -> Result<(), Failure> {
        let Self { settings, release, args, .. } = self;
        let stack = &release.stack;
        let (is, becomes) = if found.protected { ("on", "off") } else { ("off", "on") };
        settings.output.note(&format!(
            "nothing changed but the termination protection of `{stack}`: it is {is}, its env says {becomes}"
        ));
        let question = format!("switch the termination protection of `{stack}` {becomes}?");
        cloud::consent(settings, args.yes, &question).await?;
        protect_again(self.aws, release).await.map_err(|error| self.failure(error))
    }

    async fn work_off(&self, found: &Unchanged, due: &Due) -> Result<(), Failure> {
        let Unchanged { account, outputs, .. } = found;
        let bucket = asset_bucket(account, &self.release.region);
        let done = finish(self.aws, (&self.release, &bucket), due, outputs, self.session).await;
        done.map_err(|error| self.failure(error))
    }

    async fn change(&self, ready: ReadyDeploy, preview: Preview) -> Result<(), Failure> {
        self.settings.output.note(&preview.to_string());
        let stored = self.judged(&ready, &preview).await?;
        self.agree(&preview).await?;
        self.carry_out(ready, &preview, &stored).await
    }

    /// What a stack that could not go back would lose or change is known only once it has.
    async fn go_back(&self, stranded: Stranded, shown: Preview) -> Result<(), Failure> {
        let Self { settings, aws, release, args, session, .. } = self;
        settings.output.note(&shown.to_string());
        self.agree(&shown).await?;
        let plugins = &release.templates.nested_ids;
        let gone = go_back(*aws, stranded, (&args.skip_rollback, plugins), session).await;
        gone.map_err(|error| self.failure(error))?;
        let back = format!("`{}` was brought back to the last state that worked", release.stack);
        self.go_on(&shown).await.map_err(|failure| failure.after(&back))
    }

    /// From the last state that worked.
    async fn go_on(&self, shown: &Preview) -> Result<(), Failure> {
        let Self { aws, place, release, session, .. } = self;
        let found = look(*aws, place, session).await.map_err(|error| self.failure(error))?;
        let prepared = self.prepare(found).await?;
        let preview = Preview::of(&prepared, release);
        let ready = match prepared {
            Prepared::Unchanged(unchanged) => return self.unchanged(&unchanged).await,
            Prepared::Stranded(_) => {
                return Err(self.failure(DeployError::Overtaken { stack: release.stack.clone() }));
            }
            Prepared::Ready(ready) => *ready,
        };
        if preview.changes != shown.changes {
            return self.change(ready, preview).await;
        }
        let stored = self.judged(&ready, &preview).await?;
        self.carry_out(ready, &preview, &stored).await
    }

    /// Everything that is refused unless it was named beforehand.
    async fn judged(&self, ready: &ReadyDeploy, preview: &Preview) -> Result<Findings, Failure> {
        let stored = stored(self.aws, &ready.before, &self.release).await;
        let stored = stored.map_err(|error| self.failure(error.into()))?;
        self.guard(&ready.before, &preview.changes).await?;
        guard_jobs(&stored, self.args)?;
        if let Some(what) = self.args.on_orphans.filter(|_| !stored.keys.is_empty()) {
            let done = match what {
                OnOrphans::Pause => "are paused before the deploy",
                OnOrphans::Delete => "are deleted after the deploy",
            };
            let types = listed(&stored.orphans);
            self.settings.output.note(&format!("jobs whose type goes {done}: {types}"));
        }
        Ok(stored)
    }

    async fn agree(&self, preview: &Preview) -> Result<(), Failure> {
        let Preview { stack, account, .. } = preview;
        let question = format!("deploy this to `{stack}` in account {account}?");
        cloud::consent(self.settings, self.args.yes, &question).await
    }

    async fn carry_out(
        &self,
        ready: ReadyDeploy,
        preview: &Preview,
        stored: &Findings,
    ) -> Result<(), Failure> {
        let Self { settings, args, .. } = self;
        let go = args.on_orphans == Some(OnOrphans::Delete);
        let orphans = stored.orphans.keys().map(|name| (name.clone(), go)).collect();
        if args.on_orphans != Some(OnOrphans::Pause) {
            return self.execute(ready, preview, &orphans).await;
        }
        let done = match self.paused(&ready.before, stored).await {
            Ok(()) => self.execute(ready, preview, &orphans).await,
            failed => failed,
        };
        if done.is_err() {
            left_paused(settings, args, stored);
        }
        done
    }

    async fn execute(
        &self,
        mut ready: ReadyDeploy,
        preview: &Preview,
        orphans: &BTreeMap<String, bool>,
    ) -> Result<(), Failure> {
        let Self { settings, aws, release, args, .. } = self;
        ready.agreed = Agreed { data_loss: args.allow_data_loss.clone(), orphans: orphans.clone() };
        let (outputs, changed) = match apply(*aws, ready, release, self.session).await {
            Ok(Outcome::Deployed { outputs }) => (outputs, Some(preview)),
            Ok(Outcome::Unchanged { outputs }) => {
                let stack = &release.stack;
                settings.output.note(&format!("nothing changed: `{stack}` is up to date"));
                (outputs, None)
            }
            Err(error @ DeployError::Overtaken { .. }) => {
                return self.overtaken(error, orphans).await;
            }
            Err(error) => return Err(self.failure(error)),
        };
        print(settings, release, changed, &outputs);
        Ok(())
    }

    /// Data is lost only where its resource was named beforehand.
    async fn guard(&self, before: &Before, changes: &Changes) -> Result<(), Failure> {
        let mut refused = changes.data_loss();
        refused.extend(before.left_data().into_iter().map(|(id, kind)| DataLoss {
            id,
            stack: "core".into(),
            resource_type: kind.to_owned(),
            reason: "it goes with the stack, whose first create failed".into(),
        }));
        refused.retain(|loss| !self.args.allow_data_loss.contains(&loss.id));
        let (Some(first), Some(stack)) = (refused.first(), any_stack_of(before)) else {
            return Ok(());
        };
        let stakes = stored::at_stake(self.aws, &stack.name, &refused).await;
        let told = |loss: &DataLoss| match stakes.get(&loss.id) {
            Some(held) => format!("`{}` ({}; {held})", loss.id, loss.reason),
            None => format!("`{}` ({})", loss.id, loss.reason),
        };
        let lost: Vec<_> = refused.iter().map(told).collect();
        Err(Failure::Refused {
            what: format!("this deploy would lose data: {}", lost.join(", ")),
            hint: Some(format!("to agree to it, pass `--allow-data-loss {}`", first.id)),
        })
    }

    /// Waits for the other deploy's end: it may have brought what is wanted here.
    async fn overtaken(
        &self,
        error: DeployError,
        orphans: &BTreeMap<String, bool>,
    ) -> Result<(), Failure> {
        let Self { aws, place, release, session, .. } = self;
        session.tell("another deploy was faster: waiting for its end");
        let found = look(*aws, place, session).await.map_err(|error| self.failure(error))?;
        match prepare(*aws, found, release).await.map_err(|error| self.failure(error))? {
            Prepared::Unchanged(found) => {
                let due = Due::default().following(found.due.clone(), orphans);
                if found.due.is_some() || !due.delete.is_empty() {
                    self.work_off(&found, &due).await?;
                }
                print(self.settings, release, None, &found.outputs);
                Ok(())
            }
            Prepared::Stranded(_) | Prepared::Ready(_) => Err(self.failure(error)),
        }
    }

    async fn paused(&self, before: &Before, stored: &Findings) -> Result<(), Failure> {
        let Some(stack) = stack_of(before) else { return Ok(()) };
        let firing = stored::pause(self.aws, &stack.outputs, &stored.keys, self.session).await;
        let firing = firing.map_err(|error| self.failure(error))?;
        match firing.first() {
            None => Ok(()),
            Some(first) => Err(Failure::Failed {
                what: format!(
                    "the schedules of {} still fire, such as that of `{first}`; nothing was \
                     deployed",
                    count(firing.len(), "paused job"),
                ),
                hint: Some(
                    "wait for the queue of changes to be worked off, and deploy again".into(),
                ),
            }),
        }
    }

    fn failure(&self, error: DeployError) -> Failure {
        cloud::failure(self.settings, &error.located(&self.release))
    }
}

/// The stack, where it has been whole.
fn stack_of(before: &Before) -> Option<&Stack> {
    match before {
        Before::Live(stack) => Some(stack),
        Before::Absent | Before::Shell | Before::FailedCreate { .. } => None,
    }
}

/// The stack, where there is one.
fn any_stack_of(before: &Before) -> Option<&Stack> {
    match before {
        Before::FailedCreate { stack, .. } => Some(stack),
        whole => stack_of(whole),
    }
}

/// What the deploy would leave behind of the jobs that are stored.
async fn stored(aws: &Aws, before: &Before, release: &Release) -> Call<Findings> {
    match stack_of(before) {
        Some(stack) => stored::look(aws, &release.stack, &stack.outputs, &release.schemas).await,
        None => Ok(Findings::default()),
    }
}

fn print(
    settings: &Settings,
    release: &Release,
    changes: Option<&Preview>,
    outputs: &BTreeMap<String, String>,
) {
    let width = outputs.keys().map(String::len).max().unwrap_or(0);
    let lines: Vec<_> =
        outputs.iter().map(|(key, value)| format!("{key:width$}  {value}")).collect();
    let value = json!({
        "stack": release.stack,
        "changed": changes.is_some(),
        "changes": changes,
        "outputs": outputs,
    });
    settings.output.result(&lines.join("\n"), &value);
}
