//! What makes a release: man pages, completions, the bill of materials, archives, filled manifests, and the package for
//! crates.io. Building for the six targets is the workflow's; here its scripts run on a program that is none.

#[allow(dead_code)] // `main` is for cargo
#[path = "../../examples/release.rs"]
mod release_example;

use crate::answers::validate as json_violations;
use crate::toy::{folder, write};
use clap::CommandFactory;
use jobsim::cli::Cli;
use release_example::{manual, sbom};
use serde_json::Value;
use std::collections::BTreeSet;
use std::fs;
use std::path::Path;
use std::process::{Command, Output};

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn text(path: &str) -> String {
    fs::read_to_string(root().join(path)).unwrap_or_else(|error| panic!("{path}: {error}"))
}

/// What cargo says about this package, without the network.
fn cargo(arguments: &[&str]) -> String {
    let mut cargo = Command::new(env!("CARGO"));
    let output = cargo.args(arguments).current_dir(root()).output().expect("cargo is what runs this");
    assert!(output.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).expect("it is text")
}

#[test]
fn each_command_has_a_man_page_and_each_shell_a_completion() {
    let root = folder("release-manual");
    manual(&root).expect("it is written");
    let cli = Cli::command();
    let page = |name: &str| fs::read_to_string(root.join("man").join(name)).unwrap_or_else(|_| panic!("{name}"));
    assert!(page("jobsim.1").contains(".TH jobsim 1"));
    for command in cli.get_subcommands().filter(|command| !command.is_hide_set()) {
        let page = page(&format!("jobsim-{}.1", command.get_name()));
        let name = command.get_name();
        assert!(
            page.contains(&format!(".TH jobsim-{name} 1")) && page.contains("\n.SH EXAMPLES\n.nf\n  "),
            "{name}: {page}"
        );
    }
    let pages = fs::read_dir(root.join("man")).expect("there are some").count();
    assert_eq!(pages, 1 + cli.get_subcommands().filter(|command| !command.is_hide_set()).count());
    // What a program for reading them has to say about them.
    if let Ok(groff) = Command::new("groff")
        .args(["-Kutf8", "-man", "-Tutf8", "-ww", "-z", "man/jobsim-run.1"])
        .current_dir(&root)
        .output()
    {
        assert_eq!(String::from_utf8_lossy(&groff.stderr), "");
    }
    let completions = fs::read_dir(root.join("completions")).expect("there are some").count();
    assert_eq!(completions, 5, "bash, elvish, fish, powershell, zsh");
}

/// The package and its dependencies on this machine's platform; those of other platforms need not be downloaded.
fn packages() -> Value {
    let version = cargo(&["-vV"]);
    let host = version.lines().find_map(|line| line.strip_prefix("host: ")).expect("cargo knows where it runs");
    let asked = ["metadata", "--locked", "--offline", "--format-version", "1", "--filter-platform", host];
    serde_json::from_str(&cargo(&asked)).expect("it is JSON")
}

/// Whether an SPDX expression can be met with these licences. The old form `A/B` means `A OR B`. Parentheses stand at most
/// around alternatives, as in `(A OR B) AND C`.
fn is_licence_allowed(expression: &str, allowed: &[&str]) -> bool {
    expression.replace('/', " OR ").split(" AND ").all(|one| {
        one.trim_matches(['(', ')'])
            .split(" OR ")
            .any(|licence| allowed.contains(&licence.trim_matches(['(', ')', ' '])))
    })
}

#[test]
fn dependencies_have_the_licences_that_are_allowed() {
    // `cargo deny` looks at the same list, and at advisories, where it is installed.
    let list = text("deny.toml");
    let (_, list) = list.split_once("\nallow = [").expect("the licences");
    let allowed: Vec<&str> = list[..list.find(']').expect("an end")].split('"').skip(1).step_by(2).collect();
    assert!(is_licence_allowed("(MIT OR Apache-2.0) AND Unicode-3.0", &allowed));
    assert!(!is_licence_allowed("MIT AND GPL-3.0", &allowed) && !is_licence_allowed("GPL-2.0/LGPL-2.1", &allowed));
    let metadata = packages();
    let packages = metadata["packages"].as_array().expect("a list");
    assert!(packages.len() > 100, "{}", packages.len());
    let refused: Vec<String> = packages
        .iter()
        .filter(|package| !is_licence_allowed(package["license"].as_str().unwrap_or("none"), &allowed))
        .map(|package| format!("{}: {}", package["name"], package["license"]))
        .collect();
    assert_eq!(refused, Vec::<String>::new());
}

#[test]
fn the_bill_of_materials_has_what_is_linked_and_nothing_else() {
    let metadata = packages();
    let bill = sbom(&metadata, "9.9.9").expect("it is made");
    let schema: Value = serde_json::from_str(&text("tests/schemas/cyclonedx-1.5.json")).expect("it is JSON");
    let mut wrong = Vec::new();
    json_violations(&bill, &schema, &schema, "", &mut wrong);
    assert_eq!(wrong, Vec::<String>::new());
    assert_eq!(bill["metadata"]["component"]["name"], "jobsim");
    assert_eq!(bill["metadata"]["component"]["version"], "9.9.9");
    let components = bill["components"].as_array().expect("a list");
    let names: BTreeSet<&str> = components.iter().filter_map(|one| one["name"].as_str()).collect();
    for linked in ["clap", "serde_json", "rand_chacha", "tiny-skia"] {
        assert!(names.contains(linked), "{linked}");
    }
    for of_tests in ["insta", "proptest", "criterion", "assert_cmd", "clap_mangen", "jobsim"] {
        assert!(!names.contains(of_tests), "{of_tests}");
    }
    // Each is in the lock file, each has a licence, and each is what another one needs.
    let lock = text("Cargo.lock");
    let needed: BTreeSet<&str> =
        bill["dependencies"].as_array().expect("a list").iter().fold(BTreeSet::new(), |mut needed, dependency| {
            needed.extend(dependency["dependsOn"].as_array().into_iter().flatten().filter_map(Value::as_str));
            needed
        });
    for one in components {
        let (name, version) = (one["name"].as_str().expect("a name"), one["version"].as_str().expect("a version"));
        assert!(lock.contains(&format!("name = \"{name}\"\nversion = \"{version}\"\n")), "{name} {version}");
        let licence = one["licenses"][0]["expression"].as_str().unwrap_or_default();
        assert!(!licence.is_empty() && !licence.contains('/'), "{name}: {licence}");
        assert!(needed.contains(one["bom-ref"].as_str().expect("a reference")), "{name} is needed by something");
    }
}

/// The package for crates.io has what a user needs, and neither recordings nor what checks the project.
#[test]
fn the_package_holds_what_a_user_needs() {
    let listed = cargo(&["package", "--list", "--offline", "--allow-dirty"]).replace('\\', "/");
    let files: BTreeSet<&str> = listed.lines().collect();
    for needed in [
        "Cargo.lock",
        "LICENSE",
        "README.md",
        "CHANGELOG.md",
        "docs/cookbook.md",
        "docs/cookbook/job.yaml",
        "src/main.rs",
    ] {
        assert!(files.contains(needed), "{needed}");
    }
    let scenarios = fs::read_dir(root().join("scenarios")).expect("it is there").count();
    assert_eq!(files.iter().filter(|file| file.starts_with("scenarios/")).count(), scenarios);
    let strays: Vec<&&str> = files
        .iter()
        .filter(|file| file.starts_with("tests/") || file.starts_with("reports/") || file.starts_with('.'))
        .collect();
    assert_eq!(strays, [&".cargo_vcs_info.json"]);
    // What the crate takes into itself is in the package too.
    let own = root().canonicalize().expect("it is there");
    for source in files.iter().filter(|file| file.starts_with("src/") && file.ends_with(".rs")) {
        for path in included(&text(source)) {
            let path = root().join(source).parent().expect("a folder").join(path).canonicalize().expect("it is there");
            let path = path.strip_prefix(&own).expect("it is ours").display().to_string().replace('\\', "/");
            assert!(files.contains(path.as_str()), "{source}: {path}");
        }
    }
}

/// The files that a source takes into itself.
fn included(source: &str) -> Vec<&str> {
    let macros = ["include_str!(\"", "include_bytes!(\""];
    let of = |start: &'static str| source.split(start).skip(1).filter_map(|rest| rest.split('"').next());
    macros.into_iter().flat_map(of).collect()
}

/// The targets that are released.
fn targets() -> BTreeSet<String> {
    let workflow = text(".github/workflows/release.yml");
    workflow
        .split("target: ")
        .skip(1)
        .filter_map(|rest| rest.split([',', '}']).next())
        .filter(|t| t.contains('-'))
        .map(str::to_owned)
        .collect()
}

#[test]
fn all_who_fetch_archives_know_the_targets_and_their_names() {
    let targets = targets();
    assert_eq!(targets.len(), 6, "{targets:?}");
    let cargo = text("Cargo.toml");
    assert!(cargo.contains("/v{ version }/jobsim-{ version }-{ target }{ archive-suffix }\""));
    let installer = text("contrib/action-install.sh");
    let formula = text("contrib/release/jobsim.rb.in");
    for target in &targets {
        assert!(installer.contains(&format!("target={target} ")) || target == "aarch64-pc-windows-msvc", "{target}");
        let name = format!("/v@VERSION@/jobsim-@VERSION@-{target}.tar.gz\"");
        let is_brewed = target.contains("apple") || target.contains("linux");
        assert_eq!(
            formula.contains(&name) && formula.contains(&format!("@SHA256:jobsim-@VERSION@-{target}.tar.gz@")),
            is_brewed
        );
    }
    // Static programs stand for those that lean on the system's C library.
    for target in targets.iter().filter(|target| target.ends_with("-musl")) {
        assert!(cargo.contains(&format!("jobsim-{{ version }}-{target}{{ archive-suffix }}\"")), "{target}");
    }
    let workflow = text(".github/workflows/release.yml");
    for script in ["archive.sh", "fill.sh"] {
        assert!(
            workflow.contains(&format!("contrib/release/{script}"))
                && root().join("contrib/release").join(script).exists()
        );
    }
}

#[cfg(unix)]
fn script(name: &str, arguments: &[&str]) -> Output {
    let mut bash = Command::new("bash");
    bash.arg(root().join("contrib/release").join(name)).args(arguments).output().expect("bash runs")
}

#[cfg(target_os = "linux")]
#[test]
fn an_archive_has_its_parts_and_always_the_same_bytes() {
    let here = folder("release-archive");
    let extras = here.join("extras");
    manual(&extras).expect("it is written");
    write(extras.join("jobsim.wasm"), ["no simulator"]);
    let program = write(here.join("program"), ["no program"]).display().to_string();
    let pack = |target: &str, into: &str| {
        let into = here.join(into).display().to_string();
        let output = script("archive.sh", &["v1.2.3", target, &program, &extras.display().to_string(), &into]);
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        let name = String::from_utf8(output.stdout).expect("a name").trim().to_owned();
        (name.clone(), fs::read(Path::new(&into).join(name)).expect("it is there"))
    };
    let (name, bytes) = pack("x86_64-unknown-linux-musl", "one");
    assert_eq!(name, "jobsim-1.2.3-x86_64-unknown-linux-musl.tar.gz");
    assert!(bytes == pack("x86_64-unknown-linux-musl", "two").1, "the same bytes");
    let list = |folder: &str, name: &str| {
        let output =
            Command::new("tar").args(["-tzf", name]).current_dir(here.join(folder)).output().expect("tar runs");
        String::from_utf8(output.stdout).expect("names")
    };
    let files = list("one", &name);
    for part in [
        "jobsim",
        "jobsim.wasm",
        "kubectl-jobsim",
        "LICENSE",
        "README.md",
        "man/jobsim-run.1",
        "completions/_jobsim",
        "docs/cookbook.md",
        "scenarios/backoff.yaml",
    ] {
        assert!(files.lines().any(|file| file == format!("jobsim-1.2.3-x86_64-unknown-linux-musl/{part}")), "{part}");
    }
    let (name, _) = pack("x86_64-pc-windows-msvc", "one");
    let files = list("one", &name);
    assert!(files.contains("/jobsim.exe") && !files.contains("kubectl-jobsim"));
}

#[cfg(unix)]
#[test]
fn manifests_are_filled_or_refused() {
    let here = folder("release-fill");
    let sum = |n: usize| format!("{n:064x}");
    let names: Vec<String> = targets().iter().map(|target| format!("jobsim-1.2.3-{target}.tar.gz")).collect();
    let lines = names.iter().enumerate().map(|(n, name)| format!("{}  {name}", sum(n + 1)));
    let sums = write(here.join("SHA256SUMS"), lines).display().to_string();
    let template = root().join("contrib/release/jobsim.rb.in").display().to_string();
    let output = script("fill.sh", &[&template, "v1.2.3", &sums]);
    let formula = String::from_utf8(output.stdout).expect("text");
    assert!(output.status.success() && !formula.contains('@'), "{formula}");
    for (n, name) in names.iter().enumerate().filter(|(_, name)| name.contains("apple")) {
        let url = formula.find(&format!("/v1.2.3/{name}\"")).expect("its address");
        assert!(formula[url..].lines().nth(1).is_some_and(|line| line.contains(&sum(n + 1))), "{name}: {formula}");
    }
    // The plugin for krew: an address and its checksum for each platform that has a shell, and the files that it takes.
    let template = root().join("contrib/release/krew.yaml.in").display().to_string();
    let output = script("fill.sh", &[&template, "1.2.3", &sums]);
    let plugin = String::from_utf8(output.stdout).expect("text");
    assert!(output.status.success() && !plugin.contains('@') && plugin.contains("version: v1.2.3"), "{plugin}");
    let platforms = names.iter().enumerate().filter(|(_, name)| !name.contains("windows"));
    for (n, name) in platforms {
        let entry = format!("/v1.2.3/{name}\n      sha256: \"{}\"\n", sum(n + 1));
        assert!(plugin.contains(&entry), "{entry}{plugin}");
    }
    let read = jobsim::text::read_documents(&plugin).expect("it is YAML");
    assert_eq!(read.len(), 1);
    assert!(plugin.matches("{from: \"jobsim-*/kubectl-jobsim\", to: .}").count() == 4, "{plugin}");
    if let Ok(ruby) = Command::new("ruby").args(["-c", "-e", &formula]).output() {
        assert!(ruby.status.success(), "{}", String::from_utf8_lossy(&ruby.stderr));
    } else {
        eprintln!("skipped for want of ruby: the formula was not parsed");
    }
    let few = write(here.join("few"), [format!("{}  {}", sum(1), names[0])]).display().to_string();
    let output = script("fill.sh", &[&template, "1.2.3", &few]);
    assert!(
        !output.status.success()
            && String::from_utf8_lossy(&output.stderr).contains("there is no checksum of jobsim-1.2.3-")
    );
}
