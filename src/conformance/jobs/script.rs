//! A recorded case's Pods: the world's workload, as scripts. It reads no records.

use super::record::{Key, Script, ScriptDisruptionKind, ScriptRun};
use crate::api::{ExitCodeTable, JobObject};
use crate::id::JobId;
use crate::model::{Disruption, DisruptionKind, DisruptionOrigin, Life, PodIdentity, Run, Workload};
use crate::time::SimDuration;

/// The scripts of a case, ready for use.
#[derive(Debug, Default)]
pub struct Scripts {
    /// Ordered by key.
    listed: Vec<(Key, Script)>,
    default: Option<Script>,
}

impl Scripts {
    /// Scripts by key, in order, and that of all other Pods.
    pub fn new(listed: Vec<(Key, Script)>, default: Script) -> Scripts {
        Scripts { listed, default: Some(default) }
    }

    fn of(&self, pod: PodIdentity) -> Option<&Script> {
        let key = Key { index: pod.index.map_or(-1, |ix| ix as i32), attempt: pod.attempt };
        match self.listed.binary_search_by_key(&key, |e| e.0) {
            Ok(at) => Some(&self.listed[at].1),
            Err(_) => self.default.as_ref(),
        }
    }
}

fn span(micros: i64) -> SimDuration {
    SimDuration::from_micros(micros)
}

/// A run of a script as the world takes it. Without a run the containers never exit.
fn run_of(run: Option<&ScriptRun>, codes: &mut ExitCodeTable) -> Run {
    let listed: &[i32] = run.map_or(&[], |r| &r.exit_codes);
    Run {
        lasts: run.and_then(|r| r.run_us).map(span),
        exit_codes: codes.intern(listed),
        succeeds: listed.iter().all(|&c| c == 0),
        restart_after: span(run.map_or(0, |r| r.restart_after_us)),
    }
}

impl Workload for Scripts {
    /// There is one Job.
    fn admit(&mut self, _: JobId, _: &JobObject) {}

    fn life(&mut self, pod: PodIdentity, containers: usize, codes: &mut ExitCodeTable) -> Life {
        let Some(script) = self.of(pod) else {
            let run = run_of(None, codes);
            return Life {
                bind: None,
                start: SimDuration::ZERO,
                ready: None,
                run,
                stop_after: SimDuration::ZERO,
                stop_codes: run.exit_codes,
                stop_succeeds: false,
                disruption: None,
            };
        };
        Life {
            bind: script.schedule_us.map(span),
            start: span(script.start_us),
            ready: script.ready_us.map(span),
            run: run_of(script.runs.first(), codes),
            stop_after: span(script.on_delete.after_us),
            stop_codes: codes.intern_repeated(script.on_delete.exit_code, containers),
            stop_succeeds: script.on_delete.exit_code == 0,
            disruption: script.disruption.as_ref().map(|d| Disruption {
                at: span(d.at_us),
                origin: DisruptionOrigin::Creation,
                kind: kind_of(d.kind),
            }),
        }
    }

    fn run(&mut self, pod: PodIdentity, run: u32, _: usize, codes: &mut ExitCodeTable) -> Run {
        let runs: &[ScriptRun] = self.of(pod).map_or(&[], |s| &s.runs);
        run_of(runs.get(run as usize).or(runs.last()), codes)
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
