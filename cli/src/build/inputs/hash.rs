//! A digest over fields that cannot run into each other: each is preceded by its length.

use crate::build::archive::hex;
use sha2::{Digest as _, Sha256};

/// A digest in the making.
#[derive(Default)]
pub(super) struct Hash(Sha256);

impl Hash {
    pub(super) fn field(&mut self, bytes: impl AsRef<[u8]>) {
        let bytes = bytes.as_ref();
        self.0.update((bytes.len() as u64).to_le_bytes());
        self.0.update(bytes);
    }

    pub(super) fn finish(self) -> String {
        hex(&self.0.finalize())
    }
}
