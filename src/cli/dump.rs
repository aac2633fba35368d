//! `jobsim run --dump`: writes a file with what kubectl would show of the cluster at an instant of one replication.
//! `jobsim autopsy` and `run --from-status` can read it. The objects are made in [`crate::report`].

use super::experiment;
use super::out::Failure;
use crate::experiment::{Setup, Simulator};
use crate::record::RecordedRun;
use crate::report;
use crate::time::SimDuration;
use std::path::Path;

/// Runs a replication up to an instant (by default to its end), and writes the objects that exist then.
///
/// # Errors
/// A replication that would use more than its budget; a file that cannot be written.
pub fn write(setup: &Setup, replication: u32, at: Option<SimDuration>, path: &Path) -> Result<(), Failure> {
    let mut simulator = Simulator::new(setup);
    let mut recorder = simulator.begin(replication, true);
    let until = at.map(|at| setup.start + at);
    let mut end = setup.start;
    while simulator.next_time().is_some_and(|next| until.is_none_or(|until| next <= until)) {
        end = simulator.step(&mut recorder).unwrap_or(end);
    }
    if let Some(why) = simulator.exhausted() {
        return Err(experiment::exhausted("", replication, why));
    }
    let end = until.unwrap_or(end);
    let run = RecordedRun { recorder: &recorder, end, cut: false };
    let dump = report::cluster_dump(&run, setup, simulator.world());
    let text = serde_json::to_string_pretty(&dump).map_err(|error| Failure::Error(error.to_string()))?;
    super::outputs::write_whole(path, format!("{text}\n").as_bytes())
}
