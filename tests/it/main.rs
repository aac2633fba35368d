//! The integration tests, as one binary: they see the crate as its users do.

mod batch;
mod browser;
mod calibrate;
mod cli;
mod comparisons;
mod conformance;
mod design;
mod experiment;
mod explain;
mod harness;
mod interrupt;
mod manifests;
mod next;
mod plot;
mod queueing;
mod report;
mod run;
mod scenarios;
mod solve;
mod statistics;
mod studies;
mod tidy;
mod toy;
mod validate;
mod watch;
mod worlds;
