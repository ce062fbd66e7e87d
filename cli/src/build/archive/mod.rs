//! Zips: read, written, unpacked, and what a binary in one is.

mod elf;
mod entry;
mod links;
mod pack;
mod unpack;

pub(super) use elf::expect_architecture;
pub(super) use entry::{Content, Entry};
pub(super) use pack::{hex, pack, sha256};
pub(super) use unpack::{UNPACKED_MAX, extract, read};
