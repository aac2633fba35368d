//! `jobsim studies`: makes a folder for each scenario with its answer, a picture, records, a page, and the command that
//! reproduces them; and an index with all questions and answers. It simulates as `jobsim run --save` or the command in
//! the scenario's `study:` does, and draws as `jobsim plot` and `jobsim report` do.

use super::experiment::{self, Replicating, TimelineChoice};
use super::out::{CommandAnswer, Failure, OutputStreams};
use super::run::SimulationArgs;
use super::{Cli, Command, study_answer};
use crate::experiment::result::{Point, ResultFile, ResultKind};
use crate::experiment::{Measure, Timeline};
use crate::plot::{Chart, PlotKind};
use crate::report::Layout;
use crate::scenario::Resolved;
use crate::text::visible;
use crate::{plot, report};
use clap::Parser;
use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};

const ABOUT: &str = "Write a study of each scenario: answer, picture, records and page

Each scenario is run with its own seed and number of replications, by the command of its `study:`. It gets a folder with
README.md (question, answer in two sentences, the picture that shows it, the exact command), thumbnail.svg, records.csv and,
unless that would be large, report.html with all pictures. The same version gives the same bytes.";

const EXAMPLES: &str = "Examples:
  jobsim studies scenarios/backoff.yaml -o study
  jobsim studies scenarios -o reports";

/// The beginning of the index.
const INDEX: &str = "# Studies

Each scenario of `scenarios/` asks a question; each study answers it in two sentences and one picture. They are made by
`jobsim studies`, which takes every number from the replications. Do not edit them.

| picture | question and answer |
|---|---|
";

/// The largest page of a study in bytes. Studies are kept in repositories, whose history keeps every version.
const KEPT_PAGE: usize = 300_000;

/// The flags of `jobsim studies`.
#[derive(Clone, Debug, Default, clap::Args)]
#[command(about = "Write a study of each scenario: answer, picture, records and page")]
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
    let mut index = INDEX.to_owned();
    let scenarios = scenarios(&args.scenarios)?;
    for (scenario, name) in scenarios.iter().zip(names(&scenarios)) {
        let folder = args.output.join(&name);
        fs::create_dir_all(&folder).map_err(|error| experiment::cannot_write(&folder, &error))?;
        refuse_link(&folder)?;
        let study = simulate(scenario, &folder, streams)?;
        if study.result.partial {
            streams.warn(&format!("interrupted: {} and what follows are not written", scenario.display()));
            return Ok(CommandAnswer::Interrupted);
        }
        let _ = writeln!(index, "| {} |", write_study(&folder, &name, study)?);
        writeln!(streams.data, "{}", folder.display())?;
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

/// The names of the studies' folders: plain and distinct file names, whatever the scenarios are called.
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
        // Some file systems are not case-sensitive.
        let free =
            names.find(|name| !taken.contains(&name.to_ascii_lowercase())).expect("there is always another number");
        taken.push(free.to_ascii_lowercase());
        free
    };
    scenarios.iter().map(name).collect()
}

/// The results of a scenario's study.
struct Study {
    /// What the command would save.
    result: ResultFile,
    /// What it would say.
    words: String,
    /// The answer, with its numbers; `None` if the scenario has none.
    answer: Option<String>,
    /// The picture that shows the answer; `None` if there is nothing to draw.
    picture: Option<Chart>,
}

/// Simulates a scenario as its study requests, and answers its question.
fn simulate(scenario: &Path, folder: &Path, streams: &mut OutputStreams<'_>) -> Result<Study, Failure> {
    // With the same separators on every system.
    let file = scenario.display().to_string().replace('\\', "/");
    let resolved = SimulationArgs { files: vec![file.clone()], ..SimulationArgs::default() }.resolve(streams)?;
    let study = &resolved.study;
    let about = |what: &str, why: String| Failure::Error(format!("{file}: study.{what}: {why}"));
    let (result, words) = match &study.command[..] {
        [] => replicate(&file, &resolved)?,
        [command, flags @ ..] => {
            let args = [&[command.clone(), file.clone()], flags].concat();
            by_command(&args, folder, streams).map_err(|why| match why {
                Failure::Error(why) | Failure::Usage(why) => about("command", why),
                other => other,
            })?
        }
    };
    if result.partial {
        return Ok(Study { result, words, answer: None, picture: None });
    }
    study_answer::check(&study.holds, &result).map_err(|why| about("holds", why))?;
    let answer = study.answer.as_ref().map(|answer| study_answer::filled(answer, &result)).transpose();
    let answer = answer.map_err(|why| about("answer", why))?;
    let results = [(String::new(), result)];
    let picture = picture(study.plot.as_deref(), &results).map_err(|why| about("plot", why))?;
    let [(_, result)] = results;
    Ok(Study { result, words, answer, picture })
}

/// The picture with this name, or the first one.
fn picture(name: Option<&str>, results: &[(String, ResultFile)]) -> Result<Option<Chart>, String> {
    let Some(name) = name else { return Ok(plot::all_charts(results).into_iter().next()) };
    let kinds = PlotKind::ALL.into_iter().filter(|kind| name.starts_with(kind.as_str()));
    let mut charts: Vec<Chart> = kinds.flat_map(|kind| plot::charts(kind, results)).collect();
    let place =
        charts.iter().position(|chart| chart.file_stem() == name).or(charts.iter().position(|c| c.kind == name));
    let known = || plot::all_charts(results).iter().map(Chart::file_stem).collect::<Vec<_>>().join(", ");
    let place = place.ok_or_else(|| format!("{name:?} is none of the pictures that there are: {}", known()))?;
    Ok(Some(charts.swap_remove(place)))
}

/// The result that `jobsim run SCENARIO --save` would save, and what it would say.
fn replicate(file: &str, resolved: &Resolved) -> Result<(ResultFile, String), Failure> {
    let setup = &resolved.setup;
    let mut session = Replicating::default().session(setup, setup.replications)?;
    session.keep_records = true;
    session.listen();
    let study = &resolved.study;
    let asked = study_answer::measures(study.answer.as_deref().unwrap_or_default(), &study.holds, &setup.series);
    let measures: Vec<Measure> = resolved.expect.iter().map(|goal| goal.measure.clone()).chain(asked).collect();
    let mut replicated = session.replicate(&[("", setup)], &measures, file)?;
    let mut result = experiment::result_file(ResultKind::Run, setup, &resolved.files, &session);
    result.command = ["jobsim", "run", file, "--save", "result.json"].map(str::to_owned).to_vec();
    let mut words = String::new();
    if let Some(tally) = replicated.points.pop() {
        let goals = experiment::results(&resolved.expect, &tally, session.confidence);
        let mut point = experiment::point(setup, tally, goals, &session, replicated.partial, TimelineChoice::ByLength);
        keep_one_timeline(&mut point);
        let layout = Layout::document();
        let asked = report::asked_rows(&point, false);
        words =
            report::release_line(&setup.release.name()) + &report::experiment(setup, &point.summary, &asked, layout);
        result.points.push(point);
        result.partial = replicated.partial;
    }
    Ok((result, words))
}

/// The result that a command would save, and what it says.
fn by_command(
    args: &[String],
    folder: &Path,
    streams: &mut OutputStreams<'_>,
) -> Result<(ResultFile, String), Failure> {
    let saved = folder.join("result.json");
    refuse_link(&saved)?;
    let save = ["--save".to_owned(), saved.display().to_string()];
    let line = std::iter::once("jobsim".to_owned()).chain(args.iter().cloned()).chain(save);
    let parsed = Cli::try_parse_from(line).map_err(|usage| Failure::Error(usage.render().to_string()))?;
    if !matches!(parsed.command, Command::Run(_) | Command::Sweep(_) | Command::Compare(_) | Command::Solve(_)) {
        return Err(Failure::Error(format!("{}: it is one of run, sweep, compare and solve", args[0])));
    }
    let mut words = Vec::new();
    parsed.command.run(&mut OutputStreams { data: &mut words, talk: &mut *streams.talk, columns: None })?;
    let mut result = report::load(&saved).map_err(Failure::Error)?;
    fs::remove_file(&saved).map_err(|error| experiment::cannot_write(&saved, &error))?;
    let save = ["--save", "result.json"].map(str::to_owned);
    result.command = std::iter::once("jobsim".to_owned()).chain(args.iter().cloned()).chain(save).collect();
    result.points.iter_mut().for_each(keep_one_timeline);
    Ok((result, String::from_utf8_lossy(&words).into_owned()))
}

/// Keeps only the timeline that the pictures show: that of the replication of median length, or the first. The others
/// would make the pages, which are kept in repositories, two to three times as large.
fn keep_one_timeline(point: &mut Point) {
    let is_median = |timeline: &Timeline| timeline.chosen_as.iter().any(|why| why == "median");
    let shown = point.timelines.iter().position(is_median).unwrap_or(0);
    let mut place = 0;
    point.timelines.retain(|_| {
        place += 1;
        place == shown + 1
    });
}

/// Writes a study into its folder; returns its row in the index.
fn write_study(folder: &Path, name: &str, study: Study) -> Result<String, Failure> {
    let Study { result, words, answer, picture } = study;
    let question = report::markdown_text(&result.question.clone().unwrap_or_else(|| name.to_owned()));
    let command = report::markdown_block(&report::shell_line(&result.command));
    let seed = result.seed;
    let answer = answer.unwrap_or_else(|| result.points.first().map_or(String::new(), report::answer));
    let (mut shown, mut thumbnail) = (String::new(), String::new());
    if let Some(chart) = picture {
        let file = format!("{}.svg", chart.file_stem());
        write(&folder.join(&file), visible(&plot::svg(&chart.scene())).as_bytes())?;
        write(&folder.join("thumbnail.svg"), visible(&plot::svg(&chart.thumbnail())).as_bytes())?;
        let (title, caption) = (report::markdown_cell(&chart.title), report::markdown_text(&chart.caption));
        shown = format!("![{title}]({file})\n\n{caption}\n\n");
        thumbnail = format!("[![{title}]({name}/thumbnail.svg)]({name}/README.md)");
    }
    write_numbers(folder, &result)?;
    let results = [(name.to_owned(), result)];
    let page = report::html_page(&results);
    let page = match page.len() <= KEPT_PAGE {
        true => {
            write(&folder.join("report.html"), page.as_bytes())?;
            "[report.html](report.html)"
        }
        false => "too large to be kept here (`jobsim report result.json` makes it)",
    };
    let readme = format!(
        "# {question}\n\n{}\n\n{shown}## In detail\n\n{command}\n\nSeed {seed}. Made by `jobsim studies`; the page with \
         the interactive timeline and all pictures is {page}, the numbers are in [records.csv](records.csv).\n\n{}\n",
        report::markdown_text(&answer),
        report::markdown_block(words.trim_end())
    );
    write(&folder.join("README.md"), readme.as_bytes())?;
    Ok(format!("{thumbnail} | **[{question}]({name}/README.md)**<br>{}", report::markdown_cell(&answer)))
}

/// Writes the records of replications, with several points in a separate file for each.
fn write_numbers(folder: &Path, result: &ResultFile) -> Result<(), Failure> {
    for (n, point) in result.points.iter().enumerate() {
        let csv = report::records_csv(&point.records, &point.summary.all.job).map_err(Failure::Write)?;
        let number = if n == 0 { String::new() } else { format!("-{}", n + 1) };
        write(&folder.join(format!("records{number}.csv")), &csv)?;
    }
    Ok(())
}

/// Refuses a link, which may point outside the folder that the user named.
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
    super::outputs::write_whole(path, bytes)
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
