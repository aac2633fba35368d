//! What was checked, in the forms that other tools read: JUnit's XML, SARIF 2.1.0, and annotations of GitHub's
//! workflows. The commands decide what is checked and what is wrong; this file only writes the forms.
//! JUnit's XML has no standard, but two schemas are in use. The output satisfies the stricter one, that of Ant's tasks:
//! its order of elements, its attributes, and its empty elements. In SARIF an empty `results` says that the check ran
//! and found nothing; without `results` it would say that there was no check.

use crate::text::visible_line;
use serde_json::{Value, json};

/// How much a finding matters.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CheckLevel {
    /// It fails the check.
    Error,
    /// It is a warning.
    Warning,
    /// It is worth knowing.
    Note,
}

impl CheckLevel {
    /// The word that SARIF has for it.
    fn in_sarif(self) -> &'static str {
        match self {
            Self::Error => "error",
            Self::Warning => "warning",
            Self::Note => "note",
        }
    }

    /// The workflow command for it.
    fn in_workflows(self) -> &'static str {
        match self {
            Self::Error => "error",
            Self::Warning => "warning",
            Self::Note => "notice",
        }
    }
}

/// A rule that findings refer to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CheckRule {
    /// Its code.
    pub id: String,
    /// The rule in a sentence.
    pub title: String,
    /// Why it is one, and where it is from.
    pub help: String,
    /// How much its findings matter.
    pub level: CheckLevel,
}

/// Something that was found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CheckFinding {
    /// How much it matters.
    pub level: CheckLevel,
    /// The code of its rule.
    pub rule: String,
    /// What it is about: a field, a goal. It names the case, so it stays the same from one run to the next.
    pub subject: String,
    /// What is wrong.
    pub message: String,
    /// Line, from 1; 0 for the file as a whole.
    pub line: usize,
    /// Column in characters, from 1; 0 for the file as a whole.
    pub column: usize,
    /// Whether it fails the check.
    pub fails: bool,
}

/// A file, or an input, and what was checked of it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CheckedInput {
    /// Its path, or a name such as `standard input`.
    pub name: String,
    /// Whether the name is a path.
    pub is_file: bool,
    /// What was checked and found right.
    pub passed: Vec<String>,
    /// What was found.
    pub findings: Vec<CheckFinding>,
}

/// Everything that a command checked.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CheckReport {
    /// The subcommand.
    pub command: &'static str,
    /// The rules that findings refer to.
    pub rules: Vec<CheckRule>,
    /// The inputs.
    pub inputs: Vec<CheckedInput>,
}

/// A finding as a line.
fn line_of(finding: &CheckFinding) -> String {
    let place = match finding.line {
        0 => String::new(),
        line => format!("{line}:{}: ", finding.column),
    };
    format!("{place}{} {}: {}", finding.level.in_sarif(), finding.rule, finding.message)
}

/// As XML for JUnit: a suite for each input, a case for each thing that was checked, and a failed case for each
/// finding that fails the check; the other findings are what the suite printed. `timestamp` is `YYYY-MM-DDThh:mm:ss`.
pub fn junit(report: &CheckReport, timestamp: &str) -> String {
    let mut text = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites>\n".to_owned();
    for (id, input) in report.inputs.iter().enumerate() {
        let failed: Vec<&CheckFinding> = input.findings.iter().filter(|finding| finding.fails).collect();
        let tests = input.passed.len() + failed.len();
        let class = format!("jobsim.{}", report.command);
        text += &format!(
            "  <testsuite name=\"{}\" package=\"{class}\" id=\"{id}\" timestamp=\"{timestamp}\" hostname=\"localhost\" \
             tests=\"{tests}\" failures=\"{}\" errors=\"0\" time=\"0\">\n    <properties/>\n",
            token(&input.name),
            failed.len()
        );
        let case = |name: &str| format!("    <testcase name=\"{}\" classname=\"{class}\" time=\"0\"", token(name));
        for name in &input.passed {
            text += &format!("{}/>\n", case(name));
        }
        for finding in failed {
            let message = line_of(finding);
            text += &format!(
                "{}>\n      <failure message=\"{}\" type=\"{}\">{}</failure>\n    </testcase>\n",
                case(&format!("{}: {}", finding.rule, finding.subject)),
                xml(&message),
                xml(&finding.rule),
                xml(&format!("{}:{message}", input.name))
            );
        }
        let told = input.findings.iter().filter(|finding| !finding.fails).map(|finding| line_of(finding) + "\n");
        text += &format!(
            "    <system-out>{}</system-out>\n    <system-err/>\n  </testsuite>\n",
            xml(&told.collect::<String>())
        );
    }
    text + "</testsuites>\n"
}

/// Text in XML. Characters that XML cannot hold are shown escaped, as on a terminal.
fn xml(text: &str) -> String {
    let mut shown = String::new();
    for line in text.split_inclusive('\n') {
        let (line, end) = line.strip_suffix('\n').map_or((line, ""), |line| (line, "\n"));
        for c in visible_line(line).chars() {
            match c {
                '&' => shown.push_str("&amp;"),
                '<' => shown.push_str("&lt;"),
                '>' => shown.push_str("&gt;"),
                '"' => shown.push_str("&quot;"),
                // Neither of the two is a character of XML.
                '\u{fffe}' | '\u{ffff}' => shown.push('\u{fffd}'),
                c => shown.push(c),
            }
        }
        shown.push_str(end);
    }
    shown
}

/// A name for XML: not empty, without blanks at its ends, and without two blanks in a row, as the type `xs:token` of
/// the schema asks.
fn token(text: &str) -> String {
    let words: Vec<&str> = text.split_whitespace().collect();
    if words.is_empty() { "-".to_owned() } else { xml(&words.join(" ")) }
}

/// As a SARIF 2.1.0 log with one run.
pub fn sarif(report: &CheckReport) -> Value {
    let level = |level: CheckLevel| level.in_sarif();
    let rules: Vec<Value> = report
        .rules
        .iter()
        .map(|rule| {
            json!({
                "id": rule.id,
                "shortDescription": {"text": rule.title},
                "fullDescription": {"text": rule.help},
                "help": {"text": rule.help},
                "defaultConfiguration": {"level": level(rule.level)},
            })
        })
        .collect();
    let results: Vec<Value> = report
        .inputs
        .iter()
        .flat_map(|input| input.findings.iter().map(move |finding| (input, finding)))
        .map(|(input, finding)| {
            let mut result = json!({
                "ruleId": finding.rule,
                "level": level(finding.level),
                "message": {"text": finding.message},
            });
            if let Some(index) = report.rules.iter().position(|rule| rule.id == finding.rule) {
                result["ruleIndex"] = index.into();
            }
            let mut place = json!({"artifactLocation": {"uri": uri(&input.name)}});
            if finding.line > 0 {
                place["region"] = json!({"startLine": finding.line, "startColumn": finding.column.max(1)});
            }
            let place = json!({"physicalLocation": place});
            let named = json!({"message": {"text": input.name}});
            result["locations"] = json!([if input.is_file { place } else { named }]);
            result
        })
        .collect();
    let driver = json!({
        "name": "jobsim",
        "semanticVersion": env!("CARGO_PKG_VERSION"),
        "informationUri": env!("CARGO_PKG_REPOSITORY"),
        "rules": rules,
    });
    json!({
        "$schema": "https://json.schemastore.org/sarif-2.1.0.json",
        "version": "2.1.0",
        "runs": [{"tool": {"driver": driver}, "columnKind": "unicodeCodePoints", "results": results}],
    })
}

/// A path as a URI reference: characters with a meaning of their own in a URI are percent-encoded.
fn uri(path: &str) -> String {
    let path = path.replace('\\', "/");
    let path = path.strip_prefix("./").unwrap_or(&path);
    let is_plain = |b: u8| b.is_ascii_alphanumeric() || b"-._~/".contains(&b);
    let mut text = String::new();
    if path.starts_with('/') {
        text.push_str("file://");
    }
    for b in path.bytes() {
        if is_plain(b) { text.push(char::from(b)) } else { text += &format!("%{b:02X}") }
    }
    text
}

/// As annotations of a GitHub workflow, one line each. The escapes are those that the runner takes back: `%` and line
/// ends everywhere, `:` and `,` only in properties, where they separate. Source: actions/toolkit,
/// `packages/core/src/command.ts`.
pub fn annotations(report: &CheckReport) -> String {
    let message = |text: &str| text.replace('%', "%25").replace('\r', "%0D").replace('\n', "%0A");
    let property = |text: &str| message(text).replace(':', "%3A").replace(',', "%2C");
    let mut text = String::new();
    for input in &report.inputs {
        for finding in &input.findings {
            let mut properties = vec![format!("title={}", property(&format!("jobsim {}", finding.rule)))];
            if input.is_file {
                properties.push(format!("file={}", property(&input.name)));
            }
            if input.is_file && finding.line > 0 {
                properties.push(format!("line={},col={}", finding.line, finding.column.max(1)));
            }
            let (command, properties) = (finding.level.in_workflows(), properties.join(","));
            text += &format!("::{command} {properties}::{}\n", message(&visible_line(&finding.message)));
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    fn report(findings: Vec<CheckFinding>) -> CheckReport {
        let input = CheckedInput {
            name: "a b/job, <1>.yaml".into(),
            is_file: true,
            passed: vec!["Job import".into()],
            findings,
        };
        CheckReport { command: "validate", rules: Vec::new(), inputs: vec![input] }
    }

    fn finding(fails: bool) -> CheckFinding {
        let (level, rule, subject) = (CheckLevel::Warning, "J003".to_owned(), "spec.backoffLimit".to_owned());
        CheckFinding { level, rule, subject, message: "50% \u{1b}[31m & \"more\"".into(), line: 3, column: 5, fails }
    }

    #[test]
    fn nothing_found_is_an_empty_list() {
        assert_eq!(sarif(&report(Vec::new()))["runs"][0]["results"], json!([]));
        assert!(junit(&report(Vec::new()), "2026-01-01T00:00:00").contains("tests=\"1\" failures=\"0\""));
        assert_eq!(annotations(&report(Vec::new())), "");
    }

    #[test]
    fn what_is_special_in_a_form_is_escaped() {
        let place = &sarif(&report(vec![finding(true)]))["runs"][0]["results"][0]["locations"][0]["physicalLocation"];
        assert_eq!(place["artifactLocation"]["uri"], "a%20b/job%2C%20%3C1%3E.yaml");
        let xml = junit(&report(vec![finding(true), finding(false)]), "2026-01-01T00:00:00");
        assert!(
            xml.contains("name=\"a b/job, &lt;1&gt;.yaml\"") && xml.contains("50% \\u001b[31m &amp; &quot;more&quot;"),
            "{xml}"
        );
        assert!(xml.contains("tests=\"2\" failures=\"1\"") && !xml.contains('\u{1b}'), "{xml}");
        let line = annotations(&report(vec![finding(false)]));
        let head = "::warning title=jobsim J003,file=a b/job%2C <1>.yaml,line=3,col=5::50%25 ";
        assert!(line.starts_with(head) && line.lines().count() == 1, "{line}");
    }

    #[test]
    fn paths_become_references() {
        for (path, is) in
            [("./a.yaml", "a.yaml"), ("a\\b.yaml", "a/b.yaml"), ("/tmp/ä.yaml", "file:///tmp/%C3%A4.yaml")]
        {
            assert_eq!(uri(path), is);
        }
    }
}
