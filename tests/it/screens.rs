//! Answers as they stand on a screen: no line is wider than 80 columns where there is no terminal, the answer comes first, and
//! every figure has a name that docs/measures.md lists.

use crate::cli::{outcome, scenario};
use crate::toy::{folder, write};
use jobsim::{Goal, Measure};
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

const LONG: &str = "a-very-long-name-of-a-job-that-nobody-would-choose-but-is-allow";

fn job(name: &str, restart: &str) -> String {
    format!(
        "apiVersion: batch/v1\nkind: Job\nmetadata: {{name: {name}}}\nspec: {{completions: 4, parallelism: 2, template: {{spec: \
         {{restartPolicy: {restart}, containers: [{{name: main, image: x}}]}}}}}}\n"
    )
}

fn cronjob(name: &str) -> String {
    format!(
        "apiVersion: batch/v1\nkind: CronJob\nmetadata: {{name: {name}}}\nspec: {{schedule: \"0 2 * * *\", timeZone: Europe/Berlin, \
         jobTemplate: {{spec: {{template: {{spec: {{restartPolicy: Never, containers: [{{name: main, image: x}}]}}}}}}}}}}\n"
    )
}

/// Files of every kind of input, with the flags that they need.
fn inputs(test: &str) -> Vec<(String, Vec<&'static str>)> {
    let root = folder(test);
    let file = |name: &str, text: &str| write(root.join(name), [text]).display().to_string();
    let fleet = "apiVersion: jobsim/v1\nkind: Scenario\njobs: [{manifest: job.yaml, count: 40, every: 1s}]\npods: {run: 10s}\n\
                 cluster: {slots: 30}\n";
    vec![
        (file("job.yaml", &job("import", "Never")), vec!["--fail", "20%"]),
        (file("restarts.yaml", &job("import", "OnFailure")), vec!["--fail", "20%"]),
        (file("nightly.yaml", &cronjob("nightly")), vec!["--days", "5", "--fail", "20%"]),
        (file("fleet.yaml", fleet), vec!["--fail", "20%"]),
        (file("long.yaml", &job(LONG, "Never")), vec!["--evict", "20/h", "--terminate", "30s"]),
        (file("long-nightly.yaml", &cronjob(&LONG[..52])), vec!["--days", "5", "--fail", "20%", "--run", "23h"]),
        (scenario("fragmentation.yaml"), vec![]),
    ]
}

/// What `run` and the experiments say about an input.
fn experiments(file: &str, flags: &[&str]) -> Vec<Vec<String>> {
    let limit = if file.contains("nightly") { "spec.backoffLimit=0..3" } else { "spec.backoffLimit=0..2" };
    let goals = ["--goal", "P(Complete) >= 60%", "--goal", "max(podsCreated) <= 900000"];
    [
        vec!["run"],
        vec![
            "run",
            "-n",
            "20",
            "--expect",
            "P(Complete) >= 10%",
            "--show",
            "share(retries > 2)",
            "--show",
            "p95(podsCreated)",
        ],
        vec!["sweep", "-n", "4", "-P", limit, "-L", "spec.podReplacementPolicy=Failed,TerminatingOrFailed"],
        vec!["compare", "-n", "4", "--with", "spec.parallelism=1", "--with", "spec.suspend=true"],
        [&["solve", "-n", "4", "--field", limit][..], &goals].concat(),
    ]
    .into_iter()
    .map(|words| {
        let mut all: Vec<String> = words.iter().map(|word| (*word).to_owned()).collect();
        all.insert(1, file.to_owned());
        all.extend(flags.iter().map(|flag| (*flag).to_owned()));
        all
    })
    .collect()
}

fn said(words: &[String]) -> String {
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    let (text, talk, code) = outcome(&words);
    assert!(code < 2, "{words:?}: {talk}");
    text
}

/// Each line fits, unless it is a single word that cannot be broken, such as a path.
fn fits(words: &[String], text: &str) {
    for line in text.lines() {
        let is_word = line.split_whitespace().count() <= 1;
        assert!(line.chars().count() <= 80 || is_word, "{} columns in {words:?}:\n{line}", line.chars().count());
    }
}

#[test]
fn answers_fit_the_screen_and_name_every_figure() {
    let names = Names::read();
    let mut wrong = BTreeSet::new();
    for (file, flags) in inputs("screens") {
        // With nodes a replication takes long: they add lines to one answer.
        let only_run = if file.contains("fragmentation") { 1 } else { usize::MAX };
        for words in experiments(&file, &flags).into_iter().take(only_run) {
            let text = said(&words);
            fits(&words, &text);
            let first: Vec<&str> = text.lines().take(10).collect();
            assert!(first.iter().any(|line| line.starts_with("Result:  ")), "{words:?}: {text}");
            names.check(&text, |line| {
                wrong.insert(format!("{} {}: {line}", words[0], Path::new(&file).file_name().unwrap().display()));
            });
        }
        if !flags.is_empty() && !file.contains("fleet") {
            let mut upgrade = ["upgrade", &file, "--from", "1.30", "-n", "2"].map(str::to_owned).to_vec();
            upgrade.extend(flags.iter().map(|flag| (*flag).to_owned()));
            let text = said(&upgrade);
            fits(&upgrade, &text);
            names.check(&text, |line| {
                wrong.insert(format!("upgrade: {line}"));
            });
        }
    }
    let words = ["schedule", &scenario("fragmentation.yaml")].map(str::to_owned);
    let text = said(&words);
    fits(&words, &text);
    names.check(&text, |line| {
        wrong.insert(format!("schedule: {line}"));
    });
    assert!(
        wrong.is_empty(),
        "docs/measures.md does not say what these are:\n{}",
        wrong.into_iter().collect::<Vec<_>>().join("\n")
    );
}

#[test]
fn other_texts_fit_the_screen_too() {
    for (file, flags) in inputs("screens-others") {
        let days: Vec<&str> = if file.contains("nightly") { vec!["--days", "2"] } else { vec![] };
        let mut all = vec![vec!["explain", &file], vec!["validate", &file], vec!["run", &file, "--timeline"]];
        all[0].extend(&days);
        all[2].extend(if days.is_empty() { &flags[..] } else { &days[..] });
        if file.contains("nightly") {
            all.push(vec!["next", &file]);
        }
        for words in all {
            let (text, talk, code) = outcome(&words);
            assert!(code < 2, "{words:?}: {talk}");
            fits(&words.iter().map(|word| (*word).to_owned()).collect::<Vec<_>>(), &text);
        }
    }
    for words in [
        vec!["explain", "--field", "podFailurePolicy"],
        vec!["explain", "--field", "cronjob.spec.jobTemplate.spec.template.spec"],
        vec!["explain", "--measure", "share"],
        vec!["validate", "--explain"],
        vec!["validate", "--explain", "J001"],
    ] {
        let words: Vec<String> = words.iter().map(|word| (*word).to_owned()).collect();
        fits(&words, &said(&words));
    }
}

/// What docs/measures.md says about figures.
struct Names {
    /// The words of each line, and those of tables and other texts.
    words: BTreeMap<String, Vec<String>>,
    /// Words of kubectl.
    kubectl: BTreeSet<String>,
    page: String,
}

impl Names {
    fn read() -> Self {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/measures.md");
        let page = std::fs::read_to_string(path).expect("it is there");
        let (_, answers) = page.split_once("## In answers").expect("the page says where figures are");
        let mut words: BTreeMap<String, Vec<String>> = BTreeMap::new();
        for row in answers.lines().filter(|line| line.starts_with("| ")).skip(1) {
            let cells: Vec<&str> = row.trim_matches('|').split(" | ").map(str::trim).collect();
            assert_eq!(cells.len(), 4, "{row}");
            let line = cells[0].trim_matches('`').trim_end_matches(':').to_owned();
            words.entry(line).or_default().push(cells[2].to_owned());
        }
        let (_, of_kubectl) = answers.split_once("kubectl's words: ").expect("it lists them");
        let kubectl = of_kubectl.split('`').skip(1).step_by(2).map(str::to_owned).collect();
        Names { words, kubectl, page }
    }

    fn is_word_of(&self, line: &str, text: &str) -> bool {
        self.words.get(line).is_some_and(|words| words.iter().any(|word| text.contains(word.as_str())))
    }

    fn is_response(&self, name: &str) -> bool {
        self.page.contains(&format!("| `{name}` |"))
    }

    /// Whether a text names a measure or a setting.
    fn is_measure(&self, text: &str) -> bool {
        let series = ["nightly", "import"].map(Into::into);
        let text = text.trim();
        let is_goal = Goal::parse(text, &series).is_ok() || Measure::parse(text, &series).is_ok();
        let has_goal = text
            .split(": ")
            .next()
            .is_some_and(|first| Measure::parse(first, &series).is_ok() || Goal::parse(first, &series).is_ok());
        let is_path = |word: &str| word.contains("spec.") || word.contains("cluster.") || word.contains("pods.");
        is_goal || has_goal || self.is_response(text) || text.split_whitespace().any(is_path)
    }

    /// Reports lines with figures that have no name.
    fn check(&self, text: &str, mut report: impl FnMut(&str)) {
        for block in text.split("\n\n") {
            let first = block.lines().next().unwrap_or_default();
            if first == "NAME"
                || first.starts_with("NAME ")
                || first.starts_with("Name:")
                || first.starts_with("Said of")
                || first.starts_with("Rules ")
            {
                for word in first
                    .split("  ")
                    .map(|w| w.trim().trim_end_matches(':'))
                    .filter(|w| !w.is_empty() && first.starts_with("NAME "))
                {
                    if !self.kubectl.iter().any(|known| known.starts_with(word)) {
                        report(word);
                    }
                }
                continue;
            }
            for (label, row) in rows(block) {
                self.check_row(&label, &row, &mut report);
            }
        }
    }

    fn check_row(&self, label: &str, row: &str, report: &mut impl FnMut(&str)) {
        let without_intervals = without(row, '[', ']');
        let without_points = without_points(&without_intervals);
        for clause in without_points.split("; ").flat_map(|part| part.split(", ")) {
            let has_figure = clause.chars().any(|c| c.is_ascii_digit());
            if !has_figure || self.is_known(label, clause) {
                continue;
            }
            report(&format!("{label}: {clause}   (in {row})"));
        }
    }

    fn is_known(&self, label: &str, clause: &str) -> bool {
        let label = label.split(' ').next().filter(|first| *first == "CronJob").unwrap_or(label);
        let anywhere = ["verdict of `compare", "upgrade", "schedule", "table `CRITICAL PATH", "Overshoot", "Result"];
        // How replications ended, by reason.
        let is_end =
            label.split(' ').next().is_some_and(|end| self.page.contains(&format!("`{end}`")) && label.ends_with('%'));
        is_end
            || self.is_word_of(label, clause)
            || self.is_word_of("any", clause)
            || self.is_measure(clause)
            || (label.is_empty() || !self.words.contains_key(label))
                && anywhere.iter().any(|line| self.is_word_of(line, clause))
            || self.is_table(clause)
    }

    /// A row of a table, whose first cell is a measure; or whose cells are values under a heading of measures.
    fn is_table(&self, clause: &str) -> bool {
        let mut cells = clause.split("  ").map(str::trim).filter(|cell| !cell.is_empty());
        cells.any(|cell| self.is_measure(cell) || self.is_response(cell.split(' ').next().unwrap_or_default()))
    }
}

/// The labelled rows of a block: label, and text with what goes on below it.
fn rows(block: &str) -> Vec<(String, String)> {
    let mut rows: Vec<(String, String)> = Vec::new();
    let mut column = usize::MAX;
    // Under a heading of measures or settings there are only values.
    let mut is_below_heading = false;
    let mut before = 0;
    for line in block.lines() {
        let indent = line.len() - line.trim_start().len();
        if indent >= column && column < usize::MAX {
            let last = rows.last_mut().expect("a row goes on");
            last.1 += &format!(" {}", line.trim_start());
            continue;
        }
        let label = line.trim_start().split_once(": ").filter(|(label, _)| is_label(label));
        match label {
            Some((label, rest)) if rest.starts_with(' ') || indent == 0 => {
                column = line.len() - rest.trim_start().len();
                rows.push((label.to_owned(), rest.trim_start().to_owned()));
                (is_below_heading, before) = (false, indent);
            }
            _ => {
                column = usize::MAX;
                let is_heading = is_heading(line);
                let goes_on = rows.last_mut().filter(|_| !is_below_heading && !is_heading && indent == before + 2);
                if let Some(last) = goes_on {
                    // A line that was too wide, or what belongs to the line before.
                    last.1 += &format!(" {}", line.trim());
                    continue;
                }
                before = indent;
                if !is_below_heading && !is_heading {
                    rows.push((String::new(), line.trim().to_owned()));
                }
                is_below_heading |= is_heading;
            }
        }
    }
    rows
}

/// What stands before a colon, if it is a label and no sentence.
fn is_label(text: &str) -> bool {
    !text.contains("  ") && (text.len() < 24 || !text.contains(' ') || text.starts_with("CronJob "))
}

/// A heading of measures, settings or statistics.
fn is_heading(line: &str) -> bool {
    let known = ["mean", "p50", "p95", "p99", "expected", "response", "replications", "CRITICAL PATH", "NODE"];
    let is_measure =
        |cell: &str| Measure::parse(cell, &[]).is_ok() || cell.starts_with("spec.") || known.contains(&cell);
    line.split("  ").map(str::trim).find(|cell| !cell.is_empty()).is_some_and(is_measure) && !line.contains(": ")
}

/// A text without the names of points, such as `(2, Failed): `.
fn without_points(text: &str) -> String {
    let mut rest = String::new();
    for part in text.split_inclusive("): ") {
        let begin = part.rfind('(').filter(|at| part[..*at].is_empty() || part[..*at].ends_with(' '));
        rest += begin.filter(|_| part.ends_with("): ")).map_or(part, |at| &part[..at]);
    }
    rest
}

/// A text without what stands in brackets.
fn without(text: &str, open: char, close: char) -> String {
    let mut depth = 0;
    let mut rest = String::new();
    for c in text.chars() {
        depth += i32::from(c == open);
        if depth == 0 {
            rest.push(c);
        }
        depth -= i32::from(c == close && depth > 0);
    }
    rest
}

/// Parts that are shown add up to what they are parts of, to the last digit.
#[test]
fn parts_that_are_shown_add_up() {
    let root = folder("screens-parts");
    let file = write(root.join("job.yaml"), [job("import", "Never").as_str()]).display().to_string();
    for more in
        [&["--fail", "20%"][..], &["--fail", "45%", "--run", "7s"], &["--fail", "30%", "-n", "30", "--run", "3h"]]
    {
        let (text, _, _) = outcome(&[&["run", &file], more].concat());
        let flat = text.split_whitespace().collect::<Vec<_>>().join(" ");
        let (_, time) = flat.split_once("Time: of its ").expect("there is a line");
        let time = time.split(" Change:").next().unwrap().split(" NAME ").next().unwrap();
        let (whole, parts) = time.split_once(": ").unwrap();
        let parts: Vec<&str> = parts.split("), ").collect();
        let tenths = parts.iter().map(|part| part.rsplit('(').next().unwrap().trim_end_matches([')', '%', ' ']));
        let sum: i64 = tenths.map(|percent| (percent.parse::<f64>().unwrap() * 10.0).round() as i64).sum();
        assert_eq!(sum, 1_000, "{time}");
        let spans: i64 = parts.iter().map(|part| millis(part.split(' ').next().unwrap())).sum();
        assert_eq!(spans, millis(whole), "{time}");
    }
    // Reasons of one end.
    let limits =
        ["--fail", "50%", "--set", "spec.backoffLimit=2", "--set", "spec.activeDeadlineSeconds=185", "-n", "150"];
    let (text, _, _) = outcome(&[&["run", &file], &limits[..]].concat());
    let (_, line) = text.split_once("\n  Failed ").expect("some fail");
    let line = without(line.split("\n\n").next().unwrap(), '[', ']');
    let percents: Vec<f64> = line.split_whitespace().filter_map(|word| word.parse().ok()).collect();
    assert!(percents.len() >= 3, "{line}");
    assert!((percents[0] - percents[1..].iter().sum::<f64>()).abs() < 1e-9, "{line}");
}

/// A span such as `1h2m5s` or `3.02s`, in milliseconds.
fn millis(text: &str) -> i64 {
    let mut sum = 0.0;
    let mut number = String::new();
    let mut rest = text.chars().peekable();
    while let Some(c) = rest.next() {
        let is_milli = c == 'm' && rest.peek() == Some(&'s');
        let unit = match c {
            'd' => 86_400_000.0,
            'h' => 3_600_000.0,
            'm' if is_milli => 1.0,
            'm' => 60_000.0,
            's' => 1_000.0,
            _ => {
                number.push(c);
                continue;
            }
        };
        if is_milli {
            rest.next();
        }
        sum += number.parse::<f64>().unwrap_or_else(|_| panic!("{text}")) * unit;
        number.clear();
    }
    sum.round() as i64
}

/// None of so many replications is a bound, not a proof.
#[test]
fn what_was_not_seen_has_an_upper_bound() {
    let root = folder("screens-bounds");
    let file = write(root.join("job.yaml"), [job("import", "Never").as_str()]).display().to_string();
    let (text, _, _) = outcome(&["run", &file, "--fail", "5%", "-n", "100"]);
    // Wilson's bound of 0 in 100 at 95 %: z² / (n + z²) = 3.8415 / 103.8415.
    assert!(text.contains("overshoot in 0 of 100 replications, so in at most 3.7 % of all"), "{text}");
}
