//! CPU time: what else the machine does weighs on it less than on the time of day.

use std::error::Error;
use std::fs::read_to_string;

/// What this program, which has one thread, has computed so far, in milliseconds. Linux counts it
/// in nanoseconds (`proc_pid_schedstat(5)`), and brings it up to date every few milliseconds.
pub(crate) fn cpu_ms() -> Result<f64, Box<dyn Error>> {
    let text = read_to_string("/proc/self/schedstat")?;
    let nanoseconds = text.split_whitespace().next().unwrap_or_default();
    Ok(nanoseconds.parse::<f64>()? / 1e6)
}

/// What something takes, and what it comes to.
pub(crate) fn taken<T>(
    work: impl FnOnce() -> Result<T, Box<dyn Error>>,
) -> Result<(T, f64), Box<dyn Error>> {
    let began = cpu_ms()?;
    let value = work()?;
    Ok((value, cpu_ms()? - began))
}
