//! Changes to the model account's stacks.

use super::error::CallFailure;
use super::fake::{FakeCloud, error};
use super::ports::*;

impl StackWriter for FakeCloud {
    async fn create_change_set(&self, request: &ChangeSetRequest) -> Call<ChangeSetIds> {
        let mut model = self.on("cloudformation:CreateChangeSet", &request.stack);
        let exists = model.live(&request.stack).map(|s| s.stack.id.clone());
        let stack_id = exists.unwrap_or_else(|| model.add(&request.stack, "REVIEW_IN_PROGRESS"));
        let text = model.object(&request.template_url);
        let same = model.stacks[&stack_id].template == text;
        let (status, reason) = match same {
            true => (
                "FAILED",
                "The submitted information didn't contain changes. Submit different \
                               information to create a change set.",
            ),
            false => ("CREATE_COMPLETE", ""),
        };
        let ids = ChangeSetIds { id: format!("arn:set/{}", request.name), stack_id };
        let change_set = ChangeSet {
            stack: request.stack.clone(),
            status: status.into(),
            reason: reason.into(),
            changes: model.meant.clone(),
        };
        model.pending.push((ids.clone(), request.clone(), change_set));
        Ok(ids)
    }

    async fn delete_change_set(&self, stack: &str, name: &str) -> Call<()> {
        let mut model = self.on("cloudformation:DeleteChangeSet", stack);
        model.pending.retain(|(ids, request, _)| request.name != name && ids.id != name);
        Ok(())
    }

    async fn execute_change_set(&self, ids: &ChangeSetIds) -> Call<()> {
        let mut model = self.on("cloudformation:ExecuteChangeSet", &ids.id);
        if let Some(why) = model.refuse_execute.take() {
            return Err(error("cloudformation:ExecuteChangeSet", &ids.id, why));
        }
        if std::mem::take(&mut model.deleted_meanwhile) {
            model.own(&ids.stack_id, "DELETE_COMPLETE");
            return Ok(());
        }
        if std::mem::take(&mut model.never_begins) {
            for (_, _, change_set) in model.pending.iter_mut().filter(|(one, ..)| one == ids) {
                change_set.reason = "it was not to be".into();
            }
            return Ok(());
        }
        let at = model.pending.iter().position(|(pending, ..)| pending == ids).expect("asked for");
        let (_, request, _) = model.pending.remove(at);
        let text = model.object(&request.template_url);
        match request.kind {
            ChangeKind::Import => model.import(&ids.stack_id, &text, &request.imports),
            _ => {
                model.converge(&ids.stack_id, &text);
            }
        }
        Ok(())
    }

    async fn delete_stack(&self, id: &str, retain: &[String]) -> Call<()> {
        let mut model = self.on("cloudformation:DeleteStack", id);
        if std::mem::take(&mut model.refuse_delete) {
            return Err(error("cloudformation:DeleteStack", id, CallFailure::Expired));
        }
        model.delete(id, retain);
        Ok(())
    }

    async fn continue_rollback(&self, stack: &str, skip: &[String]) -> Call<()> {
        let mut model = self.on("cloudformation:ContinueUpdateRollback", stack);
        model.unable.retain(|id| !skip.contains(id));
        let id = model.find(stack).expect("there").stack.id.clone();
        let end = if model.unable.is_empty() { "COMPLETE" } else { "FAILED" };
        model.own(&id, &format!("UPDATE_ROLLBACK_{end}"));
        Ok(())
    }

    async fn roll_back(&self, stack: &str) -> Call<()> {
        let mut model = self.on("cloudformation:RollbackStack", stack);
        let id = model.find(stack).expect("there").stack.id.clone();
        model.own(&id, "UPDATE_ROLLBACK_COMPLETE");
        Ok(())
    }

    async fn set_policy(&self, stack: &str, policy: &str) -> Call<()> {
        let mut model = self.on("cloudformation:SetStackPolicy", stack);
        model.policies.insert(stack.to_owned(), policy.to_owned());
        Ok(())
    }

    async fn set_protection(&self, stack: &str, on: bool) -> Call<()> {
        let mut model = self.on("cloudformation:UpdateTerminationProtection", stack);
        if let Some(found) = model.find(stack) {
            found.stack.protected = on;
        }
        Ok(())
    }
}
