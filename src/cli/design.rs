//! What `sweep`, `compare` and `solve` share: the points of a design, the measures of each point, and output formats.
//! Designs are made in [`crate::scenario::Design`].

use super::experiment::{self, Session, TimelineChoice};
use super::out::{Failure, OutputStreams};
use super::run::failure;
use crate::experiment::result::{MeasureResult, Point, Refused, ResultFile, ResultKind};
use crate::experiment::{Measure, MeasureTally, PointResult, Setup};
use crate::report;
use crate::scenario::{Design, DesignPoint, Problems};
use clap::ValueEnum;

/// The default number of replications of a design point.
pub const REPLICATIONS: u32 = 1_000;
/// The greatest number of points of a saved result that have timelines.
const WITH_TIMELINES: usize = 8;
/// The greatest number of refused points that are named.
const NAMED: usize = 5;

/// The formats of a table.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum TableFormat {
    /// A table for people
    #[default]
    Table,
    /// One line per point, with columns for the ends of intervals
    Csv,
    /// One JSON document
    Json,
    /// A Markdown table
    Markdown,
}

/// The default number of replications, given what the scenario says.
pub fn replications(of_scenario: u32) -> u32 {
    if of_scenario > 1 { of_scenario } else { REPLICATIONS }
}

/// The full text of a measure: the name of a response stands for its mean.
pub fn whole_measure(text: &str) -> String {
    if text.contains('(') { text.to_owned() } else { format!("mean({text})") }
}

/// The measures that are shown of each point.
#[derive(Debug)]
pub struct ShownMeasures {
    texts: Vec<String>,
    measures: Vec<Measure>,
}

impl ShownMeasures {
    /// Reads the measures that the user asks for; the name of a response stands for its mean.
    ///
    /// # Errors
    /// Text that is not a measure.
    pub fn read(texts: &[String], setup: &Setup) -> Result<Self, Failure> {
        let texts: Vec<String> = texts.iter().map(|text| whole_measure(text)).collect();
        let read = |text: &String| Measure::parse(text, &setup.series).map_err(|e| experiment::flag("show", &e));
        let measures = texts.iter().map(read).collect::<Result<Vec<_>, _>>()?;
        measures.iter().try_for_each(|measure| experiment::check_measure("show", measure, setup))?;
        Ok(ShownMeasures { texts, measures })
    }

    /// The measures.
    pub fn iter(&self) -> impl Iterator<Item = &Measure> {
        self.measures.iter()
    }

    /// Their results.
    pub fn results(&self, tallies: &[MeasureTally], confidence: f64) -> Vec<MeasureResult> {
        let measured = self.texts.iter().zip(&self.measures).zip(tallies);
        measured.map(|((text, measure), tally)| measure.result(text, tally, confidence)).collect()
    }

    /// No measures.
    pub fn nothing() -> Self {
        ShownMeasures { texts: Vec::new(), measures: Vec::new() }
    }

    /// The measures of a point: what is shown, then the goals.
    pub fn measures(&self, point: &DesignPoint) -> Vec<Measure> {
        self.measures.iter().chain(point.expect.iter().map(|goal| &goal.measure)).cloned().collect()
    }
}

/// Prints the notices of a design. Refuses the design if some of its points are refused, unless they may be skipped
/// (`Some(true)`; `None` if the command cannot skip points).
///
/// # Errors
/// Refused points, each with its reason.
pub fn check(design: &Design, skip_refused: Option<bool>, streams: &mut OutputStreams<'_>) -> Result<(), Failure> {
    design.notices.iter().for_each(|notice| streams.warn(notice));
    let Some(first) = design.refused.first() else { return Ok(()) };
    let lines = |problems: &Problems| problems.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n");
    let same = design.refused.iter().all(|point| lines(&point.problems) == lines(&first.problems));
    if same && (design.points.is_empty() || skip_refused.is_none()) {
        return Err(failure(first.problems.clone()));
    }
    let mut named: Vec<String> =
        design.refused.iter().take(NAMED).map(|p| format!("{}: {}", p.name, lines(&p.problems))).collect();
    let more = design.refused.len().saturating_sub(NAMED);
    if more > 0 {
        named.push(format!("… and {more} more"));
    }
    let (refused, all) = (design.refused.len(), design.refused.len() + design.points.len());
    let named = named.join("\n");
    if skip_refused == Some(true) && !design.points.is_empty() {
        streams.warn(&format!("{refused} of {all} points are refused and left out:\n{named}"));
        return Ok(());
    }
    let hint = if design.points.is_empty() || skip_refused.is_none() {
        ""
    } else {
        "\n(--skip-refused leaves such points out)"
    };
    Err(Failure::Error(format!("{refused} of {all} points are refused:\n{named}{hint}")))
}

/// The results of a point, in the form that is shown and saved.
pub fn point(
    point: &DesignPoint,
    shown: &ShownMeasures,
    alone: PointResult,
    session: &Session,
    timelines: TimelineChoice<'_>,
) -> Point {
    let (confidence, tallies) = (session.confidence, &alone.tally.measures);
    let measures = shown.results(tallies, confidence);
    let goals = point.expect.iter().zip(&tallies[shown.measures.len()..]);
    let goals = goals.map(|(goal, tally)| goal.result(tally, confidence)).collect();
    let result = experiment::point(&point.setup, alone.tally, goals, session, alone.partial, timelines);
    Point { name: point.name.clone(), settings: point.settings.clone(), measures, ..result }
}

/// Replicates all points of a design; returns the result, ready to be shown and saved.
///
/// # Errors
/// A replication that would use more than its budget.
pub fn simulate(
    kind: ResultKind,
    design: &Design,
    shown: &ShownMeasures,
    session: &Session,
) -> Result<ResultFile, Failure> {
    let measures: Vec<Vec<Measure>> = design.points.iter().map(|p| shown.measures(p)).collect();
    let points: Vec<_> = design.points.iter().zip(&measures).map(|(p, m)| (p, &m[..])).collect();
    let alone = session.replicate_each(&points, "")?;
    let mut result = result_file(kind, design, session);
    let is_drawn = design.points.len() <= WITH_TIMELINES;
    for (p, alone) in design.points.iter().zip(alone) {
        let timelines = match result.points.first() {
            _ if !is_drawn => TimelineChoice::Nothing,
            Some(first) => TimelineChoice::SameAs(&first.timelines),
            None => TimelineChoice::ByLength,
        };
        let point = point(p, shown, alone, session, timelines);
        result.points.push(point);
    }
    result.partial = result.points.iter().any(|point| point.summary.partial);
    Ok(result)
}

/// The line that names the modelled release, if all points have the same one and it is not the default.
pub fn release_line(result: &ResultFile) -> String {
    // If the points differ in their release, their names tell it.
    if result.kubernetes.contains(", ") { String::new() } else { report::release_line(&result.kubernetes) }
}

/// The distinct releases of all points.
fn releases(design: &Design) -> String {
    let mut names: Vec<String> = Vec::new();
    for name in design.points.iter().map(|point| point.setup.release.name()) {
        if !names.contains(&name) {
            names.push(name);
        }
    }
    names.join(", ")
}

/// A result without points.
pub fn result_file(kind: ResultKind, design: &Design, session: &Session) -> ResultFile {
    let refused = |p: &crate::scenario::RefusedPoint| Refused {
        name: p.name.clone(),
        problems: p.problems.iter().map(ToString::to_string).collect(),
    };
    ResultFile {
        refused: design.refused.iter().map(refused).collect(),
        kubernetes: releases(design),
        ..experiment::result_file(kind, &design.points[0].setup, &design.files, session)
    }
}

/// Writes a table of points in a format; `text` is the plain form, and `json` the JSON document.
///
/// # Errors
/// Output that cannot be written.
pub fn show(
    form: TableFormat,
    points: &[Point],
    text: impl FnOnce() -> String,
    json: impl FnOnce() -> serde_json::Value,
    streams: &mut OutputStreams<'_>,
) -> Result<(), Failure> {
    match form {
        TableFormat::Table => streams.text(&text()),
        TableFormat::Csv => Ok(streams.data.write_all(&report::points_csv(points)?)?),
        TableFormat::Markdown => {
            let interrupted = report::interrupted(points);
            Ok(write!(streams.data, "{interrupted}{}", report::markdown(&report::points_rows(points)))?)
        }
        TableFormat::Json => streams.json(&json()),
    }
}
