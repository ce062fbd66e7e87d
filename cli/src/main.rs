//! The `scheduler` command. Everything it does is in the library beside it.

use clap::Parser;
use scheduler::{args::Arguments, run::run, settings::Settings};
use std::process::ExitCode;

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    let settings = Settings::of(&arguments.global);
    match run(&settings, arguments.command).and_then(|()| settings.output.delivered()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            settings.output.failure(&failure);
            ExitCode::from(&failure)
        }
    }
}
