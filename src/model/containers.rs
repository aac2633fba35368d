//! How the containers of a Pod behave where they are told apart, and runs that are told one by one. It draws nothing.

use super::Distribution;
use super::pods::OutcomeModel;
use crate::time::SimDuration;

/// How one container behaves. What is not given has a default: it starts and is ready at once, succeeds, and ends a second
/// after SIGTERM with 143; a regular container and a sidecar run until they are stopped, an init container takes no time.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ContainerModel {
    /// From its turn to running.
    pub start: Option<Distribution>,
    /// From running until its startup probe succeeds; `Some(None)`: never.
    pub startup: Option<Option<Distribution>>,
    /// From running to ready; `Some(None)`: never.
    pub ready: Option<Option<Distribution>>,
    /// How long it runs; `Some(None)`: until it is stopped.
    pub run: Option<Option<Distribution>>,
    /// How a run ends.
    pub outcome: Option<OutcomeModel>,
    /// From SIGTERM to the exit.
    pub terminate: Option<Distribution>,
    /// The exit code then.
    pub terminate_exit_code: Option<i32>,
    /// From the end of the main container to its own, instead of `run`.
    pub ends_after_main: Option<Distribution>,
    /// Runs as they are told, instead of `run` and `outcome`.
    pub runs: Vec<ScriptedRun>,
}

/// A run as it is told.
#[derive(Clone, Debug, PartialEq)]
pub struct ScriptedRun {
    /// From running to exit; `None`: until it is killed.
    pub lasts: Option<SimDuration>,
    /// The exit code of all containers, or one for each; none for a run that does not end.
    pub codes: Vec<i32>,
    /// From the exit to the next run, where there is one; `None`: as the kubelet has it.
    pub restart_after: Option<SimDuration>,
}

/// The run of that number (from 0); the last is repeated.
pub(super) fn numbered(runs: &[ScriptedRun], number: u32) -> Option<&ScriptedRun> {
    runs.get(number as usize).or(runs.last())
}

impl ScriptedRun {
    /// The exit code, where one container is meant.
    pub(super) fn code(&self) -> i32 {
        self.codes.iter().copied().find(|&code| code != 0).unwrap_or(0)
    }
}
