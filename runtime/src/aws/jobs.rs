//! Jobs in DynamoDB. The id counter is an item of the same table, at `job_id` -1.

use super::attributes::{are_equal, attributes, item};
use super::failure::{failure, incomplete};
use crate::ports::{Failure, Item, JobReader, JobStore, Written};
use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::error::SdkError;
use aws_sdk_dynamodb::operation::put_item::PutItemError;
use aws_sdk_dynamodb::operation::put_item::builders::PutItemFluentBuilder;
use aws_sdk_dynamodb::types::{AttributeValue, ReturnValue, ReturnValuesOnConditionCheckFailure};
use scheduler_contract::{JobKey, ScheduledJob};
use serde_json::Value;

/// Where a user's counter lies.
const COUNTER: &str = "-1";

/// The table of jobs.
#[derive(Debug, Clone)]
pub struct DynamoJobs {
    pub(super) client: Client,
    pub(super) table: String,
}

impl DynamoJobs {
    /// A table by its name.
    #[must_use]
    pub fn new(client: Client, table: String) -> Self {
        Self { client, table }
    }

    fn put(&self, job: &ScheduledJob) -> PutItemFluentBuilder {
        let put = self.client.put_item().table_name(&self.table);
        put.set_item(Some(attributes(job.to_map())))
    }
}

impl JobReader for DynamoJobs {
    async fn read(&self, key: &JobKey) -> Result<Option<Item>, Failure> {
        let read = self.client.get_item().table_name(&self.table);
        let read = read.key("user_id", text(&key.user_id)).key("job_id", id(key.job_id));
        let output = read.consistent_read(true).send().await;
        let output = output.map_err(|error| failure("read a job", error))?;
        Ok(output.item.map(item))
    }
}

impl JobStore for DynamoJobs {
    async fn list(&self, user_id: &str) -> Result<Vec<Item>, Failure> {
        let query = self.client.query().table_name(&self.table).consistent_read(true);
        let query = query
            .key_condition_expression("user_id = :user AND job_id >= :first")
            .expression_attribute_values(":user", text(user_id))
            .expression_attribute_values(":first", id(0));
        let mut pages = query.into_paginator().items().send();
        let mut jobs = Vec::new();
        while let Some(next) = pages.next().await {
            jobs.push(item(next.map_err(|error| failure("list jobs", error))?));
        }
        Ok(jobs)
    }

    async fn page(
        &self,
        user_id: &str,
        after: Option<u64>,
        limit: usize,
    ) -> Result<Vec<Item>, Failure> {
        let first = after.map_or(0, |after| after.saturating_add(1));
        let query = self.client.query().table_name(&self.table).consistent_read(true);
        let query = query
            .key_condition_expression("user_id = :user AND job_id >= :first")
            .expression_attribute_values(":user", text(user_id))
            .expression_attribute_values(":first", id(first))
            .limit(i32::try_from(limit).unwrap_or(i32::MAX));
        // A page of DynamoDB ends at 1 MB, which may come before the limit.
        let mut pages = query.into_paginator().items().send();
        let mut jobs = Vec::new();
        while jobs.len() < limit {
            let Some(next) = pages.next().await else { break };
            jobs.push(item(next.map_err(|error| failure("list jobs", error))?));
        }
        Ok(jobs)
    }

    async fn insert(&self, job: &ScheduledJob) -> Result<Written, Failure> {
        let put = self.put(job).condition_expression("attribute_not_exists(user_id)");
        written("store a new job", put).await
    }

    async fn replace(&self, job: &ScheduledJob, rev: u64) -> Result<Written, Failure> {
        let unchanged = match rev {
            0 => "attribute_exists(user_id) AND (attribute_not_exists(rev) OR rev = :rev)",
            _ => "rev = :rev",
        };
        let put = self.put(job).condition_expression(unchanged);
        written("store a job", put.expression_attribute_values(":rev", id(rev))).await
    }

    async fn remove(&self, key: &JobKey) -> Result<Option<Item>, Failure> {
        let delete = self.client.delete_item().table_name(&self.table);
        let delete = delete.key("user_id", text(&key.user_id)).key("job_id", id(key.job_id));
        let output = delete.return_values(ReturnValue::AllOld).send().await;
        let output = output.map_err(|error| failure("remove a job", error))?;
        Ok(output.attributes.filter(|old| !old.is_empty()).map(item))
    }

    async fn claim_id(&self, user_id: &str) -> Result<Option<u64>, Failure> {
        const ACTION: &str = "claim a job id";
        let update = self.client.update_item().table_name(&self.table);
        let update = update
            .key("user_id", text(user_id))
            .key("job_id", AttributeValue::N(COUNTER.to_owned()))
            .condition_expression("attribute_exists(next_job_id)")
            .update_expression("SET next_job_id = next_job_id + :one")
            .expression_attribute_values(":one", id(1))
            .return_values(ReturnValue::UpdatedNew);
        match update.send().await {
            Ok(output) => {
                let next = output.attributes.and_then(|new| number(&item(new), "next_job_id"));
                let claimed = next.and_then(|next| next.checked_sub(1));
                claimed.map(Some).ok_or_else(|| incomplete(ACTION))
            }
            Err(SdkError::ServiceError(refusal))
                if refusal.err().is_conditional_check_failed_exception() =>
            {
                Ok(None)
            }
            Err(error) => Err(failure(ACTION, error)),
        }
    }

    async fn start_ids(&self, user_id: &str, first: u64) -> Result<Written, Failure> {
        let put = self.client.put_item().table_name(&self.table);
        let put = put
            .item("user_id", text(user_id))
            .item("job_id", AttributeValue::N(COUNTER.to_owned()))
            .item("next_job_id", id(first))
            .condition_expression("attribute_not_exists(user_id)");
        written("start a counter of job ids", put).await
    }

    async fn highest_id(&self, user_id: &str) -> Result<Option<u64>, Failure> {
        let query = self.client.query().table_name(&self.table).consistent_read(true);
        let query = query
            .key_condition_expression("user_id = :user AND job_id >= :first")
            .expression_attribute_values(":user", text(user_id))
            .expression_attribute_values(":first", id(0))
            .scan_index_forward(false)
            .limit(1);
        let output = query.send().await;
        let output = output.map_err(|error| failure("find the highest job id", error))?;
        let highest = output.items.and_then(|items| items.into_iter().next());
        Ok(highest.and_then(|job| number(&item(job), "job_id")))
    }
}

/// A refusal by an item that is the one to write means that the answer to an earlier
/// attempt was lost: it is stored.
async fn written(action: &str, put: PutItemFluentBuilder) -> Result<Written, Failure> {
    let wanted = put.get_item().clone();
    let with_item = ReturnValuesOnConditionCheckFailure::AllOld;
    match put.return_values_on_condition_check_failure(with_item).send().await {
        Ok(_) => Ok(Written::Done),
        Err(error) => match error.as_service_error() {
            Some(PutItemError::ConditionalCheckFailedException(refusal)) => {
                let is_stored = match (&refusal.item, &wanted) {
                    (Some(stored), Some(wanted)) => are_equal(stored, wanted),
                    _ => false,
                };
                Ok(if is_stored { Written::Done } else { Written::Refused })
            }
            _ => Err(failure(action, error)),
        },
    }
}

fn text(value: &str) -> AttributeValue {
    AttributeValue::S(value.to_owned())
}

fn id(value: u64) -> AttributeValue {
    AttributeValue::N(value.to_string())
}

fn number(item: &Item, name: &str) -> Option<u64> {
    item.get(name).and_then(Value::as_u64)
}
