//! What CI systems read: JUnit, SARIF and annotations of `validate` and `run`, against the schemas in tests/schemas; and the
//! files that bring `jobsim` into CI: the GitHub Action, the pre-commit hook, the image. What needs a service that is not
//! here (GitHub, a container engine) is read and not run.

use crate::answers::validate as json_violations;
use crate::cli::{jobsim, outcome, scenario};
use crate::toy::{folder, write};
use crate::xml;
use serde_json::Value;
use std::fs;
use std::path::{Path, PathBuf};

const WRONG: &str = "apiVersion: batch/v1\nkind: Job\nmetadata: {name: import}\nspec:\n  parallelism: -1\n  template: {spec: \
                     {restartPolicy: Always, containers: [{name: main, image: 'a:1'}]}}\n";
const WARNED: &str = "apiVersion: batch/v1\nkind: Job\nmetadata: {name: import}\nspec:\n  backoffLimit: 0\n  \
                      ttlSecondsAfterFinished: 0\n  template: {spec: {restartPolicy: Never, containers: [{name: main, image: \
                      'a:1'}]}}\n";
const GOOD: &str = "apiVersion: batch/v1\nkind: Job\nmetadata: {name: import}\nspec:\n  ttlSecondsAfterFinished: 3600\n  template: \
                    {spec: {restartPolicy: Never, containers: [{name: main, image: 'a:1'}]}}\n";

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn text(path: &str) -> String {
    fs::read_to_string(root().join(path)).unwrap_or_else(|error| panic!("{path}: {error}"))
}

/// The files that a command writes beside its answer, both as their schemas have them.
struct Written {
    sarif: Value,
    junit: xml::Element,
    told: String,
    code: i32,
}

fn written(root: &Path, arguments: &[&str]) -> Written {
    let [sarif, junit] = ["out.sarif", "out.xml"].map(|name| root.join(name));
    let outputs = ["--sarif", &sarif.display().to_string(), "--junit", &junit.display().to_string()].map(str::to_owned);
    let outputs: Vec<&str> = outputs.iter().map(String::as_str).collect();
    let (told, _, code) = outcome(&[arguments, &outputs].concat());
    let sarif: Value = serde_json::from_str(&fs::read_to_string(sarif).expect("it is written")).expect("it is JSON");
    let schema: Value = serde_json::from_str(&text("tests/schemas/sarif-2.1.0.json")).expect("it is JSON");
    let mut wrong = Vec::new();
    json_violations(&sarif, &schema, &schema, "", &mut wrong);
    assert_eq!(wrong, Vec::<String>::new(), "{arguments:?}");
    let junit = xml::read(&fs::read_to_string(junit).expect("it is written"));
    assert_eq!(xml::violations(&junit, &xml::read(&text("tests/schemas/junit.xsd"))), Vec::<String>::new());
    for suite in junit.all("testsuite") {
        let count = |name: &str| suite.attribute(name).expect("it is required").parse::<usize>().expect("a number");
        assert_eq!(count("tests"), suite.all("testcase").count());
        assert_eq!(count("failures"), suite.all("failure").count());
    }
    Written { sarif, junit, told, code }
}

fn results(sarif: &Value) -> &Vec<Value> {
    sarif["runs"][0]["results"].as_array().expect("results are there, also when empty")
}

#[test]
fn findings_of_validate_reach_other_tools() {
    let root = folder("checks-validate");
    for (name, manifest) in [("wrong.yaml", WRONG), ("warned.yaml", WARNED), ("good & <plain>.yaml", GOOD)] {
        write(root.join(name), [manifest]);
    }
    let at = root.display().to_string();
    let plain = outcome(&["validate", &at]);
    let Written { sarif, junit, told, code } = written(&root, &["validate", &at]);
    assert_eq!((&told, code), (&plain.0, 1), "what people read stays as it is");
    let levels: Vec<&str> = results(&sarif).iter().map(|result| result["level"].as_str().expect("a level")).collect();
    let (errors, warnings) = (levels.iter().filter(|l| **l == "error"), levels.iter().filter(|l| **l == "warning"));
    assert!(errors.count() == 2 && warnings.count() >= 1, "{levels:?}");
    let rules = sarif["runs"][0]["tool"]["driver"]["rules"].as_array().expect("rules");
    for result in results(&sarif) {
        let rule = &rules[result["ruleIndex"].as_u64().expect("it refers to a rule") as usize];
        assert_eq!(rule["id"], result["ruleId"]);
        let place = &result["locations"][0]["physicalLocation"];
        assert!(place["region"]["startLine"].as_u64().is_some_and(|line| line > 0), "{result}");
        let uri = place["artifactLocation"]["uri"].as_str().expect("a file");
        assert!(uri.starts_with("file:///") && !uri.contains(['<', ' ']), "{uri}");
    }
    let failures: Vec<&xml::Element> = junit.all("failure").collect();
    assert_eq!(failures.len(), 2, "warnings fail nothing");
    assert!(junit.all("testcase").any(|case| case.attribute("name") == Some("Job default/import is accepted")));
    // With --strict they do.
    let strict = written(&root, &["validate", &root.join("warned.yaml").display().to_string(), "--strict"]);
    assert!(strict.code == 1 && strict.junit.all("failure").next().is_some());
    // Nothing is found: an empty list, and a passed case.
    let good = written(&root, &["validate", &root.join("good & <plain>.yaml").display().to_string()]);
    assert_eq!((results(&good.sarif).len(), good.junit.all("testcase").count(), good.code), (0, 1, 0));
    // A file that cannot be read as YAML is a finding too.
    write(root.join("broken.yaml"), ["a: [1"]);
    let broken = written(&root, &["validate", &root.join("broken.yaml").display().to_string()]);
    assert_eq!((results(&broken.sarif).len(), broken.junit.all("failure").count(), broken.code), (1, 1, 2));
}

#[test]
fn goals_of_run_reach_other_tools() {
    let root = folder("checks-run");
    let spot = scenario("spot-policy.yaml");
    let ask = ["run", &spot, "-n", "30", "--expect", "P(Complete) >= 1%", "--expect", "max(retries) < 0"];
    let Written { sarif, junit, code, .. } = written(&root, &ask);
    assert_eq!((results(&sarif).len(), junit.all("failure").count(), code), (1, 1, 1));
    let names: Vec<&str> = junit.all("testcase").filter_map(|case| case.attribute("name")).collect();
    assert_eq!(names, ["goal: P(Complete) >= 1%", "goal: max(retries) < 0"], "the names stay the same from run to run");
    assert!(results(&sarif)[0]["message"]["text"].as_str().expect("text").starts_with("misses  max(retries) < 0"));
    let (_, talk, code) = outcome(&["run", &spot, "--junit", &root.join("x.xml").display().to_string()]);
    assert!(code == 2 && talk.contains("there is none: give --expect") && !root.join("x.xml").exists(), "{talk}");
}

#[test]
fn annotations_are_whole_lines_beside_the_text() {
    let root = folder("checks-github");
    let file = write(root.join("wrong, 1.yaml"), [WRONG]).display().to_string();
    let (text, talk, code) = outcome(&["validate", &file, "--github"]);
    let lines: Vec<&str> = text.lines().filter(|line| line.starts_with("::")).collect();
    assert_eq!((lines.len(), talk.as_str(), code), (2, "", 1), "{text}");
    assert!(
        lines[0].starts_with("::error title=jobsim api-server-error,file=")
            && lines[0].contains("wrong%2C 1.yaml,line=5")
    );
    let (_, talk, code) = outcome(&["validate", &file, "--github", "-o", "json"]);
    assert!(code == 2 && talk.contains("--github: prints annotations beside the text"), "{talk}");
    let (_, talk, code) = outcome(&["validate", &file, "--sarif", &file]);
    assert!(code == 2 && talk.contains("this would overwrite the input"), "{talk}");
    assert_eq!(fs::read_to_string(&file).expect("it is there"), format!("{WRONG}\n"));
}

#[test]
fn files_without_jobs_are_passed_over_if_that_is_asked() {
    let root = folder("checks-others");
    write(root.join("a.yaml"), [GOOD]);
    write(root.join("deployment.yaml"), ["apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: web}\n"]);
    write(root.join("values.yaml"), ["image: web\n"]);
    let at = root.display().to_string();
    assert_eq!(outcome(&["validate", &at]).2, 2);
    let (text, talk, code) = outcome(&["validate", &at, "--skip-others"]);
    assert_eq!((text.as_str(), talk.as_str(), code), ("1 accepted\n", "", 0));
    write(root.join("broken.yaml"), ["{\"kind\": \"Job\", a: [1"]);
    assert_eq!(outcome(&["validate", &at, "--skip-others"]).2, 2, "what cannot be read is still told");
}

/// The values of a key anywhere in a YAML text of ours, without its quotes.
fn values<'a>(text: &'a str, key: &'a str) -> impl Iterator<Item = &'a str> {
    let value = move |line: &'a str| line.trim_start_matches("- ").trim().strip_prefix(key)?.strip_prefix(": ");
    text.lines().filter_map(move |line| value(line.trim())).map(|value| value.trim_matches(['"', '\'']))
}

#[test]
fn the_action_hands_each_input_to_its_script() {
    let action = text("action.yml");
    let script = text("contrib/action-check.sh") + &text("contrib/action-install.sh");
    let (inputs, _) = action.split_once("\noutputs:\n").expect("there are outputs");
    let inputs = inputs.split_once("inputs:\n").expect("there are inputs").1;
    let names = inputs.lines().filter(|line| line.starts_with("  ") && !line.starts_with("   "));
    let mut count = 0;
    for name in names.map(|line| line.trim().trim_end_matches(':')) {
        let variable = action
            .lines()
            .find(|line| line.ends_with(&format!(": ${{{{ inputs.{name} }}}}")) && line.contains("JOBSIM_"));
        let variable =
            variable.unwrap_or_else(|| panic!("{name} is handed on")).trim().split(':').next().expect("a name");
        let is_read =
            script.contains(&format!("${{{variable}:")) || name == "version" && action.contains("\"$JOBSIM_VERSION\"");
        assert!(is_read, "{variable} is read");
        count += 1;
    }
    assert!(count >= 9, "{count} inputs");
    // Inputs of users never stand in a script itself: that is how commands are smuggled in.
    assert!(values(&action, "run").all(|run| !run.contains("inputs.")));
    for name in ["action-check.sh", "action-install.sh"] {
        assert!(action.contains(&format!("$GITHUB_ACTION_PATH/contrib/{name}")));
    }
}

#[test]
fn the_hooks_and_the_image_name_what_is_there() {
    let hooks = text(".pre-commit-hooks.yaml");
    let ids: Vec<&str> = values(&hooks, "id").collect();
    assert_eq!(ids, ["jobsim-validate", "jobsim-validate-system"]);
    let root = folder("checks-hook");
    let file = write(root.join("job.yaml"), [WRONG]).display().to_string();
    for entry in values(&hooks, "entry") {
        let words: Vec<&str> = entry.split(' ').skip(1).collect();
        assert_eq!(outcome(&[&words[..], &[&file]].concat()).2, 1, "{entry}");
    }
    let image = text("Containerfile");
    assert!(image.contains("--profile dist") && text("Cargo.toml").contains("[profile.dist]"));
    assert!(image.contains("/source/target/dist/jobsim /usr/local/bin/jobsim"));
    assert_eq!(text(".containerignore"), text(".dockerignore"));
}

/// Whether a program is there; if not, that is said by name.
#[cfg(unix)]
fn has(program: &str, what: &str) -> bool {
    let is_there = std::process::Command::new(program).arg("--version").output().is_ok();
    if !is_there {
        eprintln!("skipped for want of {program}: {what}");
    }
    is_there
}

#[cfg(unix)]
fn git(root: &Path, arguments: &[&str]) {
    let config = ["-c", "user.name=a", "-c", "user.email=a@example.org", "-c", "init.defaultBranch=main"];
    let mut git = std::process::Command::new("git");
    let output = git.args(config).args(arguments).current_dir(root).output().expect("git runs");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
}

/// The action's script in a repository of its own: a pull request that raises backoffLimit.
#[cfg(unix)]
#[test]
fn the_action_checks_and_compares_a_pull_request() {
    if !has("git", "the action's script was not run") || !has("bash", "the action's script was not run") {
        return;
    }
    let repository = folder("checks-action");
    let job = |limit: u32| GOOD.replace("spec:\n  ttl", &format!("spec:\n  backoffLimit: {limit}\n  ttl"));
    write(repository.join("job.yaml"), [job(0)]);
    write(repository.join("same.yaml"), [GOOD.replace("import", "other")]);
    git(&repository, &["init", "-q"]);
    git(&repository, &["add", "."]);
    git(&repository, &["commit", "-qm", "before"]);
    write(repository.join("job.yaml"), [job(4)]);
    write(repository.join("new.yaml"), [GOOD.replace("import", "new")]);
    let run = |more: &[(&str, &str)]| {
        let bin = PathBuf::from(env!("CARGO_BIN_EXE_jobsim"));
        let path =
            format!("{}:{}", bin.parent().expect("a folder").display(), std::env::var("PATH").unwrap_or_default());
        let mut bash = std::process::Command::new("bash");
        bash.arg(root().join("contrib/action-check.sh")).current_dir(&repository).env("PATH", path);
        bash.env("JOBSIM_FILES", "job.yaml same.yaml new.yaml")
            .env("GITHUB_STEP_SUMMARY", repository.join("summary.md"));
        let output = bash.envs(more.iter().copied()).output().expect("bash runs");
        (String::from_utf8_lossy(&output.stdout).into_owned(), output.status.code())
    };
    let flags = [("JOBSIM_RUN_FLAGS", "--fail 30% --run 1m -n 100"), ("JOBSIM_COMPARE_WITH", "HEAD")];
    let (told, code) = run(&[&flags[..], &[("JOBSIM_SARIF", "s.sarif"), ("JOBSIM_JUNIT", "j.xml")]].concat());
    assert_eq!(code, Some(0), "{told}");
    assert!(repository.join("s.sarif").exists() && repository.join("j.xml").exists());
    let summary = fs::read_to_string(repository.join("summary.md")).expect("it is written");
    assert!(summary.starts_with("### job.yaml\n\n**after.yaml is"), "{summary}");
    assert!(summary.contains("|  | before.yaml | after.yaml | difference |  |"), "{summary}");
    assert_eq!(summary.matches("###").count(), 1, "what is new or the same has no table: {summary}");
    let (told, code) = run(&[&flags[..1], &[("JOBSIM_EXPECT", "max(retries) < 1\nmean(retries) >= 0")]].concat());
    assert!(code == Some(1) && told.contains("::error title=jobsim goal"), "{told}");
    write(repository.join("new.yaml"), [WRONG]);
    assert_eq!(run(&[]).1, Some(1));
}

/// An archive whose checksum is wrong is not unpacked.
#[cfg(target_os = "linux")]
#[test]
fn the_installer_takes_only_what_has_its_checksum() {
    if !["curl", "tar", "sha256sum", "bash"].iter().all(|program| has(program, "the installer was not run")) {
        return;
    }
    let root = folder("checks-install");
    let machine = if cfg!(target_arch = "aarch64") { "aarch64" } else { "x86_64" };
    let name = format!("jobsim-0.9.0-{machine}-unknown-linux-musl");
    let release = root.join("v0.9.0");
    write(root.join(&name).join("jobsim"), ["the program"]);
    fs::create_dir_all(&release).expect("a folder can be made");
    let shell = |command: &str| {
        let mut sh = std::process::Command::new("sh");
        assert!(sh.args(["-c", command]).current_dir(&root).status().expect("sh runs").success(), "{command}");
    };
    shell(&format!("tar -czf v0.9.0/{name}.tar.gz {name} && cd v0.9.0 && sha256sum {name}.tar.gz > SHA256SUMS"));
    let install = |into: &str| {
        let mut bash = std::process::Command::new("bash");
        bash.arg(self::root().join("contrib/action-install.sh")).args(["v0.9.0", into]).current_dir(&root);
        bash.env("JOBSIM_RELEASES", format!("file://{}", root.display())).output().expect("bash runs").status.success()
    };
    assert!(install("bin") && root.join("bin/jobsim").exists());
    shell(&format!("echo more >> v0.9.0/{name}.tar.gz"));
    assert!(!install("other") && !root.join("other/jobsim").exists());
}

/// The hook as pre-commit runs it, in a repository of its own.
#[cfg(unix)]
#[test]
fn pre_commit_runs_the_hook() {
    if !has("pre-commit", "the hook was not run by it") || !has("git", "the hook was not run") {
        return;
    }
    let repository = folder("checks-pre-commit");
    write(repository.join("job.yaml"), [WRONG]);
    let hook = text(".pre-commit-hooks.yaml");
    let system = hook.split("- id: ").find(|hook| hook.starts_with("jobsim-validate-system")).expect("it is there");
    let system: String = system.lines().map(|line| format!("  {line}\n")).collect();
    let config = format!("repos:\n- repo: local\n  hooks:\n  - id: {}", system.trim_start());
    write(repository.join(".pre-commit-config.yaml"), [config]);
    git(&repository, &["init", "-q"]);
    git(&repository, &["add", "."]);
    let bin = PathBuf::from(env!("CARGO_BIN_EXE_jobsim"));
    let path = format!("{}:{}", bin.parent().expect("a folder").display(), std::env::var("PATH").unwrap_or_default());
    let mut program = std::process::Command::new("pre-commit");
    let output =
        program.args(["run", "--all-files"]).current_dir(&repository).env("PATH", path).output().expect("it runs");
    let told = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(output.status.code() == Some(1) && told.contains("job.yaml:5:16: error: spec.parallelism"), "{told}");
}

/// What people read does not change by what is written beside it.
#[test]
fn a_read_only_folder_is_told_and_nothing_is_lost() {
    let root = folder("checks-nowhere");
    let file = write(root.join("job.yaml"), [GOOD]).display().to_string();
    let output = jobsim(&["validate", &file, "--sarif", &root.join("no/such/x.sarif").display().to_string()]).output();
    let output = output.expect("it runs");
    assert_eq!(output.status.code(), Some(2));
    assert!(String::from_utf8_lossy(&output.stderr).contains("x.sarif: cannot be written"));
}
