//! The asset bucket and the env's own buckets, on S3.

use super::super::error::{CallError, CallFailure};
use super::super::ports::{ArtifactReader, ArtifactStore, BucketState, Call};
use super::arn::partition;
use super::clients::Aws;
use super::failure::Asked;
use aws_sdk_s3::primitives::ByteStream;
use aws_sdk_s3::types::{
    BucketLocationConstraint, CreateBucketConfiguration, Delete, ObjectIdentifier, ObjectOwnership,
    OwnershipControls, OwnershipControlsRule, PublicAccessBlockConfiguration, ServerSideEncryption,
    ServerSideEncryptionByDefault, ServerSideEncryptionConfiguration, ServerSideEncryptionRule,
};
use serde_json::json;

impl ArtifactReader for Aws {
    async fn has(&self, bucket: &str, key: &str) -> Call<bool> {
        let object = format!("{bucket}/{key}");
        let asked = Asked { action: "s3:GetObject", resource: &object };
        match self.s3.head_object().bucket(bucket).key(key).send().await {
            Ok(_) => Ok(true),
            Err(error) => match self.fail(asked, error) {
                failure if failure.is_missing() => Ok(false),
                failure => Err(failure),
            },
        }
    }

    async fn get(&self, bucket: &str, key: &str) -> Call<Option<Vec<u8>>> {
        let object = format!("{bucket}/{key}");
        let asked = Asked { action: "s3:GetObject", resource: &object };
        let answer = self.s3.get_object().bucket(bucket).key(key).send().await;
        let found = match answer.map_err(|error| self.fail(asked, error)) {
            Ok(found) => found,
            Err(failure) if failure.is_missing() => return Ok(None),
            Err(failure) => return Err(failure),
        };
        let bytes = found.body.collect().await.map_err(|error| {
            self.error(asked, CallFailure::Unreachable(object.clone()), error.to_string())
        })?;
        Ok(Some(bytes.into_bytes().to_vec()))
    }

    async fn holds_anything(&self, bucket: &str) -> Call<bool> {
        Ok(!self.versions(bucket).await?.is_empty())
    }

    async fn has_bucket(&self, bucket: &str) -> Call<bool> {
        let asked = Asked { action: "s3:ListBucket", resource: bucket };
        match self.s3.head_bucket().bucket(bucket).send().await {
            Ok(_) => Ok(true),
            Err(error) => match self.fail(asked, error) {
                failure if failure.is_missing() => Ok(false),
                failure => Err(failure),
            },
        }
    }

    async fn owns_bucket(&self, bucket: &str, owner: &str) -> Call<bool> {
        let asked = Asked { action: "s3:ListBucket", resource: bucket };
        // A bucket's name can be taken by anyone: what we upload must not end up with them.
        let request = self.s3.head_bucket().bucket(bucket).expected_bucket_owner(owner);
        match request.send().await.map_err(|error| self.fail(asked, error)) {
            Ok(_) => Ok(true),
            Err(failure) if failure.is_missing() => Ok(false),
            // S3 does not say which of the two it is.
            Err(CallError { why: CallFailure::Denied(said), detail, .. }) if said.is_empty() => {
                let said = "the bucket is another account's, or may not be looked at";
                Err(self.error(asked, CallFailure::Denied(said.into()), detail.into()))
            }
            Err(failure) => Err(failure),
        }
    }
}

impl ArtifactStore for Aws {
    async fn ensure_bucket(&self, bucket: &str, owner: &str) -> Call<BucketState> {
        let state = match self.owns_bucket(bucket, owner).await? {
            true => BucketState::Ours,
            false => BucketState::Made,
        };
        if state == BucketState::Made {
            self.make_bucket(bucket).await?;
        }
        if !self.is_locked(bucket).await? {
            self.lock_bucket(bucket).await?;
        }
        Ok(state)
    }

    async fn put(&self, bucket: &str, key: &str, bytes: Vec<u8>) -> Call<()> {
        let object = format!("{bucket}/{key}");
        let asked = Asked { action: "s3:PutObject", resource: &object };
        let request = self.s3.put_object().bucket(bucket).key(key).body(ByteStream::from(bytes));
        request.send().await.map_err(|error| self.fail(asked, error))?;
        Ok(())
    }

    async fn remove(&self, bucket: &str, key: &str) -> Call<()> {
        let object = format!("{bucket}/{key}");
        let asked = Asked { action: "s3:DeleteObject", resource: &object };
        let request = self.s3.delete_object().bucket(bucket).key(key);
        match request.send().await.map_err(|error| self.fail(asked, error)) {
            Err(failure) if !failure.is_missing() => Err(failure),
            _ => Ok(()),
        }
    }

    async fn empty(&self, bucket: &str) -> Call<usize> {
        let mut count = 0;
        loop {
            let found = self.versions(bucket).await?;
            if found.is_empty() {
                return Ok(count);
            }
            count += found.len();
            self.delete_versions(bucket, found).await?;
        }
    }
}

impl Aws {
    async fn make_bucket(&self, bucket: &str) -> Call<()> {
        let asked = Asked { action: "s3:CreateBucket", resource: bucket };
        let region = self.settings.region.as_str();
        // us-east-1 is the one region that refuses to be named.
        let place = (region != "us-east-1").then(|| {
            let place = BucketLocationConstraint::from(region);
            CreateBucketConfiguration::builder().location_constraint(place).build()
        });
        let request = self.s3.create_bucket().bucket(bucket).set_create_bucket_configuration(place);
        let request = request.object_ownership(ObjectOwnership::BucketOwnerEnforced);
        request.send().await.map_err(|error| self.fail(asked, error))?;
        Ok(())
    }

    /// The policy is the last step of [`Self::lock_bucket`]: with it, all is done.
    async fn is_locked(&self, bucket: &str) -> Call<bool> {
        let asked = Asked { action: "s3:GetBucketPolicy", resource: bucket };
        match self.s3.get_bucket_policy().bucket(bucket).send().await {
            Ok(_) => Ok(true),
            Err(error) => match self.fail(asked, error) {
                failure if failure.is_missing() => Ok(false),
                failure => Err(failure),
            },
        }
    }

    /// Private, encrypted, over TLS only, its objects ours whoever writes them.
    async fn lock_bucket(&self, bucket: &str) -> Call<()> {
        self.block_public(bucket).await?;
        self.encrypt(bucket).await?;
        self.own_objects(bucket).await?;
        self.demand_tls(bucket).await
    }

    async fn block_public(&self, bucket: &str) -> Call<()> {
        let asked = Asked { action: "s3:PutBucketPublicAccessBlock", resource: bucket };
        let all = PublicAccessBlockConfiguration::builder()
            .block_public_acls(true)
            .block_public_policy(true)
            .ignore_public_acls(true)
            .restrict_public_buckets(true)
            .build();
        let request = self.s3.put_public_access_block().bucket(bucket);
        let request = request.public_access_block_configuration(all);
        request.send().await.map_err(|error| self.fail(asked, error))?;
        Ok(())
    }

    async fn encrypt(&self, bucket: &str) -> Call<()> {
        let asked = Asked { action: "s3:PutEncryptionConfiguration", resource: bucket };
        let default =
            ServerSideEncryptionByDefault::builder().sse_algorithm(ServerSideEncryption::Aes256);
        let rule = ServerSideEncryptionRule::builder()
            .set_apply_server_side_encryption_by_default(default.build().ok())
            .build();
        let rules = ServerSideEncryptionConfiguration::builder().rules(rule).build().ok();
        let request = self.s3.put_bucket_encryption().bucket(bucket);
        let request = request.set_server_side_encryption_configuration(rules);
        request.send().await.map_err(|error| self.fail(asked, error))?;
        Ok(())
    }

    async fn own_objects(&self, bucket: &str) -> Call<()> {
        let asked = Asked { action: "s3:PutBucketOwnershipControls", resource: bucket };
        let rule = OwnershipControlsRule::builder();
        let rule = rule.object_ownership(ObjectOwnership::BucketOwnerEnforced).build().ok();
        let controls =
            OwnershipControls::builder().set_rules(rule.map(|rule| vec![rule])).build().ok();
        let request = self.s3.put_bucket_ownership_controls().bucket(bucket);
        let request = request.set_ownership_controls(controls);
        request.send().await.map_err(|error| self.fail(asked, error))?;
        Ok(())
    }

    async fn demand_tls(&self, bucket: &str) -> Call<()> {
        let asked = Asked { action: "s3:PutBucketPolicy", resource: bucket };
        let policy = tls_policy(bucket, &self.settings.region);
        let request = self.s3.put_bucket_policy().bucket(bucket).policy(policy);
        request.send().await.map_err(|error| self.fail(asked, error))?;
        Ok(())
    }

    /// One page of every version and delete marker.
    async fn versions(&self, bucket: &str) -> Call<Vec<ObjectIdentifier>> {
        let asked = Asked { action: "s3:ListBucketVersions", resource: bucket };
        let answer = self.s3.list_object_versions().bucket(bucket).send().await;
        let page = match answer.map_err(|error| self.fail(asked, error)) {
            Ok(page) => page,
            Err(failure) if failure.is_missing() => return Ok(Vec::new()),
            Err(failure) => return Err(failure),
        };
        let versions = page.versions().iter().map(|v| (v.key(), v.version_id()));
        let markers = page.delete_markers().iter().map(|m| (m.key(), m.version_id()));
        Ok(versions.chain(markers).filter_map(|(key, version)| identifier(key?, version)).collect())
    }

    async fn delete_versions(&self, bucket: &str, found: Vec<ObjectIdentifier>) -> Call<()> {
        let asked = Asked { action: "s3:DeleteObjectVersion", resource: bucket };
        let delete = Delete::builder().set_objects(Some(found)).quiet(true).build().ok();
        let request = self.s3.delete_objects().bucket(bucket).set_delete(delete);
        let answer = request.send().await.map_err(|error| self.fail(asked, error))?;
        match answer.errors().first() {
            None => Ok(()),
            Some(error) => {
                let object = format!("{bucket}/{}", error.key().unwrap_or_default());
                let said = error.message().unwrap_or_default().to_owned();
                let why = match error.code() {
                    Some("AccessDenied") | None => CallFailure::Denied(said),
                    Some(code) => CallFailure::Other { code: code.to_owned(), message: said },
                };
                let asked = Asked { resource: &object, ..asked };
                Err(self.error(asked, why, format!("{error:?}")))
            }
        }
    }
}

fn identifier(key: &str, version: Option<&str>) -> Option<ObjectIdentifier> {
    let builder = ObjectIdentifier::builder().key(key);
    builder.set_version_id(version.map(Into::into)).build().ok()
}

fn tls_policy(bucket: &str, region: &str) -> String {
    let partition = partition(region);
    let arn = format!("arn:{partition}:s3:::{bucket}");
    let statement = json!({
        "Sid": "TlsOnly",
        "Effect": "Deny",
        "Principal": "*",
        "Action": "s3:*",
        "Resource": [arn, format!("{arn}/*")],
        "Condition": { "Bool": { "aws:SecureTransport": "false" } }
    });
    json!({ "Version": "2012-10-17", "Statement": [statement] }).to_string()
}
