//! Stacks, on CloudFormation.

use super::super::events::StackEvent;
use super::super::ports::{
    After, Call, ChangeKind, ChangeSet, ChangeSetIds, ChangeSetRequest, Import, StackReader,
    StackWriter,
};
use super::super::refusal::Finding;
use super::super::stack::{Stack, StackResource};
use super::clients::Aws;
use super::failure::Asked;
use super::stacks;
use aws_sdk_cloudformation::types::{
    Capability, ChangeSetSummary, ChangeSetType, EventFilter, ResourceToImport, Tag, TemplateStage,
};

impl StackReader for Aws {
    async fn describe(&self, stack: &str) -> Call<Option<Stack>> {
        let asked = Asked { action: "cloudformation:DescribeStacks", resource: stack };
        match self.cfn.describe_stacks().stack_name(stack).send().await {
            Ok(answer) => Ok(answer.stacks().first().map(stacks::stack)),
            Err(error) => match self.fail(asked, error) {
                failure if failure.is_missing() => Ok(None),
                failure => Err(failure),
            },
        }
    }

    async fn template(&self, stack: &str) -> Call<String> {
        let asked = Asked { action: "cloudformation:GetTemplate", resource: stack };
        let request = self.cfn.get_template().stack_name(stack);
        let request = request.template_stage(TemplateStage::Original);
        let answer = request.send().await.map_err(|error| self.fail(asked, error))?;
        Ok(answer.template_body.unwrap_or_default())
    }

    async fn resources(&self, stack: &str) -> Call<Vec<StackResource>> {
        let asked = Asked { action: "cloudformation:ListStackResources", resource: stack };
        let mut pages = self.cfn.list_stack_resources().stack_name(stack).into_paginator().send();
        let mut all = Vec::new();
        while let Some(page) = pages.next().await {
            let page = page.map_err(|error| self.fail(asked, error))?;
            all.extend(page.stack_resource_summaries().iter().map(stacks::resource));
        }
        Ok(all)
    }

    async fn events(&self, stack: &str, after: &After) -> Call<Vec<StackEvent>> {
        let asked = Asked { action: "cloudformation:DescribeStackEvents", resource: stack };
        let mut pages = self.cfn.describe_stack_events().stack_name(stack).into_paginator().send();
        let mut news = Vec::new();
        while let Some(page) = pages.next().await {
            let page = page.map_err(|error| self.fail(asked, error))?;
            let events = page.stack_events().iter().map(stacks::event);
            let total = page.stack_events().len();
            let fresh: Vec<_> = events.take_while(|event| is_news(event, after)).collect();
            let is_last = fresh.len() < total;
            news.extend(fresh);
            if is_last {
                break;
            }
        }
        news.reverse();
        Ok(news)
    }

    async fn newest_event(&self, stack: &str) -> Call<Option<String>> {
        let asked = Asked { action: "cloudformation:DescribeStackEvents", resource: stack };
        let answer = self.cfn.describe_stack_events().stack_name(stack).send().await;
        let page = answer.map_err(|error| self.fail(asked, error))?;
        Ok(page.stack_events().first().and_then(|event| event.event_id()).map(Into::into))
    }

    async fn change_set(&self, id: &str) -> Call<ChangeSet> {
        let asked = Asked { action: "cloudformation:DescribeChangeSet", resource: id };
        let answer = self.cfn.describe_change_set().change_set_name(id).send().await;
        let mut found = answer.map_err(|error| self.fail(asked, error))?;
        let status = found.status().map_or("", |status| status.as_str()).to_owned();
        let reason = found.status_reason().unwrap_or_default().to_owned();
        let stack = found.stack_name().unwrap_or_default().to_owned();
        let mut changes = Vec::new();
        loop {
            changes.extend(found.changes().iter().filter_map(stacks::change));
            let Some(token) = found.next_token() else { break };
            let more = self.cfn.describe_change_set().change_set_name(id).next_token(token);
            found = more.send().await.map_err(|error| self.fail(asked, error))?;
        }
        Ok(ChangeSet { stack, status, reason, changes })
    }

    async fn change_sets(&self, stack: &str) -> Call<Vec<String>> {
        let asked = Asked { action: "cloudformation:ListChangeSets", resource: stack };
        let mut pages = self.cfn.list_change_sets().stack_name(stack).into_paginator().send();
        let mut names = Vec::new();
        while let Some(page) = pages.next().await {
            let page = page.map_err(|error| self.fail(asked, error))?;
            let unused = page.summaries().iter().filter(|set| is_unused(set));
            names.extend(unused.filter_map(|set| set.change_set_name().map(String::from)));
        }
        Ok(names)
    }

    async fn validation_errors(&self, id: &str) -> Call<Vec<Finding>> {
        let asked = Asked { action: "cloudformation:DescribeEvents", resource: id };
        let filter = EventFilter::builder().failed_events(true).build();
        let request = self.cfn.describe_events().change_set_name(id).filters(filter);
        let mut pages = request.into_paginator().send();
        let mut all = Vec::new();
        while let Some(page) = pages.next().await {
            let page = page.map_err(|error| self.fail(asked, error))?;
            all.extend(page.operation_events().iter().filter_map(stacks::finding));
        }
        Ok(all)
    }
}

fn is_unused(summary: &ChangeSetSummary) -> bool {
    let status = summary.execution_status().map_or("", |status| status.as_str());
    !status.starts_with("EXECUTE")
}

/// Events come newest first: everything from the first old one on is old.
fn is_news(event: &StackEvent, after: &After) -> bool {
    event.at >= after.at && after.event.as_ref() != Some(&event.id)
}

impl StackWriter for Aws {
    async fn create_change_set(&self, wanted: &ChangeSetRequest) -> Call<ChangeSetIds> {
        let asked = Asked { action: "cloudformation:CreateChangeSet", resource: &wanted.stack };
        let tags = wanted.tags.as_ref();
        let tags =
            tags.map(|tags| tags.iter().map(|(k, v)| Tag::builder().key(k).value(v).build()));
        let is_import = wanted.kind == ChangeKind::Import;
        let imports = wanted.imports.iter().map(import);
        let request = self
            .cfn
            .create_change_set()
            .stack_name(&wanted.stack)
            .change_set_name(&wanted.name)
            .client_token(&wanted.name)
            .change_set_type(kind(wanted.kind))
            .template_url(&wanted.template_url)
            .set_capabilities(Some(capabilities()))
            .set_tags(tags.map(Iterator::collect))
            .set_resources_to_import(is_import.then(|| imports.collect()))
            // Nested templates are then looked at before anything changes.
            .set_include_nested_stacks((!is_import).then_some(true));
        let answer = request.send().await.map_err(|error| self.fail(asked, error))?;
        Ok(ChangeSetIds {
            id: answer.id.unwrap_or_default(),
            stack_id: answer.stack_id.unwrap_or_default(),
        })
    }

    async fn delete_change_set(&self, stack: &str, name: &str) -> Call<()> {
        let asked = Asked { action: "cloudformation:DeleteChangeSet", resource: stack };
        let request = self.cfn.delete_change_set().stack_name(stack).change_set_name(name);
        match request.send().await.map_err(|error| self.fail(asked, error)) {
            Err(failure) if !failure.is_missing() => Err(failure),
            _ => Ok(()),
        }
    }

    async fn execute_change_set(&self, ids: &ChangeSetIds) -> Call<()> {
        let asked = Asked { action: "cloudformation:ExecuteChangeSet", resource: &ids.stack_id };
        let token = ids.id.rsplit('/').next().unwrap_or_default();
        let request = self.cfn.execute_change_set().change_set_name(&ids.id);
        let request = request.client_request_token(format!("scheduler-{token}"));
        request.send().await.map_err(|error| self.fail(asked, error))?;
        Ok(())
    }

    async fn delete_stack(&self, id: &str, retain: &[String]) -> Call<()> {
        let asked = Asked { action: "cloudformation:DeleteStack", resource: id };
        let retain = (!retain.is_empty()).then(|| retain.to_vec());
        let request = self.cfn.delete_stack().stack_name(id).set_retain_resources(retain);
        request.send().await.map_err(|error| self.fail(asked, error))?;
        Ok(())
    }

    async fn continue_rollback(&self, stack: &str, skip: &[String]) -> Call<()> {
        let asked = Asked { action: "cloudformation:ContinueUpdateRollback", resource: stack };
        let skip = (!skip.is_empty()).then(|| skip.to_vec());
        let request = self.cfn.continue_update_rollback().stack_name(stack);
        let request = request.set_resources_to_skip(skip);
        request.send().await.map_err(|error| self.fail(asked, error))?;
        Ok(())
    }

    async fn roll_back(&self, stack: &str) -> Call<()> {
        let asked = Asked { action: "cloudformation:RollbackStack", resource: stack };
        let request = self.cfn.rollback_stack().stack_name(stack);
        request.send().await.map_err(|error| self.fail(asked, error))?;
        Ok(())
    }

    async fn set_policy(&self, stack: &str, policy: &str) -> Call<()> {
        let asked = Asked { action: "cloudformation:SetStackPolicy", resource: stack };
        let request = self.cfn.set_stack_policy().stack_name(stack).stack_policy_body(policy);
        request.send().await.map_err(|error| self.fail(asked, error))?;
        Ok(())
    }

    async fn set_protection(&self, stack: &str, on: bool) -> Call<()> {
        let action = "cloudformation:UpdateTerminationProtection";
        let asked = Asked { action, resource: stack };
        let request = self.cfn.update_termination_protection().stack_name(stack);
        let request = request.enable_termination_protection(on);
        request.send().await.map_err(|error| self.fail(asked, error))?;
        Ok(())
    }
}

fn kind(kind: ChangeKind) -> ChangeSetType {
    match kind {
        ChangeKind::Create => ChangeSetType::Create,
        ChangeKind::Update => ChangeSetType::Update,
        ChangeKind::Import => ChangeSetType::Import,
    }
}

fn capabilities() -> Vec<Capability> {
    vec![
        Capability::CapabilityIam,
        Capability::CapabilityNamedIam,
        Capability::CapabilityAutoExpand,
    ]
}

fn import(wanted: &Import) -> ResourceToImport {
    let identifier = wanted.identifier.clone().into_iter().collect();
    ResourceToImport::builder()
        .resource_type(&wanted.kind)
        .logical_resource_id(&wanted.logical_id)
        .set_resource_identifier(Some(identifier))
        .build()
}
