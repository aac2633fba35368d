//! The corpus of the kubelet's restart back-off: what each exit leads to, with housekeeping and, where that was
//! recorded, without it; and the delays that a kubelet's settings lead to.

use super::json_error;
use crate::model::restart_backoff::{CrashLoopSettings, Delays, Held, RestartBackoff};
use crate::time::{SimDuration, SimTime};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

/// A sequence of restarts of one container. Times are whole microseconds.
#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
struct KubeletRecord {
    #[serde(rename = "corpus")]
    _corpus: String,
    #[serde(rename = "id")]
    _id: String,
    variant: String,
    initial: i64,
    max: i64,
    housekeeping: i64,
    steps: Vec<RecordedRestart>,
    out: Value,
    out_no_cleanup: Option<Value>,
}

/// One run of the container.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RecordedRestart {
    run: i64,
    /// It has no influence.
    #[serde(rename = "exit")]
    _exit: i64,
    lag: i64,
    /// The container's image from the end of this run on.
    image: Option<String>,
}

/// The result of one run.
#[derive(Serialize)]
struct Out {
    start: i64,
    exited: i64,
    waiting: bool,
    delay: i64,
    allowed: i64,
}

/// Compares one record.
///
/// # Errors
/// The record is not a case; the message says why.
pub fn compare(record: &Value) -> Result<Option<(Value, Value)>, String> {
    let record: KubeletRecord = KubeletRecord::deserialize(record).map_err(|error| json_error(&error))?;
    let delays = settings(&record.variant)?.delays();
    let replayed = |housekeeping| json!(replay(&record.steps, delays, housekeeping));
    let mut expected = json!({"initial": record.initial, "max": record.max, "out": record.out});
    let mut got = json!({
        "initial": micros(delays.initial),
        "max": micros(delays.max),
        "out": replayed(Some(instant(record.housekeeping))),
    });
    if let Some(plain) = record.out_no_cleanup {
        expected["outNoCleanup"] = plain;
        got["outNoCleanup"] = replayed(None);
    }
    Ok((expected != got).then_some((expected, got)))
}

/// The settings that a variant stands for.
fn settings(variant: &str) -> Result<CrashLoopSettings, String> {
    let (reduced_gate, rest) = match variant.strip_prefix("reduced") {
        Some(rest) => (true, rest.trim_start_matches('-')),
        None => (false, variant),
    };
    let settings = CrashLoopSettings { reduced_gate, ..CrashLoopSettings::default() };
    match rest {
        "default" | "" => Ok(settings),
        "without-max-gate" => Ok(CrashLoopSettings { max_gate: false, ..settings }),
        _ => {
            let seconds = rest.strip_prefix("max").and_then(|seconds| seconds.parse().ok());
            let period = Some(SimDuration::from_secs(seconds.ok_or_else(|| format!("unknown variant {variant:?}"))?));
            Ok(CrashLoopSettings { max_container_restart_period: period, ..settings })
        }
    }
}

fn replay(steps: &[RecordedRestart], delays: Delays, housekeeping: Option<SimTime>) -> Vec<Out> {
    let mut backoff = RestartBackoff::new(delays, housekeeping);
    // Images by the order in which they appear; the first has a name that no record uses.
    let mut images: Vec<Option<&str>> = vec![Some("i")];
    let (mut image, mut start, mut out) = (0, SimTime::ZERO, Vec::new());
    for step in steps {
        if step.image.is_some() {
            image = images.iter().position(|known| *known == step.image.as_deref()).unwrap_or_else(|| {
                images.push(step.image.as_deref());
                images.len() - 1
            });
        }
        let exited = start + SimDuration::from_micros(step.run);
        let Held { delay, allowed } = backoff.exited(image as u32, exited);
        out.push(Out {
            start: start.as_micros_rounded(),
            exited: exited.as_micros_rounded(),
            waiting: delay.is_positive(),
            delay: micros(delay),
            allowed: allowed.as_micros_rounded(),
        });
        start = allowed + SimDuration::from_micros(step.lag);
        backoff.restarted(image as u32, exited, start);
    }
    out
}

fn instant(micros: i64) -> SimTime {
    SimTime::ZERO + SimDuration::from_micros(micros)
}

fn micros(span: SimDuration) -> i64 {
    span.as_nanos() / 1_000
}
