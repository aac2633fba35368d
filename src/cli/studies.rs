//! `jobsim studies`: a folder for each scenario with its answer, pictures, records and page, and the command that makes
//! them again. It simulates as `jobsim run --save` does and draws as `jobsim plot` and `jobsim report` do.

use super::experiment::{self, Replicating};
use super::out::{CommandAnswer, Failure, OutputStreams};
use super::run::SimulationArgs;
use crate::experiment::result::{Point, ResultFile, ResultKind};
use crate::experiment::{Measure, Timeline};
use crate::report::Layout;
use crate::text::visible;
use crate::{plot, report};
use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};

const ABOUT: &str = "Write a study of each scenario: answer, pictures, records and page

Each scenario is run with its own seed and number of replications. It gets a folder with README.md (question, answer,
the exact command), the pictures as SVG, records.csv and, unless that would be large, report.html. The same version gives
the same bytes.";

const EXAMPLES: &str = "Examples:
  jobsim studies scenarios -o reports
  jobsim studies scenarios/backoff.yaml -o /tmp/study";

/// The largest page of a study, in bytes: studies are kept in repositories, whose history keeps every copy.
const KEPT_PAGE: usize = 300_000;

/// The flags of `jobsim studies`.
#[derive(Clone, Debug, Default, clap::Args)]
#[command(about = "Write a study of each scenario: answer, pictures, records and page")]
#[command(long_about = ABOUT, after_help = EXAMPLES)]
pub struct Args {
    /// Scenarios, or folders of them
    #[arg(value_name = "SCENARIO", default_value = "scenarios")]
    pub scenarios: Vec<PathBuf>,

    /// The folder for all studies
    #[arg(short, long, value_name = "DIR", default_value = "reports")]
    pub output: PathBuf,
}

/// Writes the studies.
///
/// # Errors
/// Scenarios that cannot be read, files that cannot be written.
pub fn run(args: &Args, streams: &mut OutputStreams<'_>) -> Result<CommandAnswer, Failure> {
    let mut index =
        "# Studies\n\nOne for each scenario of `scenarios/`, made by `jobsim studies`. Do not edit them.\n\n\
                     | scenario | question | answer |\n|---|---|---|\n"
            .to_owned();
    let scenarios = scenarios(&args.scenarios)?;
    for (scenario, name) in scenarios.iter().zip(names(&scenarios)) {
        let (result, words) = simulate(scenario, streams)?;
        if result.partial {
            streams.warn(&format!("interrupted: {} and what follows are not written", scenario.display()));
            return Ok(CommandAnswer::Interrupted);
        }
        let (question, answer) = study(&args.output, &name, result, &words)?;
        let (question, answer) = (report::markdown_text(&question), report::markdown_cell(&answer));
        let _ = writeln!(index, "| [{name}]({name}/README.md) | {question} | {answer} |");
        writeln!(streams.data, "{}", args.output.join(&name).display())?;
    }
    write(&args.output.join("README.md"), index.as_bytes())?;
    Ok(CommandAnswer::Yes)
}

/// The scenario files, those in folders sorted by name.
fn scenarios(paths: &[PathBuf]) -> Result<Vec<PathBuf>, Failure> {
    let mut all = Vec::new();
    for path in paths {
        let about = |error: std::io::Error| Failure::Error(format!("{}: {error}", path.display()));
        if !fs::metadata(path).map_err(about)?.is_dir() {
            all.push(path.clone());
            continue;
        }
        let mut files = Vec::new();
        for entry in fs::read_dir(path).map_err(about)? {
            let file = entry.map_err(about)?.path();
            if file.extension().is_some_and(|e| e == "yaml") && file.is_file() {
                files.push(file);
            }
        }
        files.sort();
        all.extend(files);
    }
    Ok(all)
}

/// The names of the studies' folders: plain file names, and no two alike, whatever the scenarios are called.
fn names(scenarios: &[PathBuf]) -> Vec<String> {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.');
    // The index of all studies.
    let mut taken = vec!["readme.md".to_owned()];
    let name = |scenario: &PathBuf| {
        let stem = scenario.file_stem().unwrap_or_default().to_string_lossy();
        let plain: String = stem.chars().map(|c| if is_plain(c) { c } else { '-' }).take(100).collect();
        let plain = match plain.trim_start_matches('.') {
            "" => "study",
            plain => plain,
        };
        let numbered = (2..).map(|n| format!("{plain}-{n}"));
        let mut names = std::iter::once(plain.to_owned()).chain(numbered);
        // Some file systems do not tell capitals from small letters.
        let free =
            names.find(|name| !taken.contains(&name.to_ascii_lowercase())).expect("there is always another number");
        taken.push(free.to_ascii_lowercase());
        free
    };
    scenarios.iter().map(name).collect()
}

/// The result that `jobsim run SCENARIO --save` would save, and what it would say.
fn simulate(scenario: &Path, streams: &mut OutputStreams<'_>) -> Result<(ResultFile, String), Failure> {
    // Written the same way on every system.
    let file = scenario.display().to_string().replace('\\', "/");
    let resolved = SimulationArgs { files: vec![file.clone()], ..SimulationArgs::default() }.resolve(streams)?;
    let setup = &resolved.setup;
    let mut session = Replicating::default().session(setup, setup.replications)?;
    session.keep_records = true;
    session.listen();
    let measures: Vec<Measure> = resolved.expect.iter().map(|goal| goal.measure.clone()).collect();
    let mut replicated = session.replicate(&[("", setup)], &measures, &file)?;
    let mut result = experiment::result_file(ResultKind::Run, setup, &resolved.files, &session);
    result.command = ["jobsim", "run", &file, "--save", "result.json"].map(str::to_owned).to_vec();
    let mut words = String::new();
    if let Some(tally) = replicated.points.pop() {
        let goals = experiment::results(&resolved.expect, &tally, session.confidence);
        let mut point = experiment::point(setup, tally, goals, &session, replicated.partial, true);
        keep_one_timeline(&mut point);
        let layout = Layout::document();
        let goals = match &point.goals[..] {
            [] => String::new(),
            goals => format!("Expected\n{}", report::goals(goals, layout, false)),
        };
        words =
            report::release_line(&setup.release.name()) + &report::experiment(setup, &point.summary, &goals, layout);
        result.points.push(point);
        result.partial = replicated.partial;
    }
    Ok((result, words))
}

/// Keeps the timeline of the replication of median length, or the first: that which the pictures show. Studies are kept in
/// repositories, and the others would make their pages two to three times as large.
fn keep_one_timeline(point: &mut Point) {
    let is_median = |timeline: &Timeline| timeline.chosen_as.iter().any(|why| why == "median");
    let shown = point.timelines.iter().position(is_median).unwrap_or(0);
    let mut place = 0;
    point.timelines.retain(|_| {
        place += 1;
        place == shown + 1
    });
}

/// Writes a study into its folder below `output`; returns its question and its answer.
fn study(output: &Path, name: &str, result: ResultFile, words: &str) -> Result<(String, String), Failure> {
    let folder = &output.join(name);
    fs::create_dir_all(folder).map_err(|error| experiment::cannot_write(folder, &error))?;
    refuse_link(folder)?;
    let question = result.question.clone().unwrap_or_default();
    let command = report::shell_line(&result.command);
    let seed = result.seed;
    let results = [(name.to_owned(), result)];
    let mut pictures = String::new();
    for chart in plot::all_charts(&results) {
        let file = format!("{}.svg", chart.file_stem());
        write(&folder.join(&file), visible(&plot::svg(&chart.scene())).as_bytes())?;
        let (title, caption) = (report::markdown_cell(&chart.title), report::markdown_cell(&chart.caption));
        let _ = writeln!(pictures, "![{title}]({file})\n\n{caption}\n");
    }
    let page = report::html_page(&results);
    let has_page = page.len() <= KEPT_PAGE;
    if has_page {
        write(&folder.join("report.html"), page.as_bytes())?;
    }
    let mut answer = String::new();
    for point in &results[0].1.points {
        let job = point.summary.all.job.clone();
        let csv = report::records_csv(&point.records, &job).map_err(Failure::Write)?;
        write(&folder.join("records.csv"), &csv)?;
        answer = report::answer(point);
    }
    let page = match has_page {
        true => "[report.html](report.html)",
        false => "too large to be kept here (`jobsim report result.json` makes it)",
    };
    let readme = format!(
        "# {}\n\n{}\n\nSeed {seed}. Made by `jobsim studies`; the page with the interactive timeline is {page}, the \
         replications are in [records.csv](records.csv).\n\n{}\n\n{pictures}",
        report::markdown_text(&question),
        report::markdown_block(&command),
        report::markdown_block(words.trim_end())
    );
    write(&folder.join("README.md"), format!("{}\n", readme.trim_end()).as_bytes())?;
    Ok((question, answer))
}

/// Refuses a link: what it points to lies outside the folder that the user named.
fn refuse_link(path: &Path) -> Result<(), Failure> {
    if fs::symlink_metadata(path).is_ok_and(|there| there.is_symlink()) {
        return Err(Failure::Error(format!(
            "{}: is a link, and studies are not written through links",
            path.display()
        )));
    }
    Ok(())
}

fn write(path: &Path, bytes: &[u8]) -> Result<(), Failure> {
    refuse_link(path)?;
    report::whole_file(path, |file| file.write_all(bytes)).map_err(|error| experiment::cannot_write(path, &error))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_plain_and_distinct() {
        let paths = ["...yaml", "a/x.yaml", "b/x.yaml", "b/X.yaml", "c d|e.yaml", "README.md.yaml", "...hidden.yaml"];
        let names = names(&paths.map(PathBuf::from));
        assert_eq!(names, ["study", "x", "x-2", "X-3", "c-d-e", "README.md-2", "hidden"]);
    }
}
