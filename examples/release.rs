//! What a release has beside the program: `cargo run --example release -- manual FOLDER` writes man pages and completions, and
//! `cargo metadata --locked --format-version 1 | cargo run --example release -- sbom VERSION` prints the software bill of
//! materials of the program, as CycloneDX 1.5. It is an example so that the program carries none of it.

use clap::CommandFactory;
use jobsim::cli::Cli;
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};
use std::error::Error;
use std::io::Read;
use std::path::Path;
use std::{env, fs};

fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = env::args().skip(1).collect();
    match &arguments.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        ["manual", folder] => manual(Path::new(folder))?,
        ["sbom", version] => {
            let mut metadata = String::new();
            std::io::stdin().read_to_string(&mut metadata)?;
            println!("{:#}", sbom(&serde_json::from_str(&metadata)?, version)?);
        }
        _ => return Err("give `manual FOLDER`, or `sbom VERSION` with the output of `cargo metadata`".into()),
    }
    Ok(())
}

/// Writes a man page for each command, and a completion script for each shell.
pub fn manual(folder: &Path) -> Result<(), Box<dyn Error>> {
    let (man, completions) = (folder.join("man"), folder.join("completions"));
    fs::create_dir_all(&man)?;
    fs::create_dir_all(&completions)?;
    let mut cli = Cli::command().disable_help_subcommand(true);
    // The names of subcommands in their pages are known after this.
    cli.build();
    clap_mangen::generate_to(cli.clone(), &man)?;
    for page in fs::read_dir(&man)? {
        let path = page?.path();
        fs::write(&path, with_examples(&fs::read_to_string(&path)?))?;
    }
    for shell in <clap_complete::Shell as clap::ValueEnum>::value_variants() {
        clap_complete::generate_to(*shell, &mut cli, "jobsim", &completions)?;
    }
    Ok(())
}

/// A page whose examples are a section of their own, line by line as they stand.
fn with_examples(page: &str) -> String {
    let Some((before, after)) = page.split_once(".SH EXTRA\nExamples:\n") else { return page.to_owned() };
    let end = after.find("\n\n").or(after.find("\n.SH")).unwrap_or(after.len());
    let (examples, rest) = after.split_at(end);
    format!("{before}.SH EXAMPLES\n.nf\n{}\n.fi{rest}", examples.trim_end())
}

/// The packages that the program is made of, as CycloneDX, from the output of `cargo metadata`: those that are linked or
/// run while it is built, and not those of tests. The order is that of the names.
pub fn sbom(metadata: &Value, version: &str) -> Result<Value, Box<dyn Error>> {
    let root = metadata["resolve"]["root"].as_str().ok_or("there is no root package")?;
    let edges = edges(metadata)?;
    let mut reached = BTreeSet::from([root]);
    let mut open = vec![root];
    while let Some(id) = open.pop() {
        for next in edges.get(id).into_iter().flatten() {
            if reached.insert(next) {
                open.push(next);
            }
        }
    }
    let mut components = BTreeMap::new();
    for package in metadata["packages"].as_array().ok_or("there are no packages")? {
        let id = package["id"].as_str().ok_or("a package has no id")?;
        if reached.contains(id) {
            components.insert(id, component(package)?);
        }
    }
    let reference = |id: &str| components.get(id).map(|component| component["bom-ref"].clone());
    let dependencies: Vec<Value> = components
        .iter()
        .map(|(id, component)| {
            let on: Vec<Value> = edges.get(id).into_iter().flatten().filter_map(|id| reference(id)).collect();
            json!({"ref": component["bom-ref"], "dependsOn": on})
        })
        .collect();
    let mut own = components.get(root).ok_or("the root package is not among the packages")?.clone();
    (own["type"], own["version"]) = ("application".into(), version.into());
    let others: Vec<&Value> =
        components.iter().filter(|(id, _)| **id != root).map(|(_, component)| component).collect();
    Ok(json!({
        "bomFormat": "CycloneDX",
        "specVersion": "1.5",
        "version": 1,
        "metadata": {"component": own},
        "components": others,
        "dependencies": dependencies,
    }))
}

/// Which package needs which, apart from what only tests need.
fn edges(metadata: &Value) -> Result<BTreeMap<&str, Vec<&str>>, Box<dyn Error>> {
    let mut edges = BTreeMap::new();
    for node in metadata["resolve"]["nodes"].as_array().ok_or("there is no resolution")? {
        let needs = node["deps"].as_array().ok_or("a node has no dependencies")?.iter().filter(|dependency| {
            let kinds = dependency["dep_kinds"].as_array();
            kinds.is_none_or(|kinds| kinds.iter().any(|kind| kind["kind"] != "dev"))
        });
        let ids = needs.filter_map(|dependency| dependency["pkg"].as_str()).collect();
        edges.insert(node["id"].as_str().ok_or("a node has no id")?, ids);
    }
    Ok(edges)
}

fn component(package: &Value) -> Result<Value, Box<dyn Error>> {
    let text = |key: &str| package[key].as_str().unwrap_or_default();
    let (name, version) = (text("name"), text("version"));
    if name.is_empty() || version.is_empty() {
        return Err("a package has no name or no version".into());
    }
    let purl = format!("pkg:cargo/{name}@{}", version.replace('+', "%2B"));
    let mut component = json!({"type": "library", "bom-ref": purl, "name": name, "version": version, "purl": purl});
    // Old manifests write `MIT/Apache-2.0` for what SPDX calls OR.
    let licence = text("license").replace('/', " OR ");
    if !licence.is_empty() {
        component["licenses"] = json!([{"expression": licence}]);
    }
    for (kind, key) in [("vcs", "repository"), ("website", "homepage")] {
        if !text(key).is_empty() {
            let reference = json!({"type": kind, "url": text(key)});
            let list =
                component.as_object_mut().ok_or("it is an object")?.entry("externalReferences").or_insert(json!([]));
            list.as_array_mut().ok_or("it is a list")?.push(reference);
        }
    }
    Ok(component)
}
