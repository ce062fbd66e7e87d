//! Table and schedules on AWS.

use super::now;
use super::ports::StoredJobs;
use crate::deploy::aws::clients::Aws;
use crate::deploy::aws::failure::Asked;
use crate::deploy::ports::Call;
use aws_sdk_dynamodb::types::AttributeValue;
use aws_sdk_scheduler::types::ScheduleState;
use scheduler_contract::JobKey;
use scheduler_runtime::aws::item;
use serde_json::{Map, Value};
use std::collections::BTreeSet;

impl StoredJobs for Aws {
    async fn each_item(
        &self,
        table: &str,
        each: &mut (dyn FnMut(Map<String, Value>) + Send),
    ) -> Call<()> {
        let asked = Asked { action: "dynamodb:Scan", resource: table };
        let scan = self.dynamodb.scan().table_name(table).consistent_read(true);
        let mut items = scan.into_paginator().items().send();
        while let Some(next) = items.next().await {
            each(item(next.map_err(|error| self.fail(asked, error))?));
        }
        Ok(())
    }

    async fn pause_job(&self, table: &str, key: &JobKey) -> Call<()> {
        let asked = Asked { action: "dynamodb:UpdateItem", resource: table };
        let update = self.dynamodb.update_item().table_name(table);
        let number = |text: &str| AttributeValue::N(text.to_owned());
        let sent = update
            .key("user_id", AttributeValue::S(key.user_id.clone()))
            .key("job_id", number(&key.job_id.to_string()))
            .condition_expression("attribute_exists(user_id)")
            .update_expression(
                "SET enabled = :off, updated_at = :now, rev = if_not_exists(rev, :none) + :one",
            )
            .expression_attribute_values(":now", number(&now().to_string()))
            .expression_attribute_values(":off", AttributeValue::Bool(false))
            .expression_attribute_values(":none", number("0"))
            .expression_attribute_values(":one", number("1"))
            .send()
            .await;
        match sent {
            Ok(_) => Ok(()),
            Err(error)
                if error
                    .as_service_error()
                    .is_some_and(|refusal| refusal.is_conditional_check_failed_exception()) =>
            {
                Ok(())
            }
            Err(error) => Err(self.fail(asked, error)),
        }
    }

    async fn delete_job(&self, table: &str, key: &JobKey) -> Call<()> {
        let asked = Asked { action: "dynamodb:DeleteItem", resource: table };
        let delete = self.dynamodb.delete_item().table_name(table);
        let delete = delete.key("user_id", AttributeValue::S(key.user_id.clone()));
        let delete = delete.key("job_id", AttributeValue::N(key.job_id.to_string()));
        delete.send().await.map_err(|error| self.fail(asked, error))?;
        Ok(())
    }

    async fn schedules(&self, group: &str) -> Call<usize> {
        let asked = Asked { action: "scheduler:ListSchedules", resource: group };
        let list = self.scheduler.list_schedules().group_name(group);
        let mut schedules = list.into_paginator().items().send();
        let mut count = 0;
        while let Some(next) = schedules.next().await {
            next.map_err(|error| self.fail(asked, error))?;
            count += 1;
        }
        Ok(count)
    }

    async fn firing(&self, group: &str) -> Call<BTreeSet<String>> {
        let asked = Asked { action: "scheduler:ListSchedules", resource: group };
        let list = self.scheduler.list_schedules().group_name(group).state(ScheduleState::Enabled);
        let mut schedules = list.into_paginator().items().send();
        let mut names = BTreeSet::new();
        while let Some(next) = schedules.next().await {
            let schedule = next.map_err(|error| self.fail(asked, error))?;
            names.extend(schedule.name);
        }
        Ok(names)
    }
}
