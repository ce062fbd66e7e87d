//! The model account's buckets, its name, and what answers once it is deployed.

use super::error::CallFailure;
use super::fake::{ACCOUNT, FakeCloud, error};
use super::ports::{
    ArtifactReader, ArtifactStore, BucketState, Call, DataReader, Identity, Invocation, Jobs,
    LambdaQuotas, Probe, QuotaReader, Regions,
};
use super::stack::Stack;
use std::collections::{BTreeMap, BTreeSet};

impl Identity for FakeCloud {
    async fn account(&self) -> Call<String> {
        drop(self.on("sts:GetCallerIdentity", ""));
        Ok(ACCOUNT.into())
    }
}

impl Regions for FakeCloud {
    async fn used_regions(&self, _account: &str) -> Call<Vec<String>> {
        let model = self.on("s3:ListAllMyBuckets", "*");
        match model.hidden_regions {
            true => {
                let why = CallFailure::Denied(String::new());
                Err(error("s3:ListAllMyBuckets", "*", why))
            }
            false => Ok(model.other_regions.keys().cloned().collect()),
        }
    }

    async fn describe_in(&self, region: &str, stack: &str) -> Call<Option<Stack>> {
        let model = self.on("cloudformation:DescribeStacks", stack);
        Ok(model.other_regions.get(region).filter(|found| found.name == stack).cloned())
    }
}

impl QuotaReader for FakeCloud {
    async fn lambda_quotas(&self) -> Call<LambdaQuotas> {
        Ok(self.on("lambda:GetAccountSettings", "*").quotas)
    }
}

impl ArtifactReader for FakeCloud {
    async fn has(&self, bucket: &str, key: &str) -> Call<bool> {
        let model = self.on("s3:HeadObject", key);
        Ok(model.buckets.get(bucket).is_some_and(|objects| objects.contains_key(key)))
    }

    async fn get(&self, bucket: &str, key: &str) -> Call<Option<Vec<u8>>> {
        let model = self.on("s3:GetObject", key);
        Ok(model.buckets.get(bucket).and_then(|objects| objects.get(key)).cloned())
    }

    async fn holds_anything(&self, bucket: &str) -> Call<bool> {
        let model = self.on("s3:ListBucketVersions", bucket);
        Ok(model.buckets.get(bucket).is_some_and(|objects| !objects.is_empty()))
    }

    async fn has_bucket(&self, bucket: &str) -> Call<bool> {
        Ok(self.on("s3:HeadBucket", bucket).buckets.contains_key(bucket))
    }

    async fn owns_bucket(&self, bucket: &str, owner: &str) -> Call<bool> {
        let model = self.on("s3:HeadBucket", bucket);
        if owner != ACCOUNT {
            return Err(error("s3:ListBucket", bucket, CallFailure::Denied(String::new())));
        }
        Ok(model.buckets.contains_key(bucket))
    }
}

impl ArtifactStore for FakeCloud {
    async fn ensure_bucket(&self, bucket: &str, owner: &str) -> Call<BucketState> {
        let mut model = self.on("s3:CreateBucket", bucket);
        if owner != ACCOUNT {
            return Err(error("s3:ListBucket", bucket, CallFailure::Denied(String::new())));
        }
        let known = model.buckets.contains_key(bucket);
        model.buckets.entry(bucket.into()).or_default();
        Ok(if known { BucketState::Ours } else { BucketState::Made })
    }

    async fn put(&self, bucket: &str, key: &str, bytes: Vec<u8>) -> Call<()> {
        let mut model = self.on("s3:PutObject", key);
        model.buckets.entry(bucket.into()).or_default().insert(key.into(), bytes);
        Ok(())
    }

    async fn remove(&self, bucket: &str, key: &str) -> Call<()> {
        let mut model = self.on("s3:DeleteObject", key);
        model.buckets.entry(bucket.into()).or_default().remove(key);
        Ok(())
    }

    async fn empty(&self, bucket: &str) -> Call<usize> {
        let mut model = self.on("s3:ListBucketVersions", bucket);
        Ok(model.buckets.get_mut(bucket).map(std::mem::take).unwrap_or_default().len())
    }
}

impl Probe for FakeCloud {
    async fn get_status(&self, url: &str) -> Call<u16> {
        drop(self.on("GET", url));
        Ok(401)
    }

    async fn invoke(&self, function: &str, _payload: Vec<u8>) -> Call<Invocation> {
        let model = self.on("lambda:InvokeFunction", function);
        let body = serde_json::json!({ "statusCode": 200, "body": model.job_types });
        Ok(Invocation { body: body.to_string().into_bytes(), error: None })
    }
}

impl DataReader for FakeCloud {
    async fn has_table(&self, table: &str) -> Call<bool> {
        Ok(!self.on("dynamodb:DescribeTable", table).gone.contains(table))
    }

    async fn has_user_pool(&self, pool: &str) -> Call<bool> {
        Ok(!self.on("GET", pool).gone.contains(pool))
    }
}

impl Jobs for FakeCloud {
    async fn delete_jobs(&self, table: &str, types: &BTreeSet<String>) -> Call<usize> {
        drop(self.on("dynamodb:DeleteItem", &format!("{table} {types:?}")));
        Ok(types.len())
    }

    async fn differences(
        &self,
        stack: &str,
        _outputs: &BTreeMap<String, String>,
        repair: bool,
    ) -> Call<u64> {
        let action = if repair { "sqs:SendMessageBatch" } else { "scheduler:ListSchedules" };
        Ok(self.on(action, stack).differences.pop_front().unwrap_or(0))
    }
}
