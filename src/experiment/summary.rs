//! What an experiment says: probabilities, means and quantiles with their intervals. These are the values that are shown
//! and saved; how they are gathered is in `tally`.

use super::outcome::{Excess, JobEnd};
use super::response::Response;
use super::seconds::or_never;
use serde::{Deserialize, Serialize};

/// The summary of all replications of one setup.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Summary {
    /// How many replications it is of.
    pub replications: u32,
    /// Whether it was stopped before all replications were done.
    #[serde(default)]
    pub partial: bool,
    /// The confidence of every interval, such as 0.95.
    pub confidence: f64,
    /// Replications that were cut off by the longest virtual time.
    pub cut: u32,
    /// All Jobs together.
    pub all: SeriesSummary,
    /// Each series of Jobs, if there are several.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub series: Vec<SeriesSummary>,
}

/// What is known of a Job, or of several.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct SeriesSummary {
    /// The name of the Job, or what the Jobs' names have in common; `all` for all of them.
    pub job: String,
    /// How many Jobs it has in a replication, at the most.
    pub jobs: u32,
    /// How often each end came; those that never came are left out.
    pub ends: Vec<EndSummary>,
    /// Every response, in the order of the flat records.
    pub responses: Vec<Statistics>,
    /// How long, on average over replications, at least 1, 2, 3 … Pods ran above `parallelism`, in seconds.
    pub above: Vec<f64>,
    /// Overshoot whatever the cause; the cause is `any`.
    pub overshoot: CauseSummary,
    /// Overshoot by cause; causes that never came are left out.
    pub overshoot_by_cause: Vec<CauseSummary>,
}

/// How often an end came.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct EndSummary {
    /// How.
    pub end: JobEnd,
    /// Why; empty where there is no reason.
    pub reason: String,
    /// In how many replications.
    pub count: u32,
    /// The share of replications.
    pub probability: f64,
    /// Its Wilson interval.
    pub interval: [f64; 2],
    /// The time to finish in these replications; none where it has none.
    pub duration: Option<Statistics>,
}

/// How often overshoot had a cause.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct CauseSummary {
    /// The cause: [`crate::record::OvershootCause::key`].
    pub cause: String,
    /// In how many replications it came.
    pub count: u32,
    /// The share of replications.
    pub probability: f64,
    /// Its Wilson interval.
    pub interval: [f64; 2],
    /// Most Pods above by this cause in any replication; episodes and time are sums over replications.
    pub total: Excess,
}

/// Mean and quantiles of a response over replications.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Statistics {
    /// The response's name.
    pub name: String,
    /// `seconds`, or empty for counts.
    pub unit: String,
    /// How many replications have a number.
    pub count: u64,
    /// How many never got that far (such as the duration of a Job that never ends): they count as infinite in
    /// quantiles, and not at all in the mean.
    #[serde(default)]
    pub never: u64,
    /// The mean of the finite numbers.
    pub mean: Option<f64>,
    /// Its t interval.
    pub mean_interval: Option<[f64; 2]>,
    /// The standard deviation.
    pub sd: Option<f64>,
    /// The least.
    #[serde(with = "or_never::or_none")]
    pub min: Option<f64>,
    /// The largest.
    #[serde(with = "or_never::or_none")]
    pub max: Option<f64>,
    /// Quantiles of 0.5, 0.95 and 0.99.
    pub quantiles: Vec<Quantile>,
}

/// A quantile and its interval.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Quantile {
    /// Of which share.
    pub p: f64,
    /// The value.
    #[serde(with = "or_never")]
    pub value: f64,
    /// The lower end of the order-statistic interval; none if the replications are too few to bound it.
    #[serde(with = "or_never::or_none")]
    pub low: Option<f64>,
    /// The upper end.
    #[serde(with = "or_never::or_none")]
    pub high: Option<f64>,
}

impl Statistics {
    /// The quantile of `p`, if it was asked for.
    pub fn quantile(&self, p: f64) -> Option<&Quantile> {
        self.quantiles.iter().find(|q| q.p == p)
    }
}

impl SeriesSummary {
    /// The statistics of a response.
    pub fn response(&self, response: Response) -> Option<&Statistics> {
        self.responses.iter().find(|s| s.name == response.name())
    }

    /// How often an end came, whatever the reason.
    pub fn count_of(&self, end: JobEnd) -> u32 {
        self.ends.iter().filter(|e| e.end == end).map(|e| e.count).sum()
    }
}
