//! The file that `--save` writes: one result, with everything that it was made from. `docs/results.md` describes it for
//! people. These are its types; reading and writing files is done elsewhere.
//!
//! Invariant: the version is raised whenever a field changes its meaning or disappears; new fields may come at any time,
//! so that readers pass over what they do not know.

use super::outcome::Replication;
use super::summary::Summary;
use super::timeline::Timeline;
use serde::{Deserialize, Serialize};

/// What `format` says.
pub const FORMAT: &str = "jobsim/result";
/// What `formatVersion` says.
pub const FORMAT_VERSION: u32 = 1;

/// A saved result.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ResultFile {
    /// [`FORMAT`].
    pub format: String,
    /// [`FORMAT_VERSION`].
    pub format_version: u32,
    /// The version of jobsim.
    pub jobsim: String,
    /// The Kubernetes release that is modelled.
    pub kubernetes: String,
    /// What was asked: `run`, `sweep`, `compare` or `solve`.
    pub kind: ResultKind,
    /// The command line.
    pub command: Vec<String>,
    /// The question that the scenario answers, if it says so.
    #[serde(default)]
    pub question: Option<String>,
    /// The texts of all files that were read.
    pub files: Vec<FileText>,
    /// The seed.
    pub seed: u64,
    /// What was simulated: one point for `run`, one for each design point of the others. Common random numbers: the
    /// same replication of two points had the same luck.
    pub points: Vec<Point>,
    /// Points that were left out.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub refused: Vec<Refused>,
    /// Differences between points, if they were compared.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub comparisons: Vec<Comparison>,
    /// What `solve` found.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub solution: Option<Solution>,
}

/// What was asked.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[allow(missing_docs)] // the commands
pub enum ResultKind {
    #[default]
    Run,
    Sweep,
    Compare,
    Solve,
}

/// A file that was read.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct FileText {
    /// As the user named it, or as the scenario did.
    pub name: String,
    /// Its text.
    pub text: String,
}

/// A design point: a setup and what came of it.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Point {
    /// Its name; empty for `run`.
    #[serde(default)]
    pub name: String,
    /// What is set in it, beside what holds for all points.
    #[serde(default)]
    pub settings: Vec<PointSetting>,
    /// The summary.
    pub summary: Summary,
    /// What had to hold, and whether it does.
    #[serde(default)]
    pub goals: Vec<GoalResult>,
    /// What was asked to be shown of it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub measures: Vec<MeasureResult>,
    /// A record for each replication.
    pub records: Vec<Replication>,
    /// Full timelines of chosen replications.
    pub timelines: Vec<Timeline>,
}

/// A field and its value at a point.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct PointSetting {
    /// The field's path.
    pub path: String,
    /// The value.
    pub value: serde_json::Value,
    /// The number that it is, if it is one: of times seconds, of percentages shares.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub number: Option<f64>,
    /// What the number counts: `seconds`, `probability`, a rate's `/h`, or empty.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub unit: String,
}

/// What a measure came to.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct MeasureResult {
    /// As it was written.
    pub measure: String,
    /// `probability`, `seconds`, or empty for counts.
    pub unit: String,
    /// The estimate; none if there is nothing to estimate it from.
    #[serde(with = "super::seconds::or_never::or_none")]
    pub value: Option<f64>,
    /// The lower end of its interval, where it has one.
    #[serde(with = "super::seconds::or_never::or_none")]
    pub low: Option<f64>,
    /// The upper end.
    #[serde(with = "super::seconds::or_never::or_none")]
    pub high: Option<f64>,
}

/// A point that the API server's rules, or the scenario's, refuse.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Refused {
    /// Its name.
    pub name: String,
    /// Why, a line for each problem.
    pub problems: Vec<String>,
}

/// Whether a goal holds.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct GoalResult {
    /// As it was written.
    pub goal: String,
    /// Whether the estimate fulfils it.
    pub holds: bool,
    /// Whether the whole interval says the same.
    pub sure: bool,
    /// The estimate: a probability, seconds, or a count; none if there is nothing to estimate it from.
    #[serde(with = "super::seconds::or_never::or_none")]
    pub value: Option<f64>,
    /// The lower end of its interval, where it has one.
    #[serde(with = "super::seconds::or_never::or_none")]
    pub low: Option<f64>,
    /// The upper end.
    #[serde(with = "super::seconds::or_never::or_none")]
    pub high: Option<f64>,
    /// What it was to be compared with.
    pub bound: f64,
    /// `probability`, `seconds`, or empty for counts.
    pub unit: String,
}

/// The differences between a point and the first.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Comparison {
    /// The point that is compared with (the first), by name.
    pub base: String,
    /// The point that is compared.
    pub with: String,
    /// Differences (`with` − `base`) of responses, paired by replication.
    pub differences: Vec<PairedDifference>,
    /// The verdict, in words.
    pub verdict: Vec<String>,
}

/// A paired difference.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct PairedDifference {
    /// The response, or `P(Complete)`.
    pub name: String,
    /// `seconds`, `probability`, or empty for counts.
    pub unit: String,
    /// How many pairs have both numbers.
    pub count: u64,
    /// The mean of the first.
    pub base: Option<f64>,
    /// The mean of the other.
    pub with: Option<f64>,
    /// The mean difference.
    pub mean: Option<f64>,
    /// Its t interval.
    pub interval: Option<[f64; 2]>,
    /// In how many pairs it is below, equal and above zero.
    pub signs: [u64; 3],
    /// By which factor common random numbers made the variance of the difference smaller.
    pub variance_reduction: Option<f64>,
}

/// What `solve` found.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Solution {
    /// The field.
    pub field: String,
    /// The goals.
    pub goals: Vec<String>,
    /// How many values there are.
    pub values: u64,
    /// Whether the largest value was looked for, and not the smallest.
    pub largest: bool,
    /// Whether a goal was to hold surely: by its whole interval, and not by its estimate.
    pub sure: bool,
    /// The value for which all goals hold by their estimates; none if there is none.
    pub value: Option<serde_json::Value>,
    /// The value for which all goals hold surely; none if there is none.
    pub sure_value: Option<serde_json::Value>,
    /// The place, from 0, of the value at which the search begins.
    pub end: u64,
    /// Whether it looks as if the goals hold from some value on and not before.
    pub monotone: bool,
    /// Whether every value that could be the answer was tried, or lies between two that bisection tells apart.
    pub certain: bool,
    /// The values that were tried, in rising order, with what the goals came to.
    pub tried: Vec<TriedPoint>,
    /// The verdict, in words.
    pub verdict: Vec<String>,
}

/// A value that was tried.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct TriedPoint {
    /// Its place among the values, from 0.
    pub place: u64,
    /// The value.
    pub value: serde_json::Value,
    /// The number that it is: of times seconds, of percentages shares.
    pub number: Option<f64>,
    /// What the goals came to.
    pub results: Vec<GoalResult>,
}

impl ResultFile {
    /// An empty result of this version of jobsim.
    pub fn new(kind: ResultKind, kubernetes: &str) -> Self {
        ResultFile {
            format: FORMAT.to_owned(),
            format_version: FORMAT_VERSION,
            jobsim: env!("CARGO_PKG_VERSION").to_owned(),
            kubernetes: kubernetes.to_owned(),
            kind,
            ..ResultFile::default()
        }
    }

    /// Reads the text of a saved result.
    ///
    /// # Errors
    /// What is no such result, or one of a later version; it says why.
    pub fn from_json(text: &[u8]) -> Result<Self, String> {
        #[derive(Deserialize)]
        #[serde(rename_all = "camelCase")]
        struct Head {
            format: String,
            format_version: u32,
        }
        let no_result = |error: &dyn std::fmt::Display| format!("this is no result that jobsim saved: {error}");
        let head: Head = serde_json::from_slice(text).map_err(|error| no_result(&error))?;
        if head.format != FORMAT {
            return Err(no_result(&format!("its format is {:?}, not {FORMAT:?}", head.format)));
        }
        if head.format_version > FORMAT_VERSION {
            let (theirs, ours) = (head.format_version, FORMAT_VERSION);
            return Err(format!("its format has version {theirs}; this jobsim reads up to {ours}"));
        }
        let deserializer = &mut serde_json::Deserializer::from_slice(text);
        serde_path_to_error::deserialize(deserializer).map_err(|error| no_result(&error))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_result_is_read_as_it_was_written() {
        let mut result = ResultFile::new(ResultKind::Compare, "v1.37");
        let quantile = super::super::Quantile { p: 0.5, value: f64::INFINITY, low: Some(3.5), high: None };
        let statistics = super::super::Statistics { quantiles: vec![quantile], ..Default::default() };
        let mut point = Point { name: "base".to_owned(), ..Point::default() };
        point.summary.all.responses.push(statistics);
        point.records.push(Replication::default());
        point.records[0].all.duration = Some(crate::time::SimDuration::from_millis(1_500));
        point.records[0].all.reason = Some(crate::api::JobReason::CompletionsReached);
        point.timelines.push(Timeline::default());
        result.points.push(point);
        let text = serde_json::to_vec(&result).unwrap();
        assert_eq!(ResultFile::from_json(&text).unwrap(), result);
    }

    #[test]
    fn what_is_no_result_is_refused_with_the_reason() {
        let later = format!(r#"{{"format": "{FORMAT}", "formatVersion": {}}}"#, FORMAT_VERSION + 1);
        for (text, why) in [
            ("{", "EOF while parsing"),
            ("{\"kind\": \"Scenario\"}", "missing field `format`"),
            ("{\"format\": \"x\", \"formatVersion\": 1}", "its format is \"x\""),
            (&later, "this jobsim reads up to 1"),
            (r#"{"format": "jobsim/result", "formatVersion": 1, "jobsim": 3}"#, "jobsim: invalid type"),
        ] {
            let error = ResultFile::from_json(text.as_bytes()).unwrap_err();
            assert!(error.contains(why), "{error}");
        }
    }
}
