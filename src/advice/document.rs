//! The rules as text: for `--explain`, and for the page that lists them. It does not apply them.

use super::{AdviceRule, rules};
use std::fmt::Write;

/// A rule in full.
pub fn explain(rule: &AdviceRule) -> String {
    let mut text = format!("{} ({}): {}\n\n", rule.code, rule.severity.as_str(), rule.title);
    text += &wrapped(rule.why, 96);
    let _ =
        write!(text, "\nFound:\n{}\nBetter:\n{}\nSource: {}\n", indented(rule.bad), indented(rule.good), rule.source);
    text
}

/// All codes, one line each.
pub fn list() -> String {
    let line = |rule: &AdviceRule| format!("{}  {:<7}  {}\n", rule.code, rule.severity.as_str(), rule.title);
    rules().into_iter().map(line).collect()
}

/// The page `docs/advice.md`.
pub fn markdown() -> String {
    let mut page = String::from(
        "# What `jobsim validate` advises\n\n\
         First `jobsim validate` says what the API server would answer. Then it says what a careful reviewer would add. \
         Each rule of the reviewer has a code that stays the same; `jobsim validate --explain CODE` prints what stands \
         here. `J` codes are about Jobs, also those of a CronJob; `C` codes are about CronJobs.\n\n\
         A *warning* is most likely not what is meant (with `--strict` it makes the exit status 1); a *hint* is worth \
         knowing. The examples show only the fields that matter.\n\n\
         | code | | rule |\n|---|---|---|\n",
    );
    for rule in rules() {
        let anchor = rule.code.to_lowercase();
        let _ = writeln!(page, "| [{}](#{anchor}) | {} | {} |", rule.code, rule.severity.as_str(), rule.title);
    }
    for rule in rules() {
        let _ = write!(
            page,
            "\n## {}\n\n**{}** ({})\n\n{}\n\nFound:\n\n```yaml\n{}\n```\n\nBetter:\n\n```yaml\n{}\n```\n\nSource: {}\n",
            rule.code,
            rule.title,
            rule.severity.as_str(),
            rule.why,
            rule.bad,
            rule.good,
            rule.source
        );
    }
    page
}

fn indented(text: &str) -> String {
    text.lines().map(|line| format!("  {line}\n")).collect()
}

/// Breaks a text at spaces into lines of at most `width` characters; a longer word has a line of its own.
fn wrapped(text: &str, width: usize) -> String {
    let mut lines = vec![String::new()];
    for word in text.split_whitespace() {
        let last = lines.last_mut().expect("there is a line");
        if !last.is_empty() && last.chars().count() + 1 + word.chars().count() > width {
            lines.push(word.to_owned());
        } else {
            *last += if last.is_empty() { "" } else { " " };
            *last += word;
        }
    }
    lines.join("\n") + "\n"
}
