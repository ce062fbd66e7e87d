//! Takes over what an earlier `destroy --keep-data` left.

use super::error::DeployError;
use super::ports::{ArtifactReader, Writes};
use super::release::Release;
use super::session::Session;
use super::stack::Stack;

/// What was kept.
#[derive(Debug, Clone, PartialEq)]
pub struct Kept {}

pub(super) async fn read_kept(
    _cloud: &impl ArtifactReader,
    _bucket: &str,
    _stack: &str,
) -> Result<Option<Kept>, DeployError> {
    Ok(None)
}
pub(super) async fn adopt(
    _cloud: &impl Writes,
    _kept: &Kept,
    _release: &Release,
    _session: &Session<'_>,
) -> Result<Option<Stack>, DeployError> {
    Ok(None)
}
pub(super) async fn forget(
    _cloud: &impl Writes,
    _kept: &Kept,
    _release: &Release,
) -> Result<(), DeployError> {
    Ok(())
}
