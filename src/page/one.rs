//! One replication for the page: the answer of the command, what happened step by step, and pictures.

use super::{BEYOND, PageRefusal, course, input_of};
use crate::experiment::result::{Point, ResultFile, ResultKind};
use crate::experiment::{Goal, Measure, PointTally, Setup, Simulated, Simulator, Timeline, build_timeline};
use crate::explain::RunCourse;
use crate::limits::PAGE_STEPPED;
use crate::plot;
use crate::record::RecordedRun;
use crate::report::{self, Layout};
use crate::scenario::{Input, Problem, Resolved, Setting};
use crate::text::path::PathStep;
use crate::text::{TreeNode, Value as Tree, read_documents, visible};
use serde_json::{Value, json};

/// The confidence of intervals: the command's default.
pub const CONFIDENCE: f64 = 0.95;

/// The answer of `jobsim run -o json`, to the byte.
///
/// # Errors
/// The text cannot be read or resolved, or the replication exceeds the bounds of the page.
pub fn answer(text: &str) -> Result<Value, PageRefusal> {
    let resolved = super::resolved(text)?;
    let setup = &resolved.setup;
    let (result, one) = if setup.replications == 1 {
        let mut simulator = Simulator::new(setup).count_shares(resolved.expect.iter().map(|goal| &goal.measure));
        simulator.keep_starts = true;
        let simulated = simulate(&mut simulator, 0, false)?;
        (result_of_one(&resolved, &simulator, 0, simulated), Some((simulator, simulated)))
    } else {
        (super::many::result(&resolved, setup.replications)?, None)
    };
    let run = one.as_ref().map(|(simulator, simulated)| recorded(simulator, *simulated));
    let answer = report::run_answer(&result, setup, run.as_ref());
    let pretty = serde_json::to_string_pretty(&answer).map_err(|error| PageRefusal::Not(error.to_string()))?;
    Ok(json!({"text": format!("{}\n", visible(&pretty))}))
}

/// One replication, with everything that happened in it.
///
/// # Errors
/// The text or an action cannot be read or resolved, or the replication exceeds the bounds of the page.
pub fn run(text: &str, replication: u32, actions: &[String]) -> Result<Value, PageRefusal> {
    let mut input = input_of(text)?;
    add_actions(&mut input, actions)?;
    let resolved = input.resolve()?;
    let setup = &resolved.setup;
    let mut simulator = Simulator::new(setup).count_shares(resolved.expect.iter().map(|goal| &goal.measure));
    let simulated = simulate(&mut simulator, replication, true)?;
    let result = result_of_one(&resolved, &simulator, replication, simulated);
    let run = recorded(&simulator, simulated);
    let point = &result.points[0];
    let asked = report::asked_rows(point, false);
    let words = report::run_text(&run, setup, &point.records[0], &asked, Layout::document());
    let timeline = timeline_of(&simulator, setup, replication, simulated);
    // The rules behind changes are found in a second run, which stops after each instant to look at the controller.
    let course = RunCourse::of(setup, replication, PAGE_STEPPED);
    let course =
        course.map_err(|why| PageRefusal::Not(format!("replication {replication}: {}: {BEYOND}", why.why())))?;
    let mut stepped = serde_json::to_value(&timeline).unwrap_or_default();
    report::add_fleet(&mut stepped, &timeline);
    course::add(&mut stepped, &timeline, &course, &setup.config.params);
    Ok(json!({
        "words": words,
        "release": setup.release.name(),
        "record": point.records[0],
        "goals": point.goals,
        "notices": resolved.notices,
        "timeline": stepped,
    }))
}

/// The pictures of one replication, as SVG.
///
/// # Errors
/// The text cannot be read or resolved, or the replication exceeds the bounds of the page.
pub fn pictures(text: &str, replication: u32) -> Result<Value, PageRefusal> {
    let resolved = super::resolved(text)?;
    let setup = &resolved.setup;
    let mut simulator = Simulator::new(setup);
    let simulated = simulate(&mut simulator, replication, true)?;
    let mut result = result_of_one(&resolved, &simulator, replication, simulated);
    result.points[0].timelines.push(timeline_of(&simulator, setup, replication, simulated));
    Ok(json!({"pictures": drawn(result)}))
}

/// A small picture of one replication: the one that its study shows, if one replication is enough for it.
///
/// # Errors
/// The text cannot be read or resolved, or the replication exceeds the bounds of the page.
pub fn thumbnail(text: &str) -> Result<Value, PageRefusal> {
    let resolved = super::resolved(text)?;
    let setup = &resolved.setup;
    let mut simulator = Simulator::new(setup);
    let simulated = simulate(&mut simulator, 0, true)?;
    let mut result = result_of_one(&resolved, &simulator, 0, simulated);
    result.points[0].timelines.push(timeline_of(&simulator, setup, 0, simulated));
    let charts = plot::all_charts(&[(String::new(), result)]);
    let wanted = resolved.study.plot.as_deref().unwrap_or("gantt");
    let named = |name: &str| charts.iter().find(|chart| chart.file_stem().starts_with(name));
    let chart = named(wanted).or_else(|| named("gantt")).or(charts.first());
    let svg = chart.map(|chart| visible(&plot::svg_inline(&chart.thumbnail())).into_owned());
    Ok(json!({"svg": svg}))
}

/// The pictures that a result yields, each in a wide and a narrow layout.
pub fn drawn(result: ResultFile) -> Vec<Value> {
    let charts = plot::all_charts(&[(String::new(), result)]);
    let one = |chart: &plot::Chart| {
        let svg = |scene| visible(&plot::svg_inline(&scene)).into_owned();
        json!({"name": chart.file_stem(), "title": chart.title, "wide": svg(chart.scene()),
            "narrow": svg(chart.scene_of_width(plot::NARROW)), "file": visible(&plot::svg(&chart.scene()))})
    };
    charts.iter().map(one).collect()
}

/// Runs a replication within the bounds of the page.
///
/// # Errors
/// The replication exceeds the bounds of the page.
pub fn simulate(simulator: &mut Simulator, replication: u32, keep_timeline: bool) -> Result<Simulated, PageRefusal> {
    let simulated = simulator.run(replication, keep_timeline);
    match simulated.exhausted {
        Some(why) => Err(PageRefusal::Not(format!("replication {replication}: {}: {BEYOND}", why.why()))),
        None => Ok(simulated),
    }
}

/// What the command would save.
fn result_of_one(resolved: &Resolved, simulator: &Simulator, replication: u32, simulated: Simulated) -> ResultFile {
    let measures: Vec<Measure> = resolved.expect.iter().map(|goal| goal.measure.clone()).collect();
    let tally = PointTally::of_record(simulator.outcome(replication, simulated), &measures);
    result_of(&resolved.setup, tally, &resolved.expect)
}

/// A result of one point.
pub fn result_of(setup: &Setup, tally: PointTally, goals: &[Goal]) -> ResultFile {
    let summary = tally.summary(setup, CONFIDENCE, false);
    let judged = goals.iter().zip(&tally.measures).map(|(goal, tally)| goal.result(tally, CONFIDENCE));
    let point = Point { summary, goals: judged.collect(), records: tally.records, ..Point::default() };
    ResultFile {
        question: setup.question.clone(),
        seed: setup.seed,
        points: vec![point],
        ..ResultFile::new(ResultKind::Run, &setup.release.name())
    }
}

fn timeline_of(simulator: &Simulator, setup: &Setup, replication: u32, simulated: Simulated) -> Timeline {
    let run = recorded(simulator, simulated);
    let timeline = build_timeline(&run, &simulator.world().env.codes, setup, replication);
    Timeline { slots: setup.config.slots, chosen_as: vec!["asked".to_owned()], ..timeline }
}

fn recorded<'a>(simulator: &'a Simulator<'_>, simulated: Simulated) -> RecordedRun<'a> {
    RecordedRun { recorder: simulator.recorder(), end: simulated.end, cut: simulated.cut }
}

/// Adds what users do on the page to what they do in the scenario. A setting replaces a list as a whole, so the
/// scenario's own actions go into it too: after the others, as in the text in which they are kept ([`super::keep`]).
fn add_actions(input: &mut Input, actions: &[String]) -> Result<(), PageRefusal> {
    if actions.is_empty() {
        return Ok(());
    }
    let mut all = Vec::new();
    for text in actions {
        let about = |message: String| vec![Problem::about("what if", message)];
        let documents = read_documents(text).map_err(|error| about(error.message))?;
        all.extend(documents);
    }
    if let Some(Tree::List(own)) = input.scenario.node.get("actions").map(|node| &node.value) {
        all.extend(own.iter().cloned());
    }
    let value = TreeNode { line: 0, column: 0, value: Tree::List(all) };
    let path = vec![PathStep::name("actions")];
    let setting = Setting { job: None, path, value, text: "actions".to_owned() };
    Ok(input.set(setting).map_err(|problem| vec![problem])?)
}
