//! A container as the status of its Pod showed it.

use crate::apiserver::rules::{flag, int, member, text};
use crate::text::time_text::instant;
use crate::time::SimTime;
use serde_json::Value;

/// What a Pod's status says of a container. Times are whole seconds.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SeenContainer {
    /// Its name.
    pub name: String,
    /// How often it was started again.
    pub restarts: u32,
    /// Since when it runs.
    pub runs_since: Option<SimTime>,
    /// The exit code of its last run that has ended, and when that was.
    pub ended: Option<(i32, Option<SimTime>)>,
    /// Whether it waits, for its first run or for the next.
    pub waits: bool,
    /// Whether its startup probe has succeeded.
    pub has_started: bool,
    /// Whether it is ready.
    pub is_ready: bool,
}

impl SeenContainer {
    /// Reads a member of `containerStatuses` or `initContainerStatuses`.
    pub(super) fn of(status: &Value) -> Self {
        let (state, last) = (member(status, "state"), member(status, "lastState"));
        let running = member(state, "running");
        let ended = [state, last].into_iter().map(|state| member(state, "terminated")).find(|over| !over.is_null());
        let code = |over: &Value| int(over, "exitCode").and_then(|code| i32::try_from(code).ok()).unwrap_or_default();
        SeenContainer {
            name: text(status, "name").to_owned(),
            restarts: int(status, "restartCount").and_then(|n| u32::try_from(n).ok()).unwrap_or_default(),
            runs_since: instant(text(running, "startedAt")),
            ended: ended.map(|over| (code(over), instant(text(over, "finishedAt")))),
            waits: running.is_null() && member(state, "terminated").is_null(),
            // Old kubelets do not say it.
            has_started: flag(status, "started").unwrap_or(!running.is_null()),
            is_ready: flag(status, "ready").unwrap_or_default(),
        }
    }

    /// When it was started or ended last.
    pub fn last_change(&self) -> Option<SimTime> {
        self.runs_since.or(self.ended.and_then(|(_, at)| at))
    }
}
