//! The estimates of an experiment: probabilities, means and quantiles with their intervals. These values are shown and
//! saved; `tally` gathers them.

use super::outcome::{Excess, JobEnd};
use super::response::Response;
use super::seconds::or_never;
use serde::{Deserialize, Serialize};

/// The summary of all replications of one setup.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Summary {
    /// How many replications there were.
    pub replications: u32,
    /// Whether it was stopped before all replications were done.
    #[serde(default)]
    pub partial: bool,
    /// The confidence of every interval, such as 0.95.
    pub confidence: f64,
    /// Replications that were cut off at the end of virtual time.
    pub cut: u32,
    /// All Jobs together.
    pub all: SeriesSummary,
    /// Each series of Jobs, if there are several.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub series: Vec<SeriesSummary>,
}

/// The estimates for one Job, or for several together.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct SeriesSummary {
    /// The name of the Job, or the common part of the Jobs' names; `all` for all of them.
    pub job: String,
    /// The most Jobs that it had in one replication.
    pub jobs: u32,
    /// How often each end occurred; ends that did not occur are left out.
    pub ends: Vec<EndSummary>,
    /// Every response, in the order of the flat records.
    pub responses: Vec<Statistics>,
    /// For how long, on average, at least 1, 2, 3 … Pods ran above `parallelism`, in seconds.
    pub above: Vec<f64>,
    /// Overshoot by any cause; the cause is `any`.
    pub overshoot: CauseSummary,
    /// Overshoot by cause; causes that did not occur are left out.
    pub overshoot_by_cause: Vec<CauseSummary>,
}

/// How often an end occurred.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct EndSummary {
    /// The end.
    pub end: JobEnd,
    /// The reason; empty if there is none.
    pub reason: String,
    /// In how many replications.
    pub count: u32,
    /// The share of replications.
    pub probability: f64,
    /// Its Wilson interval.
    pub interval: [f64; 2],
    /// The time to finish in these replications, if there is one.
    pub duration: Option<Statistics>,
}

/// How often overshoot had a certain cause.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct CauseSummary {
    /// The cause: [`crate::record::OvershootCause::key`].
    pub cause: String,
    /// In how many replications it occurred.
    pub count: u32,
    /// The share of replications.
    pub probability: f64,
    /// Its Wilson interval.
    pub interval: [f64; 2],
    /// The most Pods above `parallelism` by this cause in a replication; episodes and time are sums over replications.
    pub total: Excess,
}

/// Mean and quantiles of a response over replications.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Statistics {
    /// The response's name.
    pub name: String,
    /// `seconds`, `share`, `amount`, or empty for counts.
    pub unit: String,
    /// How many replications there are.
    pub count: u64,
    /// How many replications never got that far (such as the duration of a Job that does not end). They count as
    /// infinite in quantiles, and are left out of the mean.
    #[serde(default)]
    pub never: u64,
    /// The mean of the finite numbers.
    pub mean: Option<f64>,
    /// Its t interval.
    pub mean_interval: Option<[f64; 2]>,
    /// The standard deviation.
    pub sd: Option<f64>,
    /// The minimum.
    #[serde(with = "or_never::or_none")]
    pub min: Option<f64>,
    /// The maximum.
    #[serde(with = "or_never::or_none")]
    pub max: Option<f64>,
    /// Quantiles of 0.5, 0.95 and 0.99.
    pub quantiles: Vec<Quantile>,
}

/// A quantile and its interval.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Quantile {
    /// The probability.
    pub p: f64,
    /// The value.
    #[serde(with = "or_never")]
    pub value: f64,
    /// The lower end of the order-statistic interval; none if there are too few replications to bound it.
    #[serde(with = "or_never::or_none")]
    pub low: Option<f64>,
    /// The upper end.
    #[serde(with = "or_never::or_none")]
    pub high: Option<f64>,
}

impl Statistics {
    /// The quantile of `p`, if the summary has it.
    pub fn quantile(&self, p: f64) -> Option<&Quantile> {
        self.quantiles.iter().find(|q| q.p == p)
    }
}

impl SeriesSummary {
    /// The statistics of a response.
    pub fn response(&self, response: Response) -> Option<&Statistics> {
        self.responses.iter().find(|s| s.name == response.name())
    }

    /// How often an end occurred, whatever the reason.
    pub fn count_of(&self, end: JobEnd) -> u32 {
        self.ends.iter().filter(|e| e.end == end).map(|e| e.count).sum()
    }
}
