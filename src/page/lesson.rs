//! Lessons that ask before they tell: a question about a Job, guesses to choose from, and the run that decides. A
//! lesson does not say which guess is right: each guess is a goal, and the simulator finds the guess that holds.

use super::many;
use super::one::{CONFIDENCE, simulate};
use super::{NAME, PageRefusal};
use crate::experiment::result::GoalResult;
use crate::experiment::{Goal, PointTally, Setup, Simulator};
use crate::scenario::{Problem, Problems, Resolved};
use crate::text::{from_node, read_documents};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

/// A lesson: the first document of its file. The rest of the file is what is simulated.
#[derive(Clone, Debug, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
#[schemars(title = "jobsim lesson", rename = "Lesson")]
pub struct PredictionLesson {
    /// The version of this format: `jobsim/lesson/v1`.
    pub api_version: LessonVersion,
    /// What this document is: `Lesson`.
    pub kind: LessonKind,
    /// A few words for the list of lessons.
    pub title: String,
    /// What the reader is asked before the run.
    pub question: String,
    /// The guesses, two at least. Exactly one of them must hold.
    pub guesses: Vec<Guess>,
    /// What is often believed, if it is not true.
    pub belief: Option<String>,
    /// The rule, shown with the answer.
    pub rule: String,
    /// Where the rule is from: a function of the controller, a KEP or a page of the documentation.
    pub source: String,
    /// What to try next.
    #[serde(rename = "try")]
    pub next: Option<String>,
}

/// A guess.
#[derive(Clone, Debug, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct Guess {
    /// What the reader reads.
    pub says: String,
    /// Goals that all hold if the guess is right, such as `mean(podsCreated) == 5`.
    pub holds: Vec<String>,
}

/// `jobsim/lesson/v1`.
#[derive(Clone, Copy, Debug, Deserialize, Serialize, JsonSchema)]
pub enum LessonVersion {
    /// The only one.
    #[serde(rename = "jobsim/lesson/v1")]
    V1,
}

/// `Lesson`.
#[derive(Clone, Copy, Debug, Deserialize, Serialize, JsonSchema)]
pub enum LessonKind {
    /// The only one.
    Lesson,
}

/// A lesson with what the simulator found.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct LessonAnswer {
    /// The lesson.
    pub lesson: PredictionLesson,
    /// What is simulated.
    pub text: String,
    /// The place of the guess that holds.
    pub right: usize,
    /// Each goal of the guess that holds, with what was measured.
    pub measured: Vec<GoalResult>,
}

impl LessonAnswer {
    /// Reads a lesson and finds the guess that holds.
    ///
    /// # Errors
    /// What is wrong with the lesson, or that none or several of its guesses hold.
    pub fn of(text: &str) -> Result<Self, Problems> {
        let about = |message: String| vec![Problem::about(NAME, message)];
        let documents = read_documents(text).map_err(|error| vec![Problem::of(NAME, error)])?;
        let first = documents.first().ok_or_else(|| about("there is no lesson in it".to_owned()))?;
        let lesson: PredictionLesson = from_node(first).map_err(|error| vec![Problem::of(NAME, error)])?;
        // The rest is taken from the text and not from the tree, so that readers see it as it is written.
        let rest = text.split_once("\n---\n").map(|(_, rest)| rest.to_owned());
        let rest = rest
            .ok_or_else(|| about("there is nothing to simulate after the lesson: write it after `---`".to_owned()))?;
        let answers = measured(&lesson, &rest)?;
        let all_hold = |results: &Vec<GoalResult>| results.iter().all(|result| result.holds);
        let holding: Vec<usize> = (0..answers.len()).filter(|&n| all_hold(&answers[n])).collect();
        match holding[..] {
            [right] => Ok(LessonAnswer { lesson, text: rest, right, measured: answers[right].clone() }),
            [] => Err(about("none of the guesses holds".to_owned())),
            _ => Err(about(format!("{} of the guesses hold: one must", holding.len()))),
        }
    }
}

/// The lesson in a file, for the page.
///
/// # Errors
/// What [`LessonAnswer::of`] finds wrong.
pub fn taught(text: &str) -> Result<Value, PageRefusal> {
    Ok(json!(LessonAnswer::of(text)?))
}

/// The result of each goal of each guess. All goals are judged by the same replications, so guesses that exclude one
/// another cannot hold together by chance.
fn measured(lesson: &PredictionLesson, text: &str) -> Result<Vec<Vec<GoalResult>>, Problems> {
    let problems = |refusal: PageRefusal| match refusal {
        PageRefusal::Wrong(problems) => problems,
        PageRefusal::Not(why) => vec![Problem::about(NAME, why)],
    };
    let resolved = super::resolved(text).map_err(problems)?;
    let setup = &resolved.setup;
    let about = |guess: usize, why: String| vec![Problem::about(NAME, format!("guesses[{guess}]: {why}"))];
    let mut goals: Vec<Vec<Goal>> = Vec::new();
    for (n, guess) in lesson.guesses.iter().enumerate() {
        let read = |text: &String| {
            let goal = Goal::parse(text, &setup.series).map_err(|error| about(n, error.to_string()))?;
            goal.measure.check(setup).map_err(|why| about(n, why.to_string()))?;
            Ok(goal)
        };
        goals.push(guess.holds.iter().map(read).collect::<Result<_, Problems>>()?);
    }
    let flat: Vec<Goal> = goals.iter().flatten().cloned().collect();
    let tally = tally(&resolved, setup, &flat).map_err(problems)?;
    let mut results = flat.iter().zip(&tally.measures).map(|(goal, tally)| goal.result(tally, CONFIDENCE));
    Ok(goals.iter().map(|of_guess| results.by_ref().take(of_guess.len()).collect()).collect())
}

/// What the replications of the lesson say about the goals. A single one runs here, because the page's check of the
/// work would simulate it twice.
fn tally(resolved: &Resolved, setup: &Setup, goals: &[Goal]) -> Result<PointTally, PageRefusal> {
    if setup.replications > 1 {
        return many::tally(resolved, setup.replications, goals);
    }
    let measures: Vec<_> = goals.iter().map(|goal| goal.measure.clone()).collect();
    let mut simulator = Simulator::new(setup).count_shares(measures.iter());
    let simulated = simulate(&mut simulator, 0, false)?;
    Ok(PointTally::of_record(simulator.outcome(0, simulated), &measures))
}
