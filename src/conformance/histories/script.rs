//! The Pods of a recorded case: the world's workload, as scripts. It reads no records.

use super::record::{PodScript, RecordedKey, ScriptDisruptionKind, ScriptRun};
use crate::api::ExitCodeTable;
use crate::apiserver::JobObject;
use crate::id::JobId;
use crate::model::{CronStart, Disruption, DisruptionKind, DisruptionOrigin, Life, PodIdentity, Run, Workload};
use crate::time::SimDuration;

/// The scripts of a case, ready for use.
#[derive(Debug, Default)]
pub struct Scripts {
    /// Ordered by key.
    listed: Vec<(RecordedKey, PodScript)>,
    default: Option<PodScript>,
}

impl Scripts {
    /// Scripts by key, in order, and the script of all other Pods.
    pub fn new(listed: Vec<(RecordedKey, PodScript)>, default: PodScript) -> Scripts {
        Scripts { listed, default: Some(default) }
    }

    fn of(&self, pod: PodIdentity) -> Option<&PodScript> {
        match self.listed.binary_search_by_key(&key_of(pod), |e| e.0) {
            Ok(at) => Some(&self.listed[at].1),
            Err(_) => self.default.as_ref(),
        }
    }
}

fn span(micros: i64) -> SimDuration {
    SimDuration::from_micros(micros)
}

/// One run of a script in the form of the world. Without a run the containers never exit.
fn run_of(run: Option<&ScriptRun>, codes: &mut ExitCodeTable) -> Run {
    let listed: &[i32] = run.map_or(&[], |r| &r.exit_codes);
    Run {
        lasts: run.and_then(|r| r.run_us).map(span),
        exit_codes: codes.intern(listed),
        succeeds: listed.iter().all(|&c| c == 0),
        restart_after: span(run.map_or(0, |r| r.restart_after_us)),
    }
}

/// The life that a script describes; without one the Pod is never bound.
pub fn life_of(script: Option<&PodScript>, containers: usize, codes: &mut ExitCodeTable) -> Life {
    let Some(script) = script else {
        let run = run_of(None, codes);
        return Life {
            bind: None,
            start: Ok(SimDuration::ZERO),
            ready: None,
            run,
            stop_after: SimDuration::ZERO,
            is_killed_after_grace: false,
            stop_codes: run.exit_codes,
            stop_succeeds: false,
            disruption: None,
        };
    };
    Life {
        bind: script.schedule_us.map(span),
        start: Ok(span(script.start_us)),
        ready: script.ready_us.map(span),
        run: run_of(script.runs.first(), codes),
        stop_after: span(script.on_delete.after_us),
        is_killed_after_grace: false,
        stop_codes: codes.intern_repeated(script.on_delete.exit_code, containers),
        stop_succeeds: script.on_delete.exit_code == 0,
        disruption: script.disruption.as_ref().map(|d| Disruption {
            at: span(d.at_us),
            origin: DisruptionOrigin::Creation,
            kind: kind_of(d.kind),
        }),
    }
}

/// The run with this number that a script describes.
pub fn numbered_run(script: Option<&PodScript>, run: u32, codes: &mut ExitCodeTable) -> Run {
    let runs: &[ScriptRun] = script.map_or(&[], |s| &s.runs);
    run_of(runs.get(run as usize).or(runs.last()), codes)
}

/// The key of a Pod.
pub fn key_of(pod: PodIdentity) -> RecordedKey {
    RecordedKey { index: pod.index, attempt: pod.attempt }
}

impl Workload for Scripts {
    /// There is one Job.
    fn admit(&mut self, _: JobId, _: &JobObject, _: Option<CronStart<'_>>) {}

    fn life(&mut self, pod: PodIdentity, containers: usize, codes: &mut ExitCodeTable) -> Life {
        life_of(self.of(pod), containers, codes)
    }

    fn run(&mut self, pod: PodIdentity, run: u32, _: usize, codes: &mut ExitCodeTable) -> Run {
        numbered_run(self.of(pod), run, codes)
    }
}

fn kind_of(kind: ScriptDisruptionKind) -> DisruptionKind {
    match kind {
        ScriptDisruptionKind::Delete => DisruptionKind::Delete,
        ScriptDisruptionKind::Eviction => DisruptionKind::Eviction,
        ScriptDisruptionKind::Kubelet => DisruptionKind::Kubelet,
        ScriptDisruptionKind::Podgc => DisruptionKind::PodGc,
    }
}
