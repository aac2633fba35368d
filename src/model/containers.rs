//! How the containers of a Pod behave when they are modelled separately, and scripted runs. Nothing is drawn here.

use super::Distribution;
use super::pods::OutcomeModel;
use crate::time::SimDuration;

/// How one container behaves. Fields that are absent have defaults: it starts and is ready at once, succeeds, and exits
/// with 143 one second after SIGTERM. A regular container or a sidecar runs until it is stopped; an init container
/// takes no time.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ContainerModel {
    /// From its turn until it runs.
    pub start: Option<Distribution>,
    /// From running until its startup probe succeeds; `Some(None)` for never.
    pub startup: Option<Option<Distribution>>,
    /// From running until it is ready; `Some(None)` for never.
    pub ready: Option<Option<Distribution>>,
    /// How long it runs; `Some(None)` if it runs until it is stopped.
    pub run: Option<Option<Distribution>>,
    /// How a run ends.
    pub outcome: Option<OutcomeModel>,
    /// From SIGTERM to the exit.
    pub terminate: Option<Distribution>,
    /// The exit code after SIGTERM.
    pub terminate_exit_code: Option<i32>,
    /// From the end of the main container to its own end; replaces `run`.
    pub ends_after_main: Option<Distribution>,
    /// Scripted runs; they replace `run` and `outcome`.
    pub runs: Vec<ScriptedRun>,
}

/// A scripted run.
#[derive(Clone, Debug, PartialEq)]
pub struct ScriptedRun {
    /// From running to the exit; `None` if it runs until it is killed.
    pub lasts: Option<SimDuration>,
    /// One exit code for all containers, or one per container; empty for a run that does not end.
    pub codes: Vec<i32>,
    /// From the exit to the next run, if there is one; `None` for the kubelet's own delay.
    pub restart_after: Option<SimDuration>,
}

/// The run with this number, from 0. The last one repeats.
pub(super) fn numbered(runs: &[ScriptedRun], number: u32) -> Option<&ScriptedRun> {
    runs.get(number as usize).or(runs.last())
}

impl ScriptedRun {
    /// The exit code of a single container.
    pub(super) fn code(&self) -> i32 {
        self.codes.iter().copied().find(|&code| code != 0).unwrap_or(0)
    }
}
