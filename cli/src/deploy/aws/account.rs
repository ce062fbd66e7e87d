//! What the account holds beyond the env: its asset buckets, other regions, its quotas.

use super::super::ports::{Call, LambdaQuotas, QuotaReader, Regions, StackReader};
use super::super::release::{asset_bucket, asset_region};
use super::super::stack::Stack;
use super::clients::Aws;
use super::failure::Asked;
use scheduler_plan::names::Region;

impl Regions for Aws {
    async fn used_regions(&self, account: &str) -> Call<Vec<String>> {
        let asked = Asked { action: "s3:ListAllMyBuckets", resource: "*" };
        let request = self.s3.list_buckets().prefix(asset_bucket(account, ""));
        let answer = request.send().await.map_err(|error| self.fail(asked, error))?;
        let names = answer.buckets().iter().filter_map(|bucket| bucket.name());
        let regions = names.filter_map(|name| asset_region(account, name));
        // Somebody may have a bucket of their own whose name begins so.
        let known = regions.filter(|region| Region::parse(region).is_ok());
        Ok(known.map(str::to_owned).collect())
    }

    async fn describe_in(&self, region: &str, stack: &str) -> Call<Option<Stack>> {
        self.in_region(region).describe(stack).await
    }
}

impl QuotaReader for Aws {
    async fn lambda_quotas(&self) -> Call<LambdaQuotas> {
        let asked = Asked { action: "lambda:GetAccountSettings", resource: "*" };
        let answer = self.lambda.get_account_settings().send().await;
        let settings = answer.map_err(|error| self.fail(asked, error))?;
        let (limit, usage) = (settings.account_limit(), settings.account_usage());
        let concurrent = limit.map_or(0, |limit| i64::from(limit.concurrent_executions()));
        let unreserved = limit.and_then(|limit| limit.unreserved_concurrent_executions());
        Ok(LambdaQuotas {
            concurrent,
            unreserved: unreserved.map_or(concurrent, i64::from),
            code: limit.map_or(0, |limit| limit.total_code_size()),
            code_used: usage.map_or(0, |usage| usage.total_code_size()),
        })
    }
}
