//! `jobsim watch`: a Job on an accelerated clock, as `kubectl get pods -w` would show it, beside what the controller does
//! and why. This is the only place that knows the real clock. On a terminal the screen is drawn again and again and keys
//! are taken; elsewhere every change is a line, and nobody waits unless --speed is given.

use super::out::{Answer, Failure, Streams};
use super::run::What;
use super::screen::{Screen, Wish};
use crate::experiment::{Setup, Simulator};
use crate::record::RecordedRun;
use crate::record::{Recorder, TimelineEntry};
use crate::report::{self, Board, News};
use crate::time::{SimDuration, SimTime};
use std::io::IsTerminal;
use std::time::{Duration, Instant};

const ABOUT: &str = "Watch a Job on an accelerated clock

The look of `kubectl get pods -w`, beside the Job's line and what the controller does and why. On a terminal: space
pauses, → and ← change the speed, . goes to the next change, q quits. Where output is no terminal every change is a line
with its virtual time, and nobody waits unless --speed is given.";

const EXAMPLES: &str = "Examples:
  jobsim watch job.yaml --fail 50% --speed 60x
  jobsim watch job.yaml --run 30s | less";

/// The flags of `jobsim watch`.
#[derive(Clone, Debug, Default, clap::Args)]
#[command(about = "Watch a Job on an accelerated clock", long_about = ABOUT, after_help = EXAMPLES)]
pub struct Args {
    /// What is simulated.
    #[command(flatten)]
    pub what: What,

    /// Seconds of virtual time in a second, such as 60x [default: 60x on a terminal, else without waiting]
    #[arg(long, value_name = "FACTOR", value_parser = speed)]
    pub speed: Option<f64>,

    /// Which replication
    #[arg(long, value_name = "N", default_value_t = 0)]
    pub replication: u32,

    /// Write lines even on a terminal
    #[arg(long)]
    pub plain: bool,
}

/// A factor, with or without its x.
fn speed(text: &str) -> Result<f64, String> {
    let factor: f64 = text.trim_end_matches(['x', 'X', '×']).parse().map_err(|_| "write such as 60x".to_owned())?;
    if factor > 0.0 && factor <= 1e9 { Ok(factor) } else { Err("more than 0, at most 1e9".to_owned()) }
}

/// Watches.
///
/// # Errors
/// Input that cannot be read; output that cannot be written.
pub fn run(args: &Args, streams: &mut Streams<'_>) -> Result<Answer, Failure> {
    let setup = args.what.resolve(streams)?.setup;
    let mut watched = Watched::new(&setup, args.replication);
    if std::io::stdout().is_terminal() && std::io::stdin().is_terminal() && !args.plain {
        let end = on_screen(&mut watched, args.speed.unwrap_or(60.0), streams);
        end?;
    } else {
        in_lines(&mut watched, args.speed, streams)?;
    }
    let run = watched.as_run();
    write!(streams.data, "\n{}", report::get(&run))?;
    for cronjob in &run.recorder.cronjobs {
        write!(streams.data, "\n{}", report::starts(cronjob, None, &run))?;
    }
    for job in run.recorder.jobs.iter().filter(|job| job.owner.is_none()).take(3) {
        write!(streams.data, "\n{}", report::summary(job, &run))?;
    }
    Ok(Answer::Yes)
}

/// A simulation that is looked at while it goes on.
pub struct Watched<'a> {
    simulator: Simulator<'a>,
    recorder: Recorder,
    /// What is seen of it.
    pub board: Board,
    start: SimTime,
    /// The virtual time.
    pub now: SimTime,
}

impl<'a> Watched<'a> {
    fn new(setup: &'a Setup, replication: u32) -> Self {
        let mut simulator = Simulator::new(setup);
        let recorder = simulator.begin(replication, true);
        Watched { simulator, recorder, board: Board::default(), start: setup.start, now: setup.start }
    }

    /// The run so far.
    pub fn as_run(&self) -> RecordedRun<'_> {
        RecordedRun { recorder: &self.recorder, end: self.now, cut: self.simulator.next_time().is_some() }
    }

    /// Virtual time since the beginning.
    pub fn since_start(&self) -> SimDuration {
        self.now - self.start
    }

    /// When something happens next.
    pub fn next_time(&self) -> Option<SimTime> {
        self.simulator.next_time()
    }

    /// Lets the next thing happen; gives what is new.
    pub fn step(&mut self) -> Vec<News> {
        if let Some(now) = self.simulator.step(&mut self.recorder) {
            self.now = self.now.max(now);
        }
        let entries: Vec<TimelineEntry> = std::mem::take(&mut self.recorder.timeline);
        let run = RecordedRun { recorder: &self.recorder, end: self.now, cut: true };
        let codes = &self.simulator.world().codes;
        entries.iter().filter_map(|entry| self.board.take(entry, &run, codes)).collect()
    }
}

/// Every change as a line; with a speed each in its time.
fn in_lines(watched: &mut Watched, speed: Option<f64>, streams: &mut Streams<'_>) -> Result<(), Failure> {
    let began = Instant::now();
    writeln!(streams.data, "{:>11}  {:<24} {:<6} {:<18} {:<9} AGE", "TIME", "NAME", "READY", "STATUS", "RESTARTS")?;
    while let Some(next) = watched.next_time() {
        if let Some(speed) = speed {
            let due = Duration::from_secs_f64((next - watched.start).as_secs_f64().max(0.0) / speed);
            if let Some(left) = due.checked_sub(began.elapsed()) {
                streams.data.flush()?;
                std::thread::sleep(left);
            }
        }
        for news in watched.step() {
            let time = format!("+{}", watched.since_start());
            match news {
                News::Pod(row) => {
                    let [name, ready, status, restarts, age] = row.cells(watched.now);
                    writeln!(streams.data, "{time:>11}  {name:<24} {ready:<6} {status:<18} {restarts:<9} {age}")?;
                }
                News::Reason(text) => writeln!(streams.data, "{time:>11}  # {text}")?,
            }
        }
    }
    Ok(())
}

/// How long the screen stays as it is, at most.
const FRAME: Duration = Duration::from_millis(50);

/// The screen, until the end or until somebody has seen enough.
fn on_screen(watched: &mut Watched, mut speed: f64, streams: &mut Streams<'_>) -> Result<(), Failure> {
    let mut screen = Screen::open(streams.data)?;
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
        match screen.wish(FRAME)? {
            Some(Wish::Quit) => return Ok(()),
            Some(Wish::Pause) => is_paused = !is_paused,
            Some(Wish::Faster) => speed = (speed * 2.0).min(1e9),
            Some(Wish::Slower) => speed = (speed / 2.0).max(1e-3),
            Some(Wish::Next) => {
                is_paused = true;
                while watched.next_time().is_some() && watched.step().is_empty() {}
            }
            None => {}
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
