//! One entry of a zip, without what differs from run to run.

/// One entry of a zip.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::build) struct Entry {
    /// Relative, with forward slashes; a folder's ends in one.
    pub(in crate::build) name: String,
    /// What it is.
    pub(in crate::build) content: Content,
}

/// What an entry is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::build) enum Content {
    /// A file with mode 0644.
    File(Vec<u8>),
    /// A file with mode 0755.
    Executable(Vec<u8>),
    /// A symbolic link and its target.
    Link(String),
    /// A folder, empty or not.
    Folder,
}

impl Content {
    /// Its size when unpacked.
    pub(in crate::build) fn bytes(&self) -> usize {
        match self {
            Self::File(bytes) | Self::Executable(bytes) => bytes.len(),
            Self::Link(target) => target.len(),
            Self::Folder => 0,
        }
    }
}
