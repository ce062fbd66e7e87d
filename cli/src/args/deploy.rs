//! The arguments of `deploy` and `destroy`.

use crate::stored::OnOrphans;
use clap::Args;

/// `scheduler deploy`
#[derive(Debug, Default, Args)]
#[command(
    long_about = "\
Check, look at the account, build what is stale, show the changes, ask, deploy

Whatever state the stack is in, this is the command to run: it waits for what is going on, takes up a
deploy that was stopped half-way, makes a stack anew whose first create failed, and brings one back that
could not go back by itself. Ctrl-C detaches; what AWS has begun goes on.",
    after_help = "\
Examples:
  scheduler deploy --env dev
  scheduler deploy --env prod --yes                    in a release pipeline
  scheduler deploy --env prod --dry-run                only show the changes (exit 4: there are some)
  scheduler deploy --env prod --plugin html-checker    that plugin, and nothing of the others

Exit codes: 0 done, 1 failed, 2 the input is wrong, 3 refused for safety, 4 with --dry-run: there are
changes, 130 detached"
)]
pub struct DeployArgs {
    /// The env
    #[arg(long, value_name = "ENV")]
    pub env: String,
    /// Do not ask
    #[arg(long)]
    pub yes: bool,
    /// Show the changes and do nothing
    #[arg(long, conflicts_with = "yes")]
    pub dry_run: bool,
    /// Change nothing but this plugin's stack and the core functions' code
    #[arg(long, value_name = "NAME")]
    pub plugin: Option<String>,
    /// Agree to losing what this resource holds, as `diff` prints it; may be repeated
    #[arg(long, value_name = "LOGICAL_ID")]
    pub allow_data_loss: Vec<String>,
    /// Agree to stored jobs of this type that no longer fit its schema; may be repeated
    #[arg(long, value_name = "JOB_TYPE")]
    pub allow_misfits: Vec<String>,
    /// What becomes of jobs whose type goes
    #[arg(long, value_name = "WHAT")]
    pub on_orphans: Option<OnOrphans>,
    /// After an update that failed and could not go back: go on without this resource, as
    /// `deploy` names it; may be repeated
    #[arg(long, value_name = "LOGICAL_ID")]
    pub skip_rollback: Vec<String>,
}

/// `scheduler destroy`
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  scheduler destroy --env dev
  scheduler destroy --env dev --yes --keep-data   keep table, user pool and state;
                                                  a later deploy takes them up again")]
pub struct DestroyArgs {
    /// The env
    #[arg(long, value_name = "ENV")]
    pub env: String,
    /// Do not ask
    #[arg(long)]
    pub yes: bool,
    /// Keep table, user pool and state; a later deploy takes them up again
    #[arg(long)]
    pub keep_data: bool,
    /// Where it cannot be deleted: leave this resource behind, as `destroy` names it; may be
    /// repeated
    #[arg(long, value_name = "LOGICAL_ID")]
    pub retain: Vec<String>,
}
