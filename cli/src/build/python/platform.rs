//! What a function's machine is to pip.

use scheduler_plan::names::Architecture;
use serde_json::{Value, json};

/// A runtime of Lambda on a processor.
#[derive(Debug, Clone, Copy)]
pub(in crate::build) struct Platform<'a> {
    /// `3.12`.
    pub(in crate::build) version: &'a str,
    pub(in crate::build) architecture: Architecture,
}

/// The C library of Amazon Linux 2 and of Amazon Linux 2023: minor versions of glibc 2.
const AMAZON_LINUX_2: u32 = 26;
const AMAZON_LINUX_2023: u32 = 34;
/// The oldest one that has a tag of its own number for both processors.
const OLDEST: u32 = 17;
/// Older names of platforms, all for one processor.
const LEGACY: [&str; 4] = ["manylinux_2_12", "manylinux2010", "manylinux_2_5", "manylinux1"];

impl<'a> Platform<'a> {
    /// `None` where the runtime is none of Python's.
    pub(in crate::build) fn of(runtime: &'a str, architecture: Architecture) -> Option<Self> {
        Some(Self { version: runtime.strip_prefix("python")?, architecture })
    }

    /// The tags of wheels that run there, the best first.
    pub(in crate::build) fn tags(self) -> Vec<String> {
        let machine = self.machine();
        let numbered = (OLDEST..=self.glibc()).rev().map(|minor| format!("manylinux_2_{minor}"));
        let named = std::iter::once("manylinux2014".to_owned());
        let legacy = LEGACY.iter().filter(|_| self.architecture == Architecture::X86_64);
        let legacy = legacy.map(|name| (*name).to_owned());
        let plain = std::iter::once("linux".to_owned());
        let all = numbered.chain(named).chain(legacy).chain(plain);
        all.map(|name| format!("{name}_{machine}")).collect()
    }

    /// The environment markers there.
    pub(in crate::build) fn markers(self) -> Value {
        let version = self.version;
        json!({
            "implementation_name": "cpython",
            "os_name": "posix",
            "platform_machine": self.machine(),
            "platform_python_implementation": "CPython",
            "platform_system": "Linux",
            // Lambda runs the newest patch release.
            "implementation_version": format!("{version}.99"),
            "python_full_version": format!("{version}.99"),
            "python_version": version,
            "sys_platform": "linux",
        })
    }

    /// For people.
    pub(in crate::build) fn shown(self) -> String {
        format!("Python {} on {} Linux", self.version, self.architecture)
    }

    fn machine(self) -> &'static str {
        match self.architecture {
            Architecture::X86_64 => "x86_64",
            Architecture::Arm64 => "aarch64",
        }
    }

    // AWS Lambda, "Lambda runtimes": from Python 3.12 on, Amazon Linux 2023.
    fn glibc(self) -> u32 {
        match self.version {
            "3.10" | "3.11" => AMAZON_LINUX_2,
            _ => AMAZON_LINUX_2023,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn wheels_may_be_as_new_as_the_runtimes_linux() {
        let arm = Platform::of("python3.12", Architecture::Arm64).unwrap().tags();
        assert_eq!(arm.first().unwrap(), "manylinux_2_34_aarch64");
        assert!(arm.contains(&"manylinux2014_aarch64".to_owned()));
        assert!(!arm.contains(&"manylinux1_aarch64".to_owned()));
        let old = Platform::of("python3.11", Architecture::X86_64).unwrap().tags();
        assert_eq!(old.first().unwrap(), "manylinux_2_26_x86_64");
        assert!(old.contains(&"manylinux1_x86_64".to_owned()));
        assert!(Platform::of("nodejs22.x", Architecture::Arm64).is_none());
    }
}
