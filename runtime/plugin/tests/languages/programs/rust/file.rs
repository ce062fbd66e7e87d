//! The probe over the one file for Rust, as a plugin of its own would have it.

#[expect(unreachable_pub, reason = "a file that is a module elsewhere")]
#[path = "../../../../rust/scheduler_plugin.rs"]
mod plugin;
mod probe;

use plugin::{Error, Tick, run};
use probe::Probe;

fn main() -> Result<(), Error> {
    run(|tick: Tick<Probe>| async move { probe::act(&tick).await })
}
