//! Conformance: recorded histories of the released controllers, replayed and compared with the record.
//! This is the harness: it finds cases ([`read`]), replays them on all cores in bounded memory ([`run`]), counts
//! ([`tally`]) and shows the first difference side by side ([`side_by_side`]). It knows nothing of any corpus: each has
//! a module of its own behind [`Replayer`], and one table names them. It prints nothing.
//! Invariant: what [`replay`] returns depends on the files and the options, never on the number of threads.

use serde_json::Value;

mod as_scenario;
pub mod cronjob;
pub mod fleet;
mod histories;
pub mod jobs;
pub mod kubelet;
pub mod nodes;
pub mod read;
pub mod run;
pub mod side_by_side;
pub mod tally;
pub mod validation;
pub mod value;

pub use as_scenario::scenario_of;
pub use read::Unreadable;
pub use run::{ReplayError, ReplayOptions, replay};
pub use tally::{Count, Differing, ReplayReport};

/// The replayer of one corpus. Each worker thread has its own and reuses its memory for case after case.
pub trait Replayer: Send {
    /// Replays the case of one line and compares it with what the line records.
    ///
    /// # Errors
    /// The line is not a case of this corpus (a case that the simulator cannot follow is a difference).
    fn replay(&mut self, line: &[u8]) -> Result<Verdict, String>;

    /// The whole case of one line, the record next to the replay, for people to read.
    ///
    /// # Errors
    /// As for [`Replayer::replay`].
    fn show(&mut self, line: &[u8]) -> Result<String, String>;
}

/// The result of replaying one case.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Verdict {
    /// The first difference; `None` if the case was reproduced exactly.
    pub difference: Option<FirstDifference>,
}

/// The first place at which a replayed case differs from the record.
#[derive(Clone, Debug, PartialEq, serde::Serialize)]
pub struct FirstDifference {
    /// The instant, in microseconds on the corpus' own clock, if the corpus has instants.
    pub instant: Option<i64>,
    /// What was recorded; null if nothing was.
    pub expected: Value,
    /// What the simulator did; null if it did nothing.
    pub got: Value,
}

/// Makes the replayer of a corpus from the name in each record's `corpus`; `None` if the name is unknown.
pub type Registry = fn(&str) -> Option<Box<dyn Replayer>>;

/// A corpus by name, and how to make its replayer.
type Corpus = (&'static str, fn() -> Box<dyn Replayer>);

/// Every corpus that can be replayed.
const CORPORA: &[Corpus] = &[
    ("job-history", || Box::<jobs::JobReplayer>::default()),
    ("cronjob-history", || Box::<cronjob::HistoryReplayer>::default()),
    ("cronjob-history-lagged", || Box::<cronjob::HistoryReplayer>::default()),
    ("cron-schedule", || Box::new(value::ByValue(cronjob::schedules))),
    ("cronjob-missed", || Box::new(value::ByValue(cronjob::missed))),
    ("kubelet-restart-backoff", || Box::new(value::ByValue(kubelet::compare))),
    ("fleet-history", || Box::<fleet::FleetReplayer>::default()),
    ("node-history", || Box::<nodes::NodeReplayer>::default()),
    ("validation", || Box::new(value::ByValue(validation::validation))),
];

/// The replayer of the corpus with that name: the [`Registry`] of everything that this simulator models.
pub fn replayer(corpus: &str) -> Option<Box<dyn Replayer>> {
    CORPORA.iter().find(|(name, _)| *name == corpus).map(|(_, make)| make())
}

/// Reads a record. The line is checked for UTF-8 once, which is faster than what serde_json does with bytes: it checks
/// each string.
///
/// # Errors
/// The line is not UTF-8, or not JSON of this type.
pub fn parsed<'a, T: serde::Deserialize<'a>>(line: &'a [u8]) -> Result<T, String> {
    let not_text = |error: std::str::Utf8Error| format!("not UTF-8 (column {})", error.valid_up_to() + 1);
    let text = std::str::from_utf8(line).map_err(not_text)?;
    serde_json::from_str(text).map_err(|error| json_error(&error))
}

/// What is wrong with the JSON of a record. The line is left out: a record is one line, so it would
/// always be the first, and the caller knows the line in the file.
pub fn json_error(error: &serde_json::Error) -> String {
    let column = format!(" at line {} column {}", error.line(), error.column());
    format!("{} (column {})", error.to_string().trim_end_matches(&column), error.column())
}
