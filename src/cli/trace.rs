//! `jobsim run --trace`: writes one replication as Chrome trace events into a file. The events are made in
//! [`crate::report`].

use super::experiment;
use super::out::Failure;
use crate::experiment::{Setup, Simulator, build_timeline};
use crate::record::RecordedRun;
use crate::report;
use flate2::Compression;
use flate2::write::GzEncoder;
use std::path::Path;

/// Checks that a path has the extension of a trace.
///
/// # Errors
/// It has another extension.
pub fn check_name(path: &Path) -> Result<(), Failure> {
    let name = path.to_string_lossy();
    match name.ends_with(".json") || name.ends_with(".json.gz") {
        true => Ok(()),
        false => {
            let why = format!("{name}: traces are written as .json or .json.gz: the name must end so");
            Err(experiment::flag("trace", &why))
        }
    }
}

/// Runs a replication, and writes its trace.
///
/// # Errors
/// A replication that would use more than its budget; a file that cannot be written.
pub fn write(setup: &Setup, replication: u32, path: &Path) -> Result<(), Failure> {
    let mut simulator = Simulator::new(setup);
    let simulated = simulator.run(replication, true);
    if let Some(why) = simulated.exhausted {
        return Err(experiment::exhausted("", replication, why));
    }
    let run = RecordedRun { recorder: simulator.recorder(), end: simulated.end, cut: simulated.cut };
    let timeline = build_timeline(&run, &simulator.world().env.codes, setup, replication);
    let trace = report::trace(&timeline);
    let written = report::whole_file(path, |file| {
        if path.extension().is_some_and(|extension| extension == "gz") {
            let mut packed = GzEncoder::new(file, Compression::default());
            serde_json::to_writer(&mut packed, &trace)?;
            return packed.finish().map(drop);
        }
        serde_json::to_writer(&mut *file, &trace)?;
        writeln!(file)
    });
    written.map_err(|error| experiment::cannot_write(path, &error))
}
