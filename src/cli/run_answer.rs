//! The answer of `jobsim run`: the requested measures and goals, how they are found in one replication or in many, and
//! how they are shown. Simulations are in [`crate::experiment`].

use super::design::ShownMeasures;
use super::experiment::{self, Session, TimelineChoice};
use super::out::{Failure, OutputStreams};
use super::run::{Args, RunFormat};
use crate::experiment::result::{Point, ResultFile, ResultKind};
use crate::experiment::{Goal, Measure, MeasureTally, PointTally, Setup, Simulated, Simulator};
use crate::explain;
use crate::record::RecordedRun;
use crate::report;
use crate::report::Layout;
use crate::scenario::Resolved;

/// What the user asks for in addition to the summary.
pub struct Asked {
    goals: Vec<Goal>,
    shown: ShownMeasures,
}

impl Asked {
    /// Reads `--expect` and `--show`, besides the goals of the scenario.
    ///
    /// # Errors
    /// Text that is not a goal or measure, or one that is undefined here.
    pub fn read(args: &Args, resolved: &Resolved, streams: &mut OutputStreams<'_>) -> Result<Self, Failure> {
        let setup = &resolved.setup;
        let mut goals = resolved.expect.clone();
        for text in &args.expect {
            let goal = Goal::parse(text, &setup.series).map_err(|e| experiment::flag("expect", &e))?;
            experiment::check_measure("expect", &goal.measure, setup)?;
            if let Some(why) = goal.measure.always_zero(setup) {
                streams.warn(&format!("--expect: {why}"));
            }
            goals.push(goal);
        }
        if args.sure && goals.is_empty() {
            let why = "says how goals hold, and there is none: give --expect 'P(Complete) >= 99%'";
            return Err(experiment::flag("sure", &why));
        }
        let shown = ShownMeasures::read(&args.show, setup)?;
        Ok(Asked { goals, shown })
    }

    /// Whether there are goals.
    pub fn has_goals(&self) -> bool {
        !self.goals.is_empty()
    }

    /// All that is measured: the goals, then what is shown.
    fn measures(&self) -> Vec<Measure> {
        self.goals.iter().map(|goal| &goal.measure).chain(self.shown.iter()).cloned().collect()
    }

    /// The results, as part of a point.
    fn fill(&self, point: &mut Point, tallies: &[MeasureTally], confidence: f64) {
        let (of_goals, of_shown) = tallies.split_at(self.goals.len());
        point.goals = self.goals.iter().zip(of_goals).map(|(goal, tally)| goal.result(tally, confidence)).collect();
        point.measures = self.shown.results(of_shown, confidence);
    }
}

/// An answer.
pub struct RunAnswer<'a> {
    /// What is saved.
    pub result: ResultFile,
    /// The replication, if there is only one.
    one: Option<(Simulator<'a>, Simulated)>,
}

/// Simulates one replication.
///
/// # Errors
/// One that would use more than its budget.
pub fn of_one<'a>(
    args: &Args,
    resolved: &'a Resolved,
    asked: &Asked,
    session: &Session,
    streams: &mut OutputStreams<'_>,
) -> Result<RunAnswer<'a>, Failure> {
    let measures = asked.measures();
    let setup = &resolved.setup;
    let mut simulator = Simulator::new(setup).count_shares(measures.iter());
    simulator.keep_starts |= args.output == RunFormat::Json;
    let number = args.replication.unwrap_or(0);
    let bar = experiment::clock_bar(setup);
    let began = std::time::Instant::now();
    let mut under_way = |now, pods| {
        // Short replications need no progress bar.
        if began.elapsed() >= experiment::PATIENCE {
            bar.set_position(experiment::seconds_since_start(setup, now));
            bar.set_message(experiment::passed_text(now - setup.start, pods));
        }
        !session.is_stopped()
    };
    let keeps_timeline = args.timeline || args.output == RunFormat::Jsonl;
    let simulated = simulator.run_watched(number, keeps_timeline, &mut under_way);
    bar.finish_and_clear();
    if let Some(why) = simulated.exhausted {
        return Err(experiment::exhausted("", number, why));
    }
    let record = simulator.outcome(number, simulated);
    let tally = PointTally::of_record(record, &measures);
    if simulated.stopped {
        let at = simulated.end - setup.start;
        streams.warn(&format!("interrupted at +{at} of virtual time: what is shown is not the end"));
    }
    let result = result(resolved, tally, asked, session, simulated.stopped);
    Ok(RunAnswer { result, one: Some((simulator, simulated)) })
}

/// Simulates many replications.
///
/// # Errors
/// One that would use more than its budget.
pub fn of_many<'a>(
    resolved: &'a Resolved,
    asked: &Asked,
    session: &Session,
    streams: &mut OutputStreams<'_>,
) -> Result<RunAnswer<'a>, Failure> {
    let mut replicated = session.replicate(&[("", &resolved.setup)], &asked.measures(), "")?;
    experiment::warn_if_partial(&replicated, session, streams);
    let tally = replicated.points.pop().unwrap_or_default();
    Ok(RunAnswer { result: result(resolved, tally, asked, session, replicated.partial), one: None })
}

fn result(resolved: &Resolved, tally: PointTally, asked: &Asked, session: &Session, partial: bool) -> ResultFile {
    let setup = &resolved.setup;
    let tallies = tally.measures.clone();
    let shown = if session.keep_records { TimelineChoice::ByLength } else { TimelineChoice::Nothing };
    let mut point = experiment::point(setup, tally, Vec::new(), session, partial, shown);
    asked.fill(&mut point, &tallies, session.confidence);
    let mut result = experiment::result_file(ResultKind::Run, setup, &resolved.files, session);
    (result.partial, result.points) = (partial, vec![point]);
    result
}

impl RunAnswer<'_> {
    fn point(&self) -> &Point {
        &self.result.points[0]
    }

    /// Whether all goals hold, or (`surely`) hold with their whole intervals.
    pub fn holds(&self, surely: bool) -> bool {
        self.point().goals.iter().all(|goal| goal.holds && (goal.sure || !surely))
    }

    /// Shows it.
    ///
    /// # Errors
    /// Output that cannot be written.
    pub fn show(&self, args: &Args, setup: &Setup, streams: &mut OutputStreams<'_>) -> Result<(), Failure> {
        match args.output {
            RunFormat::Plain => self.plain(args, setup, streams),
            RunFormat::Json => self.json(setup, streams),
            RunFormat::Jsonl => self.json_lines(streams),
        }
    }

    fn plain(&self, args: &Args, setup: &Setup, streams: &mut OutputStreams<'_>) -> Result<(), Failure> {
        let layout = Layout::new(streams.columns, args.all);
        let point = self.point();
        let asked = report::asked_rows(point, args.sure);
        streams.text(&report::release_line(&setup.release.name()))?;
        let Some((simulator, simulated)) = &self.one else {
            streams.text(&report::experiment(setup, &point.summary, &asked, layout))?;
            return Ok(());
        };
        let run = recorded(simulator, *simulated);
        if simulated.stopped {
            let at = simulated.end - setup.start;
            streams
                .text(&format!("Interrupted at +{at} of virtual time: this is what there is, and not the end.\n\n"))?;
        }
        streams.text(&report::run_text(&run, setup, &point.records[0], &asked, layout))?;
        if args.why {
            streams.text(&format!("\n{}", explain::why_text(&run, setup, layout)))?;
        }
        if args.timeline {
            let timeline = report::timeline(&run, &simulator.world().env.codes, layout);
            streams.text(&format!("\n{timeline}"))?;
        }
        Ok(())
    }

    fn json(&self, setup: &Setup, streams: &mut OutputStreams<'_>) -> Result<(), Failure> {
        let run = self.one.as_ref().map(|(simulator, simulated)| recorded(simulator, *simulated));
        streams.json(&report::run_answer(&self.result, setup, run.as_ref()))
    }

    fn json_lines(&self, streams: &mut OutputStreams<'_>) -> Result<(), Failure> {
        let point = self.point();
        let Some((simulator, simulated)) = &self.one else {
            for record in &point.records {
                serde_json::to_writer(&mut *streams.data, record).map_err(std::io::Error::from)?;
                writeln!(streams.data)?;
            }
            if point.summary.partial {
                let last = serde_json::json!({"partial": true, "replications": point.summary.replications});
                writeln!(streams.data, "{last}")?;
            }
            return Ok(());
        };
        let run = recorded(simulator, *simulated);
        for entry in &run.recorder.timeline {
            if let Some(change) = report::change_json(entry, &run, &simulator.world().env.codes) {
                writeln!(streams.data, "{change}")?;
            }
        }
        for job in &run.recorder.jobs {
            writeln!(streams.data, "{}", report::job_json(job, &run))?;
        }
        for cronjob in report::cronjobs_json(&run).as_array().into_iter().flatten() {
            writeln!(streams.data, "{cronjob}")?;
        }
        Ok(())
    }
}

fn recorded<'a>(simulator: &'a Simulator<'_>, simulated: Simulated) -> RecordedRun<'a> {
    RecordedRun { recorder: simulator.recorder(), end: simulated.end, cut: simulated.cut }
}
