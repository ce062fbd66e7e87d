//! How much memory a process takes.

/// The most that the process was ever resident with, MiB rounded up; `None` where it is gone or
/// the system does not tell. Other processes that it started do not count.
#[cfg(target_os = "linux")]
pub(super) async fn peak_mb(pid: u32) -> Option<u32> {
    let status = std::fs::read_to_string(format!("/proc/{pid}/status")).ok()?;
    // Some kernels keep no peak.
    kilobytes(&status, "VmHWM:").max(kilobytes(&status, "VmRSS:")).map(megabytes)
}

/// What the process is resident with now, MiB rounded up; `None` where it is gone. Other
/// processes that it started do not count.
#[cfg(not(target_os = "linux"))]
pub(super) async fn peak_mb(pid: u32) -> Option<u32> {
    let mut ps = tokio::process::Command::new("ps");
    let said = ps.args(["-o", "rss=", "-p", &pid.to_string()]).output().await.ok()?;
    String::from_utf8_lossy(&said.stdout).trim().parse().ok().map(megabytes)
}

#[cfg(target_os = "linux")]
fn kilobytes(status: &str, key: &str) -> Option<u64> {
    let line = status.lines().find_map(|line| line.strip_prefix(key))?;
    line.trim().strip_suffix(" kB")?.parse().ok()
}

fn megabytes(kilobytes: u64) -> u32 {
    u32::try_from(kilobytes.div_ceil(1024)).unwrap_or(u32::MAX)
}
