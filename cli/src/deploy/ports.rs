//! The ports, named by role. Reading and writing are different traits, so that a function's bounds
//! say whether it can change anything.
//!
//! One value implements them all (`aws::Aws`, or a working model in tests); [`Reads`] and
//! [`Writes`] name the two sums. The futures are `Send` where uploads run side by side.

use super::error::CallError;
use super::events::StackEvent;
use super::refusal::Finding;
use super::stack::{Stack, StackResource};
use std::collections::{BTreeMap, BTreeSet};
use std::future::Future;

/// What a port's call answers.
pub type Call<T> = Result<T, CallError>;

/// Looks at stacks.
pub trait StackReader {
    /// The stack, by name or ARN; `None` where there is none.
    fn describe(&self, stack: &str) -> impl Future<Output = Call<Option<Stack>>> + Send;
    /// The template as it was submitted.
    fn template(&self, stack: &str) -> impl Future<Output = Call<String>> + Send;
    /// Every resource of the stack itself; nested stacks are one resource each.
    fn resources(&self, stack: &str) -> impl Future<Output = Call<Vec<StackResource>>> + Send;
    /// Events after a point, oldest first.
    fn events(
        &self,
        stack: &str,
        after: &After,
    ) -> impl Future<Output = Call<Vec<StackEvent>>> + Send;
    /// The id of the newest event, with which [`Self::events`] starts later.
    fn newest_event(&self, stack: &str) -> impl Future<Output = Call<Option<String>>> + Send;
    /// A change set, by ARN.
    fn change_set(&self, id: &str) -> impl Future<Output = Call<ChangeSet>> + Send;
    /// The names of a stack's change sets that were never executed.
    fn change_sets(&self, stack: &str) -> impl Future<Output = Call<Vec<String>>> + Send;
    /// What early validation and hooks found wrong in a change set.
    fn validation_errors(&self, id: &str) -> impl Future<Output = Call<Vec<Finding>>> + Send;
}

/// Changes stacks.
pub trait StackWriter {
    /// Asks for a change set; creating it changes no resource.
    fn create_change_set(
        &self,
        request: &ChangeSetRequest,
    ) -> impl Future<Output = Call<ChangeSetIds>> + Send;
    /// Removes a change set; one that is not there is no error.
    fn delete_change_set(&self, stack: &str, name: &str) -> impl Future<Output = Call<()>> + Send;
    /// Starts it.
    fn execute_change_set(&self, ids: &ChangeSetIds) -> impl Future<Output = Call<()>> + Send;
    /// Starts deleting a stack, by ARN. Only of one whose delete failed may resources be left
    /// behind.
    fn delete_stack(&self, id: &str, retain: &[String]) -> impl Future<Output = Call<()>> + Send;
    /// Starts again to go back after an update that failed and could not. What is skipped counts
    /// as gone back: `LOGICAL_ID`, or `NESTED_STACK_NAME.LOGICAL_ID`.
    fn continue_rollback(
        &self,
        stack: &str,
        skip: &[String],
    ) -> impl Future<Output = Call<()>> + Send;
    /// Starts to go back after an update that failed with rollback switched off.
    fn roll_back(&self, stack: &str) -> impl Future<Output = Call<()>> + Send;
    /// Says which resources an update may touch.
    fn set_policy(&self, stack: &str, policy: &str) -> impl Future<Output = Call<()>> + Send;
    /// Termination protection.
    fn set_protection(&self, stack: &str, on: bool) -> impl Future<Output = Call<()>> + Send;
}

/// Who we are.
pub trait Identity {
    /// The account of the credentials.
    fn account(&self) -> impl Future<Output = Call<String>> + Send;
}

/// Looks beyond the region that a deploy goes to.
pub trait Regions {
    /// The regions in which this account has an asset bucket: those that the tool was used in.
    fn used_regions(&self, account: &str) -> impl Future<Output = Call<Vec<String>>> + Send;
    /// The stack of this name in another region; `None` where there is none.
    fn describe_in(
        &self,
        region: &str,
        stack: &str,
    ) -> impl Future<Output = Call<Option<Stack>>> + Send;
}

/// Looks at what an account may have.
pub trait QuotaReader {
    /// Lambda's limits, and what is used of them.
    fn lambda_quotas(&self) -> impl Future<Output = Call<LambdaQuotas>> + Send;
}

/// Looks into buckets.
pub trait ArtifactReader {
    /// Whether the object is there; a bucket that is not there has none.
    fn has(&self, bucket: &str, key: &str) -> impl Future<Output = Call<bool>> + Send;
    /// A small object; `None` where object or bucket is not there.
    fn get(&self, bucket: &str, key: &str) -> impl Future<Output = Call<Option<Vec<u8>>>> + Send;
    /// Whether the bucket holds any object, in any version.
    fn holds_anything(&self, bucket: &str) -> impl Future<Output = Call<bool>> + Send;
    /// Whether the bucket exists and may be looked at.
    fn has_bucket(&self, bucket: &str) -> impl Future<Output = Call<bool>> + Send;
    /// Whether the bucket exists and is this account's; somebody else's is refused like any other
    /// call.
    fn owns_bucket(&self, bucket: &str, owner: &str) -> impl Future<Output = Call<bool>> + Send;
}

/// Writes into buckets.
pub trait ArtifactStore {
    /// Makes the bucket, or makes sure that `owner` has it and that it is locked: private,
    /// encrypted, TLS only. A bucket of somebody else's is refused like any other call.
    fn ensure_bucket(
        &self,
        bucket: &str,
        owner: &str,
    ) -> impl Future<Output = Call<BucketState>> + Send;
    /// Stores an object.
    fn put(&self, bucket: &str, key: &str, bytes: Vec<u8>)
    -> impl Future<Output = Call<()>> + Send;
    /// Removes an object; one that is not there is no error.
    fn remove(&self, bucket: &str, key: &str) -> impl Future<Output = Call<()>> + Send;
    /// Deletes every version of every object, and answers how many; 0 where there is no bucket.
    fn empty(&self, bucket: &str) -> impl Future<Output = Call<usize>> + Send;
}

/// Asks what is deployed whether it works.
pub trait Probe {
    /// The status of a GET of this URL, without any credentials.
    fn get_status(&self, url: &str) -> impl Future<Output = Call<u16>> + Send;
    /// Invokes a function and waits for its answer.
    fn invoke(
        &self,
        function: &str,
        payload: Vec<u8>,
    ) -> impl Future<Output = Call<Invocation>> + Send;
}

/// Looks whether data is there.
pub trait DataReader {
    /// Whether there is a table of this name.
    fn has_table(&self, table: &str) -> impl Future<Output = Call<bool>> + Send;
    /// Whether there is a user pool of this id.
    fn has_user_pool(&self, pool: &str) -> impl Future<Output = Call<bool>> + Send;
}

/// The jobs of an env that is deployed, and their schedules.
pub trait Jobs {
    /// Deletes all jobs of these types, and answers how many there were; their schedules follow.
    fn delete_jobs(
        &self,
        table: &str,
        types: &BTreeSet<String>,
    ) -> impl Future<Output = Call<usize>>;
    /// Looks at every job and every schedule, and answers how many differences there are that a
    /// repair can mend; with `repair` it begins one.
    fn differences(
        &self,
        stack: &str,
        outputs: &BTreeMap<String, String>,
        repair: bool,
    ) -> impl Future<Output = Call<u64>>;
}

/// A point in a stack's history.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct After {
    /// Only what is newer than the event with this id.
    pub event: Option<String>,
    /// Only what is not older than this, in milliseconds since 1970 of CloudFormation's clock.
    pub at: i64,
}

/// Everything that only looks.
pub trait Reads: StackReader + Identity + Regions + ArtifactReader + DataReader + Sync {}
impl<T: StackReader + Identity + Regions + ArtifactReader + DataReader + Sync> Reads for T {}

/// Everything.
pub trait Writes: Reads + StackWriter + ArtifactStore + Probe + Jobs {}
impl<T: Reads + StackWriter + ArtifactStore + Probe + Jobs> Writes for T {}

/// Lambda's limits in one account and region, and what is used of them.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct LambdaQuotas {
    /// So many functions run at a time.
    pub concurrent: i64,
    /// So many of these are not reserved for a function.
    pub unreserved: i64,
    /// So many bytes of code may be stored.
    pub code: i64,
    /// So many are.
    pub code_used: i64,
}

/// Whose the asset bucket is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BucketState {
    /// It was made now.
    Made,
    /// It was there and is ours.
    Ours,
}

/// What a function answered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Invocation {
    /// The payload.
    pub body: Vec<u8>,
    /// Lambda's `FunctionError`, where the function failed.
    pub error: Option<String>,
}

/// What a change set is made for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ChangeKind {
    /// The stack is not there yet.
    Create,
    /// It is.
    Update,
    /// Resources that exist already are taken into the stack.
    Import,
}

/// A change set to ask for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ChangeSetRequest {
    /// The stack's name, or the ARN of one that exists.
    pub stack: String,
    /// Unique on the stack.
    pub name: String,
    /// What for.
    pub kind: ChangeKind,
    /// Where the template lies.
    pub template_url: String,
    /// Tags of the stack, which every resource gets as well; `None` leaves them as they are.
    pub tags: Option<BTreeMap<String, String>>,
    /// What to take in; only with [`ChangeKind::Import`].
    pub imports: Vec<Import>,
}

/// A resource to take into a stack.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Import {
    /// Its id in the template.
    pub logical_id: String,
    /// Its type.
    pub kind: String,
    /// The properties that identify it, such as `TableName`.
    pub identifier: BTreeMap<String, String>,
}

/// The ARNs that CreateChangeSet answers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ChangeSetIds {
    /// Of the change set.
    pub id: String,
    /// Of the stack.
    pub stack_id: String,
}

/// A change set as it stands.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ChangeSet {
    /// The name of its stack.
    pub stack: String,
    /// ChangeSetStatus.
    pub status: String,
    /// StatusReason.
    pub reason: String,
    /// What CloudFormation means to do, once it stands.
    pub changes: Vec<MeantChange>,
}

/// What a change set does to one resource.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct MeantChange {
    /// Its id in the template.
    pub logical_id: String,
    /// Its type.
    pub kind: String,
    /// `Add`, `Modify`, `Remove` and the like.
    pub action: String,
    /// `True`, `False` or `Conditional`; empty where it does not apply.
    pub replacement: String,
    /// What becomes of the one that goes: `Delete`, `Retain`, `ReplaceAndDelete` and the like;
    /// empty where nothing goes.
    pub policy: String,
    /// The nested stack's own change set, by ARN.
    pub nested: Option<String>,
}
