//! Memory: what the system has given this program, which for once is what it needs at the most.

use std::error::Error;
use std::fs::{read_to_string, write};

/// How much more memory work needs than there was before it, in MB, and what it comes to. Linux
/// counts the peak from where it is told to (`proc_pid_clear_refs(5)`). What was freed before is
/// used again first: whoever wants an honest figure frees nothing before.
pub(crate) fn grown<T>(
    work: impl FnOnce() -> Result<T, Box<dyn Error>>,
) -> Result<(T, f64), Box<dyn Error>> {
    write("/proc/self/clear_refs", "5")?;
    let before = kilobytes("VmRSS:")?;
    let value = work()?;
    let peak = kilobytes("VmHWM:")?;
    Ok((value, (peak - before).max(0.0) * 1_024.0 / 1e6))
}

fn kilobytes(name: &str) -> Result<f64, Box<dyn Error>> {
    let text = read_to_string("/proc/self/status")?;
    let line = text.lines().find_map(|line| line.strip_prefix(name));
    let number = line.and_then(|rest| rest.split_whitespace().next());
    Ok(number.ok_or("the system does not tell of memory")?.parse()?)
}
