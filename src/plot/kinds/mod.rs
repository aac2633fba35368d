//! The kinds of plots: most files turn results into the charts of one kind, as data; `design` and `histogram` are
//! shared. How charts are drawn is not known here.

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
