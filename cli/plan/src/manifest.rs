//! Both TOML files as written: no default applied, nothing judged.
//!
//! These types are the one source of what the files may say: their JSON Schemas and their
//! reference pages are made from them, and `shape` holds a file against its schema, so that every
//! problem is told at once and with its place. Every key is therefore optional here;
//! `#[schemars(required)]` says which ones a user has to write.
//!
//! What a key's text says is what editors and the reference show; its unit, default, limits and
//! example are attributes beside it. What only `resolve` judges, since it has better words, stands
//! in `rules`, for editors.

mod app;
mod plugin;
mod rules;
mod values;

pub use app::{
    AuthTable, CognitoTable, DomainTable, EnvTable, ExternalConsumerTable, InlineJobTypeTable,
    JwtTable, Manifest, PluginOverrideTable, QuotasTable, ServiceTable,
};
pub use plugin::{
    BufferName, BuildKind, BuildTable, ConsumerTable, JobTypeTable, PluginManifest, PluginTable,
    ResourcesTable,
};
pub use values::{
    ArchitectureName, ArnSource, AttTable, EnvValueSource, MailTable, PermissionTable, RefTable,
    SchemaSource, SsmTable, StateTable, SubTable,
};
