//! `jobsim watch`: a Job on an accelerated clock, as `kubectl get pods -w` would show it, next to what the controller
//! does and why. It paces virtual time by the real clock. On a terminal it redraws a screen and reads keys; elsewhere it
//! prints one line per change, without waiting unless --speed is given.

use super::out::{self, CommandAnswer, Failure, OutputStreams};
use super::run::SimulationArgs;
use super::screen::{Key, Screen};
use super::{experiment, interrupt};
use crate::experiment::{Setup, Simulator};
use crate::record::RecordedRun;
use crate::record::{Recorder, TimelineEntry};
use crate::report::{self, Layout, LiveUpdate, LiveView};
use crate::time::{SimDuration, SimTime};
use std::io::IsTerminal;
use std::time::{Duration, Instant};

const ABOUT: &str = "Watch a Job on an accelerated clock

Shows `kubectl get pods -w` next to the Job's line and what the controller does and why. On a terminal, space pauses, →
and ← change the speed, . goes to the next change, q quits. If the output is not a terminal, every change is a line with
its virtual time, and nothing waits unless --speed is given.";

const EXAMPLES: &str = "Examples:
  jobsim watch scenarios/backoff.yaml --speed 600x
  jobsim watch job.yaml --run 30s | less";

/// The flags of `jobsim watch`.
#[derive(Clone, Debug, Default, clap::Args)]
#[command(about = "Watch a Job on an accelerated clock", long_about = ABOUT, after_help = EXAMPLES)]
pub struct Args {
    /// The Jobs.
    #[command(flatten)]
    pub what: SimulationArgs,

    /// Virtual seconds per second, such as 60x [default: 60x on a terminal, otherwise no waiting]
    #[arg(long, value_name = "FACTOR", value_parser = speed)]
    pub speed: Option<f64>,

    /// The replication to watch
    #[arg(long, value_name = "N", default_value_t = 0)]
    pub replication: u32,

    /// Print lines even on a terminal
    #[arg(long)]
    pub plain: bool,
}

/// A factor, with or without its x.
fn speed(text: &str) -> Result<f64, String> {
    let factor: f64 = text.trim_end_matches(['x', 'X', '×']).parse().map_err(|_| "write such as 60x".to_owned())?;
    if factor > 0.0 && factor <= 1e9 { Ok(factor) } else { Err("more than 0, at most 1e9".to_owned()) }
}

/// Watches a simulation.
///
/// # Errors
/// Input that cannot be read; output that cannot be written.
pub fn run(args: &Args, streams: &mut OutputStreams<'_>) -> Result<CommandAnswer, Failure> {
    let setup = args.what.resolve(streams)?.setup;
    let mut watched = Watched::new(&setup, args.replication);
    interrupt::flag();
    if std::io::stdout().is_terminal() && std::io::stdin().is_terminal() && !args.plain {
        let end = on_screen(&mut watched, args.speed.unwrap_or(60.0), streams);
        end?;
    } else {
        in_lines(&mut watched, args.speed, streams)?;
    }
    if let Some(why) = watched.simulator.exhausted() {
        return Err(experiment::exhausted("", args.replication, why));
    }
    let (run, layout) = (watched.as_run(), Layout::new(streams.columns, false));
    streams.text(&format!("\n{}{}", report::release_line(&setup.release.name()), report::get(&run, layout)))?;
    for cronjob in &run.recorder.cronjobs {
        streams.text(&format!("\n{}", report::starts(cronjob, None, &run, layout)))?;
    }
    for job in run.recorder.jobs.iter().filter(|job| job.owner.is_none()).take(3) {
        streams.text(&format!("\n{}", report::summary(job, &run, layout)))?;
    }
    if interrupt::is_stopped() {
        streams.warn(&format!("interrupted at +{}: what is shown is not the end", watched.since_start()));
        return Ok(CommandAnswer::Interrupted);
    }
    Ok(CommandAnswer::Yes)
}

/// A simulation in progress.
pub struct Watched<'a> {
    simulator: Simulator<'a>,
    recorder: Recorder,
    /// What is shown of it.
    pub view: LiveView,
    start: SimTime,
    /// The virtual time.
    pub now: SimTime,
}

impl<'a> Watched<'a> {
    fn new(setup: &'a Setup, replication: u32) -> Self {
        let mut simulator = Simulator::new(setup);
        let recorder = simulator.begin(replication, true);
        Watched { simulator, recorder, view: LiveView::default(), start: setup.start, now: setup.start }
    }

    /// The run so far.
    pub fn as_run(&self) -> RecordedRun<'_> {
        RecordedRun { recorder: &self.recorder, end: self.now, cut: self.simulator.next_time().is_some() }
    }

    /// Virtual time since the start.
    pub fn since_start(&self) -> SimDuration {
        self.now - self.start
    }

    /// The instant of the next event.
    pub fn next_time(&self) -> Option<SimTime> {
        self.simulator.next_time()
    }

    /// Processes the next event; returns what is new to show.
    pub fn step(&mut self) -> Vec<LiveUpdate> {
        if let Some(now) = self.simulator.step(&mut self.recorder) {
            self.now = self.now.max(now);
        }
        let entries: Vec<TimelineEntry> = std::mem::take(&mut self.recorder.timeline);
        let run = RecordedRun { recorder: &self.recorder, end: self.now, cut: true };
        let codes = &self.simulator.world().env.codes;
        entries.iter().filter_map(|entry| self.view.take(entry, &run, codes)).collect()
    }
}

/// Prints every change as a line, at its time if there is a speed.
fn in_lines(watched: &mut Watched, speed: Option<f64>, streams: &mut OutputStreams<'_>) -> Result<(), Failure> {
    let began = Instant::now();
    writeln!(streams.data, "{:>11}  {:<24} {:<6} {:<18} {:<9} AGE", "TIME", "NAME", "READY", "STATUS", "RESTARTS")?;
    while let Some(next) = watched.next_time().filter(|_| !interrupt::is_stopped()) {
        if let Some(speed) = speed {
            let due = Duration::from_secs_f64((next - watched.start).as_secs_f64().max(0.0) / speed);
            streams.data.flush()?;
            // Waits in short pieces, because a signal may end the command.
            while let Some(left) = due.checked_sub(began.elapsed()).filter(|_| !interrupt::is_stopped()) {
                std::thread::sleep(left.min(FRAME));
            }
        }
        for news in watched.step() {
            let time = format!("+{}", watched.since_start());
            match news {
                LiveUpdate::Pod(row) => {
                    let [name, ready, status, restarts, age] = row.cells(watched.now);
                    streams.text(&format!("{time:>11}  {name:<24} {ready:<6} {status:<18} {restarts:<9} {age}\n"))?;
                }
                LiveUpdate::Reason(text) => streams.text(&format!("{time:>11}  # {text}\n"))?,
            }
        }
    }
    Ok(())
}

/// How long a frame stays on the screen.
const FRAME: Duration = Duration::from_millis(50);

/// Draws the screen until the simulation ends or the user quits.
fn on_screen(watched: &mut Watched, mut speed: f64, streams: &mut OutputStreams<'_>) -> Result<(), Failure> {
    streams.data.flush()?;
    let mut terminal = out::terminal();
    let mut screen = Screen::open(&mut terminal)?;
    let mut before = Instant::now();
    let mut is_paused = false;
    loop {
        let lasted = before.elapsed();
        before = Instant::now();
        if !is_paused {
            let to = watched.now + SimDuration::from_secs_f64(lasted.as_secs_f64() * speed);
            while watched.next_time().is_some_and(|next| next <= to) {
                watched.step();
            }
            watched.now = to;
        }
        let is_over = watched.next_time().is_none();
        screen.draw(watched, speed, is_paused, is_over)?;
        if interrupt::is_stopped() {
            return Ok(());
        }
        match screen.key(FRAME)? {
            Some(Key::Quit) => return Ok(()),
            Some(Key::Pause) => is_paused = !is_paused,
            Some(Key::Faster) => speed = (speed * 2.0).min(1e9),
            Some(Key::Slower) => speed = (speed / 2.0).max(1e-3),
            Some(Key::Next) => {
                is_paused = true;
                while watched.next_time().is_some() && watched.step().is_empty() {}
            }
            Some(Key::Other(_)) | None => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::speed;

    #[test]
    fn speeds() {
        assert_eq!([speed("60x"), speed("60"), speed("0.5x")], [Ok(60.0), Ok(60.0), Ok(0.5)]);
        for wrong in ["", "fast", "0", "-1x", "NaN", "inf"] {
            assert!(speed(wrong).is_err(), "{wrong}");
        }
    }
}
