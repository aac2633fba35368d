//! `jobsim run --step`: the changes of a replication one after the other, with what the controller sees and the rule
//! behind each. On a terminal, keys move between steps; elsewhere all steps are printed. The steps are in
//! [`crate::explain::RunCourse`].

use super::out::{self, CommandAnswer, Failure, OutputStreams};
use super::run::{Args, RunFormat};
use super::screen::{Key, Screen, ScreenLine, size};
use super::{experiment, interrupt};
use crate::experiment::Setup;
use crate::explain::{self, RunCourse};
use crate::limits::MOST_STEPPED;
use crate::report::{self, Layout};
use crossterm::event::KeyCode;
use crossterm::style::Color;
use serde_json::json;
use std::io::IsTerminal;
use std::time::Duration;

/// How long to wait for a key before checking for an interruption.
const LOOK: Duration = Duration::from_millis(100);

/// What the keys do.
const KEYS: &str = "→ next change  f next failure  ← back  g start  G end  j/k scroll  q quit";

/// Steps through a replication.
///
/// # Errors
/// A replication that would use more than its budget; output that cannot be written.
pub fn run(args: &Args, setup: &Setup, streams: &mut OutputStreams<'_>) -> Result<CommandAnswer, Failure> {
    if args.output == RunFormat::Jsonl {
        let why = "is one document: -o json; --timeline -o jsonl has every change in a line";
        return Err(experiment::flag("step", &why));
    }
    let replication = args.replication.unwrap_or(0);
    let course =
        RunCourse::of(setup, replication, MOST_STEPPED).map_err(|why| experiment::exhausted("", replication, why))?;
    if args.output == RunFormat::Json {
        let mut answer = json!({"format": "jobsim/course", "formatVersion": 1, "replication": replication});
        answer["kubernetes"] = setup.release.name().into();
        answer["course"] = json!(course);
        streams.json(&answer)?;
        return Ok(CommandAnswer::Yes);
    }
    if std::io::stdout().is_terminal() && std::io::stdin().is_terminal() {
        interrupt::flag();
        return on_screen(&course, streams);
    }
    let layout = Layout::new(streams.columns, args.all);
    let release = report::release_line(&setup.release.name());
    streams.text(&format!("{release}{}", explain::course_text(&course, layout.width())))?;
    Ok(CommandAnswer::Yes)
}

/// Where the reader is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct StepPlace {
    /// The step.
    step: usize,
    /// The first of its lines that is shown.
    line: usize,
}

impl StepPlace {
    /// The position after a key; `None` to leave.
    fn after(self, key: Key, course: &RunCourse) -> Option<StepPlace> {
        let last = course.steps.len().saturating_sub(1);
        let at = |step: usize| Some(StepPlace { step, line: 0 });
        match key {
            Key::Quit => None,
            Key::Next | Key::Pause | Key::Other(KeyCode::Char('n' | 'l')) => at((self.step + 1).min(last)),
            Key::Faster => at((self.step + 1).min(last)),
            Key::Slower | Key::Other(KeyCode::Char('b' | 'h' | 'p') | KeyCode::Backspace) => {
                at(self.step.saturating_sub(1))
            }
            Key::Other(KeyCode::Char('f')) => at(next_failure(course, self.step).unwrap_or(self.step)),
            Key::Other(KeyCode::Char('g') | KeyCode::Home) => at(0),
            Key::Other(KeyCode::Char('G') | KeyCode::End) => at(last),
            Key::Other(KeyCode::Char('j') | KeyCode::PageDown) => Some(StepPlace { line: self.line + 1, ..self }),
            Key::Other(KeyCode::Char('k') | KeyCode::PageUp) => {
                Some(StepPlace { line: self.line.saturating_sub(1), ..self })
            }
            Key::Other(_) => Some(self),
        }
    }
}

/// The first step after this one in which something failed.
fn next_failure(course: &RunCourse, step: usize) -> Option<usize> {
    let later = course.steps.iter().enumerate().skip(step + 1);
    later.filter(|(_, step)| step.changes.iter().any(|change| change.is_failure)).map(|(n, _)| n).next()
}

/// Shows step after step until the reader leaves.
fn on_screen(course: &RunCourse, streams: &mut OutputStreams<'_>) -> Result<CommandAnswer, Failure> {
    streams.data.flush()?;
    let mut terminal = out::terminal();
    let mut screen = Screen::open(&mut terminal)?;
    let mut place = StepPlace::default();
    loop {
        let width = Layout::new(Some(usize::from(size()?.0)), false).width();
        let lines = explain::step_lines(course, place.step, width);
        place.line = place.line.min(lines.len().saturating_sub(1));
        let mut shown: Vec<ScreenLine> = coloured(lines).into_iter().skip(place.line).collect();
        if place.step + 1 >= course.steps.len() {
            shown.push((explain::ending_line(course), Some(Color::DarkGrey)));
        }
        screen.lines("jobsim run --step", &shown, KEYS)?;
        let key = loop {
            if interrupt::is_stopped() {
                return Ok(CommandAnswer::Interrupted);
            }
            if let Some(key) = screen.key(LOOK)? {
                break key;
            }
        };
        match place.after(key, course) {
            Some(next) => place = next,
            None => return Ok(CommandAnswer::Yes),
        }
    }
}

/// Lines with the colours of their kinds: failures, rules, and their sources, which may continue on the next line.
fn coloured(lines: Vec<String>) -> Vec<ScreenLine> {
    let mut is_source = false;
    let colour = |line: String| {
        is_source = line.starts_with("      [") || is_source && line.starts_with("      ");
        let colour = match () {
            () if line.starts_with('!') => Some(Color::Red),
            () if is_source => Some(Color::DarkGrey),
            () if line.starts_with("      ") => Some(Color::Cyan),
            () => None,
        };
        is_source &= !line.ends_with(']');
        (line, colour)
    };
    lines.into_iter().map(colour).collect()
}

#[cfg(test)]
mod tests {
    use super::{Key, KeyCode, StepPlace};
    use crate::explain::{CourseChange, CourseStep, RunCourse};

    fn course(failures: &[bool]) -> RunCourse {
        let change = |is_failure| CourseChange { object: "pod/a".into(), what: "Failed".into(), why: None, is_failure };
        let step = |&fails: &bool| CourseStep { changes: vec![change(fails)], ..CourseStep::default() };
        RunCourse { steps: failures.iter().map(step).collect(), ..RunCourse::default() }
    }

    #[test]
    fn keys_go_forth_and_back_and_to_failures() {
        let course = course(&[false, false, true, false, true, false]);
        let mut place = StepPlace::default();
        let mut press = |key| {
            place = place.after(key, &course).expect("the reader stays");
            place.step
        };
        assert_eq!(press(Key::Next), 1);
        assert_eq!(press(Key::Other(KeyCode::Char('f'))), 2);
        assert_eq!(press(Key::Other(KeyCode::Char('f'))), 4);
        assert_eq!(press(Key::Other(KeyCode::Char('f'))), 4, "there is none after it");
        assert_eq!(press(Key::Slower), 3);
        assert_eq!(press(Key::Other(KeyCode::Char('G'))), 5);
        assert_eq!(press(Key::Next), 5, "the last is the last");
        assert_eq!(press(Key::Other(KeyCode::Char('g'))), 0);
        assert_eq!(press(Key::Slower), 0);
        assert_eq!(place.after(Key::Quit, &course), None);
    }
}
