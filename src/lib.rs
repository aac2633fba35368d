//! `jobsim`: a discrete-event simulator of the Kubernetes Job controller.
//!
//! It is the controller's own semantics on a virtual clock inside a small model of a cluster; it is not a client of
//! a cluster, and it runs no containers. The rooms, from the bottom up:
//!
//! - [`time`], [`id`]: the newtypes everything is written in;
//! - [`api`]: `batch/v1` values and the sliver of `core/v1` that matters, reading, defaulting and validating them;
//! - [`kernel`]: clock, event list and random streams; knows nothing of Kubernetes;
//! - [`controller`]: the Job controller, pure: no clock, no random numbers, no I/O;
//! - [`advice`]: what a careful reviewer says about a manifest, rule by rule;
//! - [`stats`]: estimates and how sure they are, special functions; imports nothing of ours;
//! - [`model`]: input models, from which Pods take their lives;
//! - [`world`]: the cluster around the controller;
//! - [`experiment`]: what is to be simulated as one value, and its replications;
//! - [`record`]: what was observed, as timelines and tallies;
//! - [`conformance`]: recorded histories held against the world;
//! - [`scenario`]: what a user writes, resolved; [`report`]: what a user reads;
//! - [`plot`]: results as pictures;
//! - [`explain`]: what becomes of a Job in the worst case, and the rules behind it; [`cli`]: the command.

pub mod advice;
pub mod api;
pub mod cli;
pub mod conformance;
pub mod controller;
pub mod experiment;
pub mod explain;
pub mod id;
pub mod kernel;
pub mod model;
pub mod plot;
pub mod record;
pub mod report;
pub mod scenario;
pub mod stats;
pub mod time;
pub mod world;

/// The front page's example, so that it stays true.
#[doc = include_str!("../README.md")]
#[cfg(doctest)]
pub struct FrontPage;
