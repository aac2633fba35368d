//! The kinds of plots: each file makes the charts of one kind out of results, as data. How they are drawn is not known
//! here.

pub mod backoff;
pub mod budget;
pub mod compare;
mod design;
pub mod ecdf;
pub mod frontier;
pub mod gantt;
pub mod heatmap;
mod histogram;
pub mod jobs;
pub mod nodes;
pub mod occupancy;
pub mod overshoot;
mod overshoot_spread;
pub mod retries;
pub mod room;
pub mod starts;
pub mod sweep;
