//! Who we are, by STS.

use super::super::ports::{Call, Identity};
use super::clients::Aws;
use super::failure::Asked;

impl Identity for Aws {
    async fn account(&self) -> Call<String> {
        let asked = Asked { action: "sts:GetCallerIdentity", resource: "these credentials" };
        let answer = self.sts.get_caller_identity().send().await;
        let identity = answer.map_err(|error| self.fail(asked, error))?;
        Ok(identity.account().unwrap_or_default().to_owned())
    }
}
