//! The `scheduler` command. Everything it does is in the library beside it.

use scheduler::args::{self, Parsed};
use scheduler::{run::run, settings::Settings};
use std::process::ExitCode;

fn main() -> ExitCode {
    let (settings, done) = match args::parse() {
        Parsed::Command(arguments) => {
            let settings = Settings::of(&arguments.global);
            let done = run(&settings, arguments.command);
            (settings, done)
        }
        Parsed::Told(global, told) => {
            let settings = Settings::of(&global);
            let done = told.map(|text| settings.output.text(&text));
            (settings, done)
        }
    };
    match done.and_then(|()| settings.output.delivered()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            settings.output.failure(&failure);
            ExitCode::from(&failure)
        }
    }
}
