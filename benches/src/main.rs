//! The program behind `cargo figures`.

use std::process::ExitCode;

fn main() -> ExitCode {
    scheduler_benches::main()
}
