//! Handler names of the core functions. A function is called `<prefix>-<handler>`, which people
//! have alarms and dashboards on.

/// `POST /job/create`
pub const ITEM_CREATE: &str = "item-create";
/// `PUT /job/update/{job_id}`, `POST /job/{job_id}/pause`, `POST /job/{job_id}/resume`
pub const ITEM_UPDATE: &str = "item-update";
/// `DELETE /job/delete/{job_id}`
pub const ITEM_DELETE: &str = "item-delete";
/// `POST /job/{job_id}/run`
pub const ITEM_RUN: &str = "item-run";
/// `GET /jobs`, `GET /job/{job_id}`, `GET /job/{job_id}/runs`
pub const ITEMS_GET: &str = "items-get";
/// `GET /job_types`
pub const ITEMS_JOB_TYPES: &str = "items-job-types";
/// The table's stream -> the FIFO queue.
pub const SCHEDULE_QUEUE_ADDER: &str = "schedule-queue-adder";
/// The FIFO queue -> schedules.
pub const SCHEDULES_CONTROLLER: &str = "schedulers-schedule-controller";
/// Every hour: schedules that are not as their jobs say -> the FIFO queue.
pub const RECONCILER: &str = "schedulers-reconciler";
