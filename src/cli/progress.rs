//! Progress bars on standard error, if that is a terminal. What progresses is decided by the callers.

use crate::experiment::Setup;
use crate::report;
use crate::time::{SimDuration, SimTime};
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use std::time::Duration;

/// How often a progress bar is redrawn.
const TICK: Duration = Duration::from_millis(250);

/// A progress bar, hidden if standard error is not a terminal.
pub fn bar(replications: u64, what: &str) -> ProgressBar {
    let bar = ProgressBar::with_draw_target(Some(replications), ProgressDrawTarget::stderr());
    let style =
        ProgressStyle::with_template("{msg}{wide_bar} {human_pos} of {human_len}, {elapsed} so far, {eta} left");
    bar.set_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()));
    // A single replication may take long, so the bar is also redrawn without progress.
    bar.enable_steady_tick(TICK);
    let what = crate::text::visible_line(what);
    bar.set_message(if what.is_empty() { String::new() } else { format!("{what} ") });
    bar
}

/// A bar of virtual time, for one replication that may take long; hidden if standard error is not a terminal.
pub fn clock_bar(setup: &Setup) -> ProgressBar {
    let whole = seconds_since_start(setup, setup.start + setup.until);
    let bar = ProgressBar::with_draw_target(Some(whole), ProgressDrawTarget::stderr_with_hz(4));
    let style =
        ProgressStyle::with_template("simulating {wide_bar} {percent} % of virtual time, {msg}{elapsed} so far");
    bar.set_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()));
    bar
}

/// The text of a bar of virtual time.
pub fn how_far(setup: &Setup, now: SimTime, pods: u64) -> String {
    let seconds = SimDuration::from_secs((now - setup.start).as_nanos() / 1_000_000_000);
    format!("+{seconds}, {} Pods, ", report::thousands(pods))
}

/// The position of a bar of virtual time, in seconds since the start.
pub fn seconds_since_start(setup: &Setup, now: SimTime) -> u64 {
    (now - setup.start).as_secs_f64() as u64
}
