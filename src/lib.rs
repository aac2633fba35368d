//! `jobsim`: a discrete-event simulator of the Kubernetes Job controller.
//!
//! It is the controller's own semantics on a virtual clock inside a small model of a cluster; it is not a client of
//! a cluster, and it runs no containers. An [`Input`] is read from files, resolved to a [`Setup`], and run by a
//! [`Simulator`], as often as one likes; or by [`replicate`] on all cores:
//!
//! ```
//! use jobsim::{Input, Measure, Plan, RunControl, Simulator, replicate};
//!
//! let input = Input::read(&["scenarios/spot-policy.yaml".to_owned()]).expect("it can be read");
//! let setup = input.resolve().expect("it is a scenario").setup;
//!
//! // One replication: what became of the Job?
//! let mut simulator = Simulator::new(&setup);
//! let simulated = simulator.run(0, false);
//! let record = simulator.outcome(0, simulated);
//! println!("{:?} after {:?} with {} retries", record.all.end, record.all.duration, record.all.retries);
//!
//! // Many: how likely, and how sure?
//! let measure = Measure::parse("P(Complete)", &setup.series).expect("it is a measure");
//! let plan = Plan { replications: 200, measures: &[measure.clone()], ..Plan::default() };
//! let replicated = replicate(&[&setup], &plan, RunControl::NOBODY);
//! let estimate = measure.estimate(&replicated.points[0].measures[0], 0.95).expect("it was measured");
//! assert!(estimate.low < Some(estimate.value) && Some(estimate.value) < estimate.high);
//! ```
//!
//! The rooms, from the bottom up:
//!
//! - [`time`], [`id`]: the newtypes that everything is written in;
//! - [`limits`]: every bound on what a text or a flag can ask for;
//! - [`text`]: YAML and JSON as trees whose nodes know their place;
//! - [`stats`], [`kernel`]: estimates with their uncertainty; event list and random streams. Neither knows Kubernetes;
//! - [`release`]: which Kubernetes release is modelled, and its constants;
//! - [`cron`], [`api`]: schedules; Jobs, Pods and CronJobs as values;
//! - [`apiserver`]: decoding, defaulting and validation, as the API server does them;
//! - [`controller`], [`scheduler`], [`kubelet`]: the Job and CronJob controllers, kube-scheduler, and what a kubelet does
//!   about a Pod's containers; pure: no clock, no random numbers, no I/O;
//! - [`manifest`], [`advice`]: objects from files and clusters; what a careful reviewer says about them;
//! - [`model`]: input models, from which Pods take their run times and outcomes;
//! - [`record`]: what was observed, as timelines and tallies;
//! - [`world`]: the cluster around the controllers;
//! - [`conformance`]: recorded histories, compared with the world instant by instant;
//! - [`experiment`], [`calibrate`]: setups and their replications; input models fitted to observed Pods;
//! - [`autopsy`]: what happened to a Job of a cluster, held against what its controller would do;
//! - [`scenario`]: what a user writes, resolved;
//! - [`plot`], [`report`]: results as pictures and as text;
//! - [`explain`]: the worst case of a Job, and the rules behind it;
//! - [`page`]: what a page in a browser asks of the library, and the page;
//! - [`cli`]: the command.

// What only the command uses is not used without it.
#![cfg_attr(not(feature = "cli"), allow(dead_code))]

pub mod advice;
pub mod api;
pub mod apiserver;
pub mod autopsy;
pub mod calibrate;
#[cfg(feature = "cli")]
pub mod cli;
#[cfg(feature = "conformance")]
pub mod conformance;
pub mod controller;
pub mod cron;
pub mod experiment;
pub mod explain;
pub mod id;
pub mod kernel;
pub mod kubelet;
pub mod limits;
pub mod manifest;
pub mod model;
#[cfg(feature = "plots")]
pub mod page;
#[cfg(feature = "plots")]
pub mod plot;
pub mod record;
pub mod release;
pub mod report;
pub mod scenario;
pub mod scheduler;
pub mod stats;
pub mod text;
pub mod time;
pub mod world;

pub use experiment::{Goal, Measure, Plan, Replication, RunControl, Setup, Simulator, replicate};
pub use scenario::{Input, Resolved};

/// The front page's example, so that it stays true.
#[doc = include_str!("../README.md")]
#[cfg(doctest)]
pub struct FrontPage;
