//! From the command line to a command.

use crate::args::Command;
use crate::commands::{
    build, check, child, completions, deploy, destroy, diff, doctor, explain, init, jobs, local,
    login, man, plan, plugin, status, synth, verify,
};
use crate::error::Failure;
use crate::settings::Settings;

/// Runs a command.
///
/// # Errors
/// Why the exit code is not 0.
pub fn run(settings: &Settings, command: Command) -> Result<(), Failure> {
    match command {
        Command::Init(args) => init::init(settings, &args),
        Command::Local(args) => local::local(settings, &args),
        Command::Jobs(args) => jobs::jobs(settings, &args),
        Command::Login(args) => login::login(settings, &args),
        Command::Plugin(args) => plugin::plugin(settings, &args.command),
        Command::Completions(args) => completions::completions(settings, &args),
        Command::Man(args) => man::man(settings, &args),
        Command::Child(args) => child::child(&args),
        Command::Guard => {
            child::guard();
            Ok(())
        }
        Command::Check { explain: Some(code), .. } => explain::explain(settings, &code),
        Command::Check { env, explain: None } => check::check(settings, env.as_deref()),
        Command::Plan { env } => plan::plan(settings, &env),
        Command::Build { plugins, env } => build::build(settings, env.as_deref(), &plugins),
        Command::Synth { env, out } => synth::synth(settings, &env, out.as_deref()),
        Command::Doctor { env } => doctor::doctor(settings, env.as_deref()),
        Command::Diff { env } => diff::diff(settings, &env),
        Command::Deploy(args) => deploy::deploy(settings, &args),
        Command::Verify(args) => verify::verify(settings, &args),
        Command::Status { env } => status::status(settings, &env),
        Command::Destroy(args) => destroy::destroy(settings, &args),
    }
}
