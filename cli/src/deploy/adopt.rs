//! Takes over what an earlier `destroy --keep-data` left.
//!
//! CloudFormation takes existing resources into a stack by a change set of its own kind, which may
//! do nothing else. So the way goes: (1) the root stack is made by importing table and pool;
//! (2) each nested stack with kept data is made around a placeholder; (3) its data is imported into
//! it; (4) the ordinary update, which the caller makes, brings everything to the wanted templates.
//! Each step is skipped where an earlier, interrupted run has done it.

use super::apply::tags;
use super::changeset::{Asked, Operation, ask, execute, fresh_name, kind_of};
use super::destroy::{Holding, ReadyDestroy};
use super::error::DeployError;
use super::keep::{Kept, KeptResource};
use super::note::{Note, read_note, write_note};
use super::policy::{SEED, rename_url, seed, seed_template};
use super::ports::{ChangeKind, ChangeSetRequest, Writes};
use super::release::{Release, template_url};
use super::session::Session;
use super::stack::Stack;
use super::upload::{text, upload};
use scheduler_plan::template::Template;
use serde_json::{Map, Value, json};

/// What is adopted into.
pub struct Target<'a> {
    /// The root stack, where it is there already.
    pub live: Option<Stack>,
    /// What is deployed.
    pub release: &'a Release,
    /// The asset bucket.
    pub bucket: &'a str,
}

/// Removes the note, or leaves in it what the release has no place for.
pub(super) async fn forget(
    cloud: &impl Writes,
    kept: &Kept,
    release: &Release,
    bucket: &str,
) -> Result<(), DeployError> {
    let root = root_of(release)?;
    let has_place = |resource: &KeptResource| match &resource.nested {
        Some(nested) => root["Resources"].get(nested).is_some(),
        None => root["Resources"].get(&resource.logical_id).is_some(),
    };
    let mut rest = kept.clone();
    rest.resources.retain(|resource| !has_place(resource));
    put_back(cloud, &rest, bucket).await
}

/// What went is not to be taken over by a later deploy.
pub(super) async fn forget_deleted(
    cloud: &impl Writes,
    ready: &ReadyDestroy,
    bucket: &str,
) -> Result<(), DeployError> {
    let note = read_note::<Kept>(cloud, (bucket, &ready.stack.name)).await?;
    let Some(mut kept) = note else { return Ok(()) };
    let is_gone = |kept: &KeptResource| {
        let gone = |holding: &Holding| holding.resource.physical_id == kept.physical_id();
        ready.holdings.iter().any(gone)
    };
    kept.resources.retain(|resource| !is_gone(resource));
    put_back(cloud, &kept, bucket).await
}

/// With what is left of it; with nothing left it goes.
async fn put_back(cloud: &impl Writes, kept: &Kept, bucket: &str) -> Result<(), DeployError> {
    match kept.resources.is_empty() {
        true => Ok(cloud.remove(bucket, &Kept::key(&kept.stack)).await?),
        false => write_note(cloud, (bucket, &kept.stack), kept).await,
    }
}

fn root_of(release: &Release) -> Result<Value, DeployError> {
    serde_json::from_str(&release.templates.root.text).map_err(|error| DeployError::Foreign {
        stack: release.stack.clone(),
        reason: error.to_string(),
    })
}

/// Steps 1 to 3; answers the stack for step 4.
pub(super) async fn adopt(
    cloud: &(impl Writes + Clone + Send + Sync + 'static),
    kept: &Kept,
    target: Target<'_>,
    session: &Session<'_>,
) -> Result<Option<Stack>, DeployError> {
    let wanted = root_of(target.release)?;
    let mut adoption = Adoption { cloud, wanted, target, session };
    let kept = adoption.existing(kept).await?;
    adoption.root(&kept).await?;
    adoption.seeds(&kept).await?;
    adoption.nested(&kept).await?;
    Ok(adoption.target.live)
}

struct Adoption<'a, C> {
    cloud: &'a C,
    wanted: Value,
    target: Target<'a>,
    session: &'a Session<'a>,
}

impl<C: Writes + Clone + Send + Sync + 'static> Adoption<'_, C> {
    /// What the release has a place for and what is still there.
    async fn existing(&self, kept: &Kept) -> Result<Vec<KeptResource>, DeployError> {
        let mut existing = Vec::new();
        for resource in &kept.resources {
            let place = resource.nested.as_ref().unwrap_or(&resource.logical_id);
            if self.wanted["Resources"].get(place).is_some() && self.is_there(resource).await? {
                existing.push(resource.clone());
            }
        }
        Ok(existing)
    }

    /// Somebody may have deleted it since it was noted.
    async fn is_there(&self, kept: &KeptResource) -> Result<bool, DeployError> {
        let id = kept.physical_id();
        let pool = kept.identifier.get("UserPoolId").map_or("", String::as_str);
        Ok(match kept.kind.as_str() {
            "AWS::S3::Bucket" => self.cloud.has_bucket(id).await?,
            "AWS::DynamoDB::Table" => self.cloud.has_table(id).await?,
            "AWS::Cognito::UserPool" | "AWS::Cognito::UserPoolClient" => {
                self.cloud.has_user_pool(pool).await?
            }
            _ => true,
        })
    }

    /// Step 1: the root stack, made of nothing but what was kept.
    async fn root(&mut self, kept: &[KeptResource]) -> Result<(), DeployError> {
        let mine: Vec<_> = kept.iter().filter(|kept| kept.nested.is_none()).collect();
        if self.target.live.is_some() || mine.is_empty() {
            return Ok(());
        }
        self.tell(&mine);
        let request = self.request(ChangeKind::Import, &definitions(&mine), &mine).await?;
        self.target.live = self.run(request).await?;
        Ok(())
    }

    /// Step 2: nested stacks around a placeholder.
    async fn seeds(&mut self, kept: &[KeptResource]) -> Result<(), DeployError> {
        let there = self.logical_ids().await?;
        let mut ids: Vec<_> = kept.iter().filter_map(|kept| kept.nested.as_ref()).collect();
        ids.dedup();
        ids.retain(|id| !there.contains(*id));
        if ids.is_empty() {
            return Ok(());
        }
        let seed = seed_template();
        self.store(&seed).await?;
        let mut root = self.current().await?;
        for id in ids {
            root["Resources"][id.as_str()] = json!({
                "Type": "AWS::CloudFormation::Stack",
                "Properties": { "TemplateURL": self.wanted["Resources"][id.as_str()]["Properties"]["TemplateURL"] }
            });
            rename_url(&mut root, id, &seed.sha256);
        }
        let kind = kind_of(self.target.live.is_some());
        let request = self.request(kind, &root["Resources"], &[]).await?;
        self.target.live = self.run(request).await?;
        Ok(())
    }

    /// Step 3: each nested stack takes in its data.
    async fn nested(&mut self, kept: &[KeptResource]) -> Result<(), DeployError> {
        let Some(live) = &self.target.live else { return Ok(()) };
        for nested in self.cloud.resources(&live.id).await? {
            let mine: Vec<_> = kept
                .iter()
                .filter(|kept| kept.nested.as_ref() == Some(&nested.logical_id))
                .collect();
            let inside = self.cloud.resources(&nested.physical_id);
            if mine.is_empty() || inside.await?.iter().any(|r| r.logical_id != SEED) {
                continue;
            }
            self.tell(&mine);
            let mut resources = definitions(&mine);
            resources[SEED] = seed();
            let mut request = self.request(ChangeKind::Import, &resources, &mine).await?;
            request.stack = nested.physical_id;
            self.run(request).await?;
        }
        Ok(())
    }

    fn tell(&self, kept: &[&KeptResource]) {
        for resource in kept {
            let id = resource.physical_id();
            self.session.tell(&format!("taking over {id} ({})", resource.kind));
        }
    }

    async fn logical_ids(&self) -> Result<Vec<String>, DeployError> {
        let Some(live) = &self.target.live else { return Ok(Vec::new()) };
        let resources = self.cloud.resources(&live.id).await?;
        Ok(resources.into_iter().map(|resource| resource.logical_id).collect())
    }

    async fn current(&self) -> Result<Value, DeployError> {
        let Some(live) = &self.target.live else { return Ok(json!({ "Resources": {} })) };
        let text = self.cloud.template(&live.id).await?;
        serde_json::from_str(&text).map_err(|error| DeployError::Foreign {
            stack: live.name.clone(),
            reason: error.to_string(),
        })
    }

    async fn store(&self, template: &Template) -> Result<(), DeployError> {
        let objects = [text(template)].into();
        upload(self.cloud, self.target.bucket, objects, self.session).await
    }

    async fn request(
        &self,
        kind: ChangeKind,
        resources: &Value,
        imports: &[&KeptResource],
    ) -> Result<ChangeSetRequest, DeployError> {
        let Target { release, bucket, .. } = &self.target;
        let template = Template::of(&json!({ "Resources": resources }));
        self.store(&template).await?;
        Ok(ChangeSetRequest {
            stack: release.stack.clone(),
            name: fresh_name(&template.sha256),
            kind,
            template_url: template_url(bucket, &release.region, &template.sha256),
            // An import may not even set tags; the update after it does.
            tags: (kind != ChangeKind::Import).then(|| tags(release)),
            imports: imports.iter().map(|kept| kept.import()).collect(),
        })
    }

    async fn run(&self, request: ChangeSetRequest) -> Result<Option<Stack>, DeployError> {
        let release = self.target.release;
        let operation = Operation { stack: &request.stack, plugins: &release.templates.nested_ids };
        match ask(self.cloud, &request, self.session).await? {
            Asked::Ready(ids, _) => {
                Ok(Some(execute(self.cloud, &ids, operation, self.session).await?))
            }
            Asked::NoChanges => Ok(self.cloud.describe(&request.stack).await?),
        }
    }
}

fn definitions(kept: &[&KeptResource]) -> Value {
    let pairs = kept.iter().map(|kept| (kept.logical_id.clone(), kept.definition.clone()));
    Value::Object(pairs.collect::<Map<_, _>>())
}
