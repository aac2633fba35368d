//! Outputs destroy neither inputs nor one another, keep modes, follow links, and stay below the folder that was named.
//! The cases are 14-studies-outside and 15-save.

use crate::cli::outcome;
use crate::design::{JOB, job};
use crate::toy::{folder, write};
use std::fs;
use std::path::Path;

const STUDY: &str =
    "apiVersion: jobsim/v1\nkind: Scenario\nquestion: Which one?\nreplications: 2\njobs: [{manifest: ../job.yaml}]\n";

fn text(path: &Path) -> String {
    path.display().to_string()
}

#[test]
fn studies_stay_below_their_folder_under_distinct_names() {
    let root = folder("output-studies");
    write(root.join("job.yaml"), [JOB]);
    let dots = write(root.join("x/...yaml"), [STUDY]);
    let out = root.join("out/sub");
    let (_, talk, code) = outcome(&["studies", &text(&dots), "-o", &text(&out)]);
    assert_eq!(code, 0, "{talk}");
    let names = |folder: &Path| {
        let mut names: Vec<_> =
            fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
        names.sort();
        names
    };
    assert_eq!(names(&root.join("out")), ["sub"], "nothing is written outside of -o");
    assert_eq!(names(&out), ["README.md", "study"]);

    let (a, b) = (write(root.join("a/x.yaml"), [STUDY]), write(root.join("b/x.yaml"), [STUDY]));
    let out = root.join("o2");
    let (data, _, code) = outcome(&["studies", &text(&a), &text(&b), "-o", &text(&out)]);
    assert_eq!((code, names(&out)), (0, ["README.md", "x", "x-2"].map(str::to_owned).to_vec()), "{data}");
    let index = fs::read_to_string(out.join("README.md")).unwrap();
    assert!(index.contains("](x/README.md)") && index.contains("](x-2/README.md)"), "{index}");
}

#[test]
fn an_output_overwrites_neither_an_input_nor_another_output() {
    let (root, file) = job("output-inputs");
    let scenario = write(
        root.join("s.yaml"),
        ["apiVersion: jobsim/v1\nkind: Scenario\njobs: [{manifest: job.json}]\npods: {run: {csv: {file: runs.csv}}}\n"],
    );
    write(root.join("runs.csv"), ["seconds\n10\n20"]);
    let json = r#"{"apiVersion": "batch/v1", "kind": "Job", "metadata": {"name": "j"}, "spec": {"template": {"spec":
        {"restartPolicy": "Never", "containers": [{"name": "m", "image": "i"}]}}}}"#;
    let manifest = write(root.join("job.json"), [json]);
    let path = |name: &str| text(&root.join(name));
    let (scenario, manifest) = (text(&scenario), text(&manifest));
    for (args, why) in [
        (&["run", &file, "-n", "3", "--save", &file][..], "saved as .json or .json.gz"),
        (&["run", &file, "-n", "3", "--save", &path("r.yaml")], "saved as .json or .json.gz"),
        (
            &["run", &file, "-n", "3", "--save", &path("a.json"), "--records", &path("a.json")],
            "overwrite the file of --save",
        ),
        (&["run", &manifest, "-n", "3", "--save", &manifest], "overwrite the input"),
        (&["run", &scenario, "-n", "3", "--save", &manifest], "overwrite"),
        (&["run", &scenario, "-n", "3", "--records", &path("runs.csv")], "which "),
        (&["sweep", &manifest, "-P", "spec.backoffLimit=0..1", "-n", "2", "--save", &manifest], "overwrite"),
        (&["compare", &manifest, &file, "-n", "2", "--save", &manifest], "overwrite"),
    ] {
        let before: Vec<_> = [&file, &scenario, &manifest].map(|name| fs::read(name).unwrap()).to_vec();
        let (_, talk, code) = outcome(args);
        assert_eq!(code, 2, "{args:?}: {talk}");
        assert!(talk.contains(why), "{args:?}: {talk}");
        let after: Vec<_> = [&file, &scenario, &manifest].map(|name| fs::read(name).unwrap()).to_vec();
        assert_eq!(before, after, "{args:?}");
    }
    let (records, twice) = (path("both.jsonl"), path("both.jsonl"));
    let (_, talk, code) = outcome(&["run", &file, "-n", "2", "--records", &records]);
    assert_eq!((code, Path::new(&twice).exists()), (0, true), "{talk}");

    let result = path("r.json");
    assert_eq!(outcome(&["run", &file, "-n", "2", "--save", &result]).2, 0);
    let (_, talk, code) = outcome(&["report", &result, "-o", &result]);
    assert!(code == 2 && talk.contains("overwrite the input"), "{talk}");
}

#[cfg(unix)]
#[test]
fn modes_are_kept_and_links_are_followed() {
    use std::os::unix::fs::{PermissionsExt, symlink};
    let (root, file) = job("output-modes");
    let save = |name: &str| outcome(&["run", &file, "-n", "2", "--save", &text(&root.join(name))]);
    let mode = |name: &str| fs::metadata(root.join(name)).unwrap().permissions().mode() & 0o777;
    let set = |name: &str, mode| fs::set_permissions(root.join(name), fs::Permissions::from_mode(mode)).unwrap();
    assert_eq!(save("p.json").2, 0);
    set("p.json", 0o600);
    assert_eq!((save("p.json").2, mode("p.json")), (0, 0o600));
    set("p.json", 0o444);
    let (_, talk, code) = save("p.json");
    assert!(code == 2 && talk.contains("read-only"), "{talk}");

    fs::write(root.join("real.json"), "old").unwrap();
    symlink("real.json", root.join("l.json")).unwrap();
    symlink("l.json", root.join("ll.json")).unwrap();
    assert_eq!(save("ll.json").2, 0);
    assert!(fs::read_to_string(root.join("real.json")).unwrap().starts_with('{'));
    assert!(fs::symlink_metadata(root.join("l.json")).unwrap().is_symlink());
    symlink("new.json", root.join("dangling.json")).unwrap();
    assert_eq!((save("dangling.json").2, root.join("new.json").exists()), (0, true));
    symlink("round.json", root.join("round.json")).unwrap();
    assert_eq!(save("round.json").2, 2);

    let outside = folder("output-modes-outside");
    write(root.join("s/one.yaml"), [STUDY]);
    fs::create_dir(root.join("studies")).unwrap();
    symlink(&outside, root.join("studies/one")).unwrap();
    let (_, talk, code) = outcome(&["studies", &text(&root.join("s")), "-o", &text(&root.join("studies"))]);
    assert!(code == 2 && talk.contains("is a link"), "{talk}");
    assert_eq!(fs::read_dir(outside).unwrap().count(), 0);
}

#[test]
fn long_names_are_written_and_leftovers_are_removed() {
    let (root, file) = job("output-names");
    let long = root.join(format!("{}.json", "x".repeat(245)));
    let (_, talk, code) = outcome(&["run", &file, "-n", "2", "--save", &text(&long)]);
    assert_eq!(code, 0, "{talk}");
    // No process has this number.
    let leftover = root.join(".jobsim-4194399-0.part");
    fs::write(&leftover, "half").unwrap();
    assert_eq!(outcome(&["run", &file, "-n", "2", "--save", &text(&root.join("r.json"))]).2, 0);
    if cfg!(target_os = "linux") {
        assert!(!leftover.exists());
    }
    let hidden = fs::read_dir(&root)
        .unwrap()
        .filter(|entry| entry.as_ref().unwrap().file_name().to_string_lossy().ends_with(".part"));
    assert_eq!(hidden.count(), usize::from(!cfg!(target_os = "linux")));
}
