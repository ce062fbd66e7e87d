//! The program behind `cargo ci`.

use std::process::ExitCode;

fn main() -> ExitCode {
    scheduler_tests::ci::main()
}
