//! The page `docs/releases.md`: the table of rules and releases, what each rule does, and the feature gates. It is
//! generated from the tables, so it cannot contradict them.

use super::gates::{GATES, GateStage};
use super::rule_table::ROWS;
use super::rules::{Holds, RuleRow};
use super::version::{NEWEST_PATCHES, OLDEST_MINOR, TEACHING_MINOR};
use std::fmt::Write;

/// The page as Markdown.
pub fn markdown() -> String {
    let newest: Vec<String> = NEWEST_PATCHES.iter().map(ToString::to_string).collect();
    let mut page = format!(
        "# Releases of Kubernetes\n\n\
         `jobsim` models the Job controller, its API, the CronJob controller and the kubelet's restarts of v1.{OLDEST_MINOR} to \
         v1.{}. Every command that simulates takes `--kubernetes 1.34` (or `1.34.4`, where a rule depends on the patch \
         release), `--cluster-version FILE` with what `kubectl version -o json` says, and `--feature-gate NAME=true|false`; a \
         scenario has `kubernetes:` and `featureGates:`. A minor release alone means its newest patch release known here: {}. \
         `jobsim upgrade FILE --from 1.31 --to 1.37` says what changes for a Job.\n\n\
         Rules that are marked ○ are from the sources alone: no recorded history shows them. All others are held against \
         recordings of the released controllers (`tests/conformance/releases`).\n\n\
         `--kubernetes 1.{TEACHING_MINOR}` is a profile for teaching: the rules of v1.{OLDEST_MINOR} with the six-minute cap of \
         the Pod failure back-off that v1.{TEACHING_MINOR} and older had. It is held against no recording.\n\n\
         ## Rules\n\n",
        NEWEST_PATCHES[NEWEST_PATCHES.len() - 1].minor,
        newest.join(", "),
    );
    table(&mut page, &["rule", "what"], ROWS.iter().map(|row| (rule_cells(row), row.holds.map(cell))));
    page.push_str("\n\"to .9\": up to and including that patch release; \"from .9\": from it on.\n");
    for row in ROWS {
        let RuleRow { id, title, with, without, source, .. } = row;
        let holds = row.where_it_holds();
        let _ = write!(
            page,
            "\n### {id}\n\n**{}.** Holds in {holds}.\n\n- With it, {with}.\n- Without it, {without}.\n\nSource: {source}.{}\n",
            capitalized(title),
            if row.is_recorded { "" } else { " From the source alone." },
        );
    }
    page.push_str(
        "\n## Feature gates\n\nGates that decide about something that is modelled, with their defaults. A release without a \
         gate refuses it (–), and so does one that has locked it. All other gates change nothing here.\n\n",
    );
    table(
        &mut page,
        &["gate", "rules"],
        GATES.iter().map(|gate| {
            let rules: Vec<&str> = gate.switches.iter().map(|rule| rule.id()).collect();
            ([gate.name.to_owned(), rules.join(", ")], gate.stages.map(stage))
        }),
    );
    page
}

fn table<const N: usize>(page: &mut String, heads: &[&str; 2], rows: impl Iterator<Item = ([String; 2], [String; N])>) {
    let minors = NEWEST_PATCHES.map(|version| format!("1.{}", version.minor));
    let _ = writeln!(page, "| {} | {} |", heads.join(" | "), minors.join(" | "));
    let _ = writeln!(page, "|{}", "---|".repeat(heads.len() + N));
    for (first, cells) in rows {
        let _ = writeln!(page, "| {} | {} |", first.join(" | "), cells.join(" | "));
    }
}

fn rule_cells(row: &RuleRow) -> [String; 2] {
    let mark = if row.is_recorded { "" } else { " ○" };
    [format!("[{}](#{}){mark}", row.id, row.id.to_lowercase()), row.title.to_owned()]
}

fn cell(holds: Holds) -> String {
    match holds {
        Holds::Never => "–".to_owned(),
        Holds::Always => "yes".to_owned(),
        Holds::UpTo(patch) => format!("to .{patch}"),
        Holds::From(patch) => format!("from .{patch}"),
    }
}

fn stage(stage: GateStage) -> String {
    let word = match stage {
        GateStage::Absent => "–",
        GateStage::Off => "off",
        GateStage::On => "on",
        GateStage::Locked => "on, locked",
    };
    word.to_owned()
}

/// A title as a sentence; a title that begins with the name of a field stays as it is.
fn capitalized(text: &str) -> String {
    if text.split(' ').next().is_some_and(|word| word.chars().any(char::is_uppercase)) {
        return text.to_owned();
    }
    let mut letters = text.chars();
    letters.next().map_or(String::new(), |first| first.to_uppercase().chain(letters).collect())
}
