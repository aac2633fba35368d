//! Progress bars on standard error, if that is a terminal. What progresses is decided by the callers.

use crate::experiment::Setup;
use crate::report;
use crate::time::{SimDuration, SimTime};
use indicatif::{HumanDuration, ProgressBar, ProgressDrawTarget, ProgressState, ProgressStyle};
use std::time::Duration;

/// How often a progress bar is redrawn.
const TICK: Duration = Duration::from_millis(250);

/// A progress bar, hidden if standard error is not a terminal.
pub fn bar(replications: u64, what: &str) -> ProgressBar {
    let bar = ProgressBar::with_draw_target(Some(replications), ProgressDrawTarget::stderr());
    let style = ProgressStyle::with_template("{msg}{wide_bar} {human_pos} of {human_len}, {elapsed} so far{left}");
    let style = style.unwrap_or_else(|_| ProgressStyle::default_bar());
    bar.set_style(style.with_key("left", time_left));
    // A single replication may take long, so the bar is also redrawn without progress.
    bar.enable_steady_tick(TICK);
    let what = crate::text::visible_line(what);
    bar.set_message(if what.is_empty() { String::new() } else { format!("{what} ") });
    bar
}

/// The time that is left. Before the first step nobody knows it.
fn time_left(state: &ProgressState, into: &mut dyn std::fmt::Write) {
    if state.pos() > 0 {
        // A bar that cannot be written is not worth an error.
        let _ = write!(into, ", {:#} left", HumanDuration(state.eta()));
    }
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

/// A line for work of unknown extent, such as a number of runs that depends on their outcome; hidden if standard error
/// is not a terminal. Its caller sets the message.
pub fn line(what: &str) -> ProgressBar {
    let line = ProgressBar::with_draw_target(None, ProgressDrawTarget::stderr());
    let style = ProgressStyle::with_template("{prefix} {msg}{elapsed} so far");
    line.set_style(style.unwrap_or_else(|_| ProgressStyle::default_spinner()));
    line.set_prefix(what.to_owned());
    line.enable_steady_tick(TICK);
    line
}

/// The text of a bar of virtual time: how much has passed, and how many Pods there were.
pub fn passed_text(passed: SimDuration, pods: u64) -> String {
    let seconds = SimDuration::from_secs(passed.as_nanos() / 1_000_000_000);
    format!("+{seconds}, {} Pods, ", report::thousands(pods))
}

/// The position of a bar of virtual time, in seconds since the start.
pub fn seconds_since_start(setup: &Setup, now: SimTime) -> u64 {
    (now - setup.start).as_secs_f64() as u64
}
