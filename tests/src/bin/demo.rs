//! The program behind `cargo demo`.

use std::process::ExitCode;

fn main() -> ExitCode {
    scheduler_tests::demo::main()
}
