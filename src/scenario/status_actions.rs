//! Resolves writes of users and webhooks to the status of Jobs. Whether the API server accepts a write is decided when
//! it happens, because that depends on the status which the Job has then.

use super::document::{PatchStatusSpec, SetConditionSpec};
use super::problem::{Problem, Problems};
use super::resolve::Resolver;
use crate::apiserver::decode::decode_as_of;
use crate::apiserver::rules::formats::qualified_name;
use crate::apiserver::written_condition;
use crate::text::path::PathStep;
use crate::text::{ReadError, TreeNode, Value as Tree};
use crate::time::SimTime;
use crate::world::Action;
use serde_json::json;
use std::sync::Arc;

/// Why a CronJob's status cannot be written.
const OF_CRONJOB: &str = "no conditions: name a Job of it";

impl Resolver<'_> {
    pub(super) fn set_condition(&mut self, path: &str, condition: &SetConditionSpec) -> Result<Action, Problems> {
        let whom = self.job(&format!("{path}.job"), &condition.job, OF_CRONJOB)?;
        let kind = &condition.condition_type;
        if let Some(why) = qualified_name(kind).into_iter().next() {
            return Err(self.problem(&format!("{path}.type"), format!("{kind:?} is no type of a condition: {why}")));
        }
        let status = if condition.status.is_none_or(|status| status.0) { "True" } else { "False" };
        let (reason, message) = (condition.reason.as_deref(), condition.message.as_deref());
        let condition = json!({
            "type": kind, "status": status, "reason": reason.unwrap_or_default(), "message": message.unwrap_or_default(),
        });
        Ok(Action::PatchJobStatus(whom, Arc::new(json!({"conditions": [condition]}))))
    }

    pub(super) fn patch_status(&mut self, path: &str, patch: &PatchStatusSpec) -> Result<Action, Problems> {
        let whom = self.job(&format!("{path}.job"), &patch.job, OF_CRONJOB)?;
        let at = |field: &str| format!("{path}.patch{field}");
        // The decoder of Jobs knows the fields of a status only inside of a Job.
        let mut job = TreeNode { line: patch.patch.line, column: patch.patch.column, value: Tree::Map(Vec::new()) };
        job.set(&[PathStep::name("status")], patch.patch.clone()).map_err(|why| self.problem(&at(""), why))?;
        let complaints = decode_as_of(&job, "Job", self.release.profile.version).1;
        // In a merge patch null removes a field, whatever its type.
        let is_null = |error: &ReadError| matches!(job.at_path(&error.field).value, Tree::Null);
        let wrong = complaints.unknown.into_iter().chain(complaints.types.into_iter().filter(|error| !is_null(error)));
        let problem = |error: ReadError| {
            let field = at(error.field.strip_prefix("status").unwrap_or(&error.field));
            Problem::of(&self.input.scenario.file, ReadError { field, ..error })
        };
        let problems: Problems = wrong.map(problem).collect();
        if !problems.is_empty() {
            return Err(problems);
        }
        let json = patch.patch.to_json();
        for (n, condition) in json["conditions"].as_array().into_iter().flatten().enumerate() {
            written_condition("", condition, SimTime::ZERO).map_err(|error| {
                let field = format!(".conditions[{n}]{}", error.field);
                let text = error.to_string();
                self.problem(&at(&field), text.split_once(": ").map_or(text.as_str(), |(_, what)| what))
            })?;
        }
        Ok(Action::PatchJobStatus(whom, Arc::new(json)))
    }
}
