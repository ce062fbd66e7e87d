//! Whether tables and user pools are there.

use super::super::ports::{Call, DataReader, Probe};
use super::clients::Aws;
use super::failure::Asked;

impl DataReader for Aws {
    async fn has_table(&self, table: &str) -> Call<bool> {
        let asked = Asked { action: "dynamodb:DescribeTable", resource: table };
        match self.dynamodb.describe_table().table_name(table).send().await {
            Ok(_) => Ok(true),
            Err(error) => match self.fail(asked, error) {
                failure if failure.is_missing() => Ok(false),
                failure => Err(failure),
            },
        }
    }

    async fn has_user_pool(&self, pool: &str) -> Call<bool> {
        let region = &self.settings.region;
        let domain = if region.starts_with("cn-") { "amazonaws.com.cn" } else { "amazonaws.com" };
        // Every pool's keys are public.
        let url = format!("https://cognito-idp.{region}.{domain}/{pool}/.well-known/jwks.json");
        Ok(!matches!(self.get_status(&url).await?, 400 | 404))
    }
}
