//! Warnings about conflicting files of one volume: two with the same path, or one whose path is a directory of the
//! other. Nothing is rejected here.
//!
//! Source: `warningsForOverlappingVirtualPaths` in `pkg/api/pod/warnings.go`.

use crate::apiserver::rules::{given, is_empty, list, text};
use serde_json::Value;
use std::collections::BTreeMap;

/// A file of a volume: its path, and the source of a projected volume that it comes from.
struct VolumeFile {
    path: String,
    source: Option<String>,
}

impl VolumeFile {
    fn new(path: &str, source: Option<&str>) -> Self {
        VolumeFile { path: path.trim_end_matches('/').to_owned(), source: source.map(str::to_owned) }
    }

    fn shown(&self) -> String {
        match &self.source {
            Some(source) => format!("{:?} ({source})", self.path),
            None => format!("{:?}", self.path),
        }
    }
}

/// The files of a volume so far by the parts of their paths, because there may be tens of thousands.
#[derive(Default)]
struct PathTree {
    /// The first is the root.
    directories: Vec<Directory>,
}

/// A path, and what is below it.
#[derive(Default)]
struct Directory {
    below: BTreeMap<String, usize>,
    /// The places of the files with this path.
    files: Vec<usize>,
}

impl PathTree {
    /// Adds a file with its place; returns the places of those that have the same path, of those whose path is a directory of
    /// it, and of those of which it is a directory.
    fn add(&mut self, path: &str, place: usize) -> Vec<usize> {
        if self.directories.is_empty() {
            self.directories.push(Directory::default());
        }
        if path.is_empty() {
            return Vec::new();
        }
        let (mut at, mut overlaps) = (0, Vec::new());
        for part in path.split('/') {
            overlaps.extend(&self.directories[at].files);
            let next = self.directories.len();
            at = *self.directories[at].below.entry(part.to_owned()).or_insert(next);
            if at == next {
                self.directories.push(Directory::default());
            }
        }
        let mut left = vec![at];
        while let Some(directory) = left.pop() {
            overlaps.extend(&self.directories[directory].files);
            left.extend(self.directories[directory].below.values());
        }
        self.directories[at].files.push(place);
        overlaps.sort_unstable();
        overlaps
    }
}

/// The largest number of warnings. There can be one per pair of files, and no client shows that many.
const MOST_WARNINGS: usize = 1000;

/// The warnings about the Pod's volumes, in the server's order.
pub(super) fn overlap_warnings(spec: &Value) -> Vec<String> {
    let mut warnings = Vec::new();
    for volume in list(spec, "volumes") {
        let name = text(volume, "name");
        let kinds = [
            ("configMap", format!("ConfigMap {:?}", text(member(volume, "configMap"), "name"))),
            ("secret", format!("Secret {:?}", text(member(volume, "secret"), "secretName"))),
            ("downwardAPI", "DownwardAPI".to_owned()),
        ];
        for (kind, shown) in kinds {
            let files =
                list(member(volume, kind), "items").iter().map(|item| VolumeFile::new(text(item, "path"), None));
            warn(name, &shown, files, &mut warnings);
        }
        let mut files = Vec::new();
        for source in list(member(volume, "projected"), "sources") {
            if source.as_object().is_none_or(|source| source.values().all(Value::is_null)) {
                warnings.push(format!("volume {name:?} (Projected) has no sources provided"));
            }
            files.extend(projected_files(source));
        }
        warn(name, "Projected", files.into_iter(), &mut warnings);
    }
    warnings
}

fn member<'a>(volume: &'a Value, name: &str) -> &'a Value {
    given(volume, name).unwrap_or(&Value::Null)
}

fn warn(volume: &str, shown: &str, files: impl Iterator<Item = VolumeFile>, warnings: &mut Vec<String>) {
    let (mut tree, mut earlier) = (PathTree::default(), Vec::<VolumeFile>::new());
    for file in files {
        for other in tree.add(&file.path, earlier.len()) {
            if warnings.len() >= MOST_WARNINGS {
                return;
            }
            let (file, other) = (file.shown(), earlier[other].shown());
            warnings.push(format!("volume {volume:?} ({shown}): overlapping paths: {file} with {other}"));
        }
        earlier.push(file);
    }
}

/// The files of one source of a projected volume. Only its first kind counts, in the server's order.
fn projected_files(source: &Value) -> Vec<VolumeFile> {
    let of = |items: &[Value], shown: &str| -> Vec<VolumeFile> {
        items.iter().map(|item| VolumeFile::new(text(item, "path"), Some(shown))).collect()
    };
    for (kind, name) in [("configMap", "ConfigMap"), ("secret", "Secret")] {
        let holder = member(source, kind);
        if !list(holder, "items").is_empty() {
            return of(list(holder, "items"), &format!("{name} {:?}", text(holder, "name")));
        }
    }
    if !list(member(source, "downwardAPI"), "items").is_empty() {
        return of(list(member(source, "downwardAPI"), "items"), "DownwardAPI");
    }
    if let Some(token) = given(source, "serviceAccountToken") {
        return vec![VolumeFile::new(text(token, "path"), Some("ServiceAccountToken"))];
    }
    if let Some(bundle) = given(source, "clusterTrustBundle") {
        let name = given(bundle, "name").or_else(|| given(bundle, "signerName")).and_then(Value::as_str);
        let shown = format!("ClusterTrustBundle {:?}", name.unwrap_or_default());
        return vec![VolumeFile::new(text(bundle, "path"), Some(&shown))];
    }
    let parts = [
        ("certificateChainPath", "PodCertificate chain"),
        ("keyPath", "PodCertificate key"),
        ("credentialBundlePath", "PodCertificate credential bundle"),
    ];
    let certificate = member(source, "podCertificate");
    let parts = parts.into_iter().filter(|(name, _)| !is_empty(member(certificate, name)));
    parts.map(|(name, shown)| VolumeFile::new(text(certificate, name), Some(shown))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn files_that_overlap_are_warned_of() {
        let items = |paths: &[&str]| -> Value { paths.iter().map(|path| json!({"key": "k", "path": path})).collect() };
        let token = json!({"serviceAccountToken": {"path": "test"}});
        let cases = [
            (
                json!({"configMap": {"name": "foo", "items": items(&["test", "test/app"])}}),
                vec![r#"(ConfigMap "foo"): overlapping paths: "test/app" with "test""#],
            ),
            (
                json!({"secret": {"secretName": "foo", "items": items(&["test/", "test"])}}),
                vec![r#"(Secret "foo"): overlapping paths: "test" with "test""#],
            ),
            (json!({"downwardAPI": {"items": items(&["dir/path1", "dir/path12"])}}), vec![]),
            (
                json!({"projected": {"sources": [{"configMap": {"name": "T", "items": items(&["test/file"])}}, token]}}),
                vec![
                    r#"(Projected): overlapping paths: "test" (ServiceAccountToken) with "test/file" (ConfigMap "T")"#,
                ],
            ),
            (json!({"projected": {"sources": [{}]}}), vec!["(Projected) has no sources provided"]),
        ];
        for (volume, expected) in cases {
            let mut volume = volume;
            volume["name"] = json!("v");
            let expected: Vec<String> = expected.iter().map(|text| format!("volume \"v\" {text}")).collect();
            assert_eq!(overlap_warnings(&json!({"volumes": [volume]})), expected, "{volume}");
        }
    }

    /// Pairs of these paths overlap, in the order in which they are found.
    fn pairs(paths: &[String]) -> Vec<(usize, usize)> {
        let mut tree = PathTree::default();
        let of = |(place, path): (usize, &String)| {
            let path = path.trim_end_matches('/');
            tree.add(path, place).into_iter().map(move |other| (place, other)).collect::<Vec<_>>()
        };
        paths.iter().enumerate().flat_map(of).collect()
    }

    proptest::proptest! {
        #[test]
        fn overlaps_are_those_of_each_two_files(paths in proptest::collection::vec("[ab]?(/[ab]?){0,3}", 0..12)) {
            let below = |a: &str, b: &str| format!("{a}/").starts_with(&format!("{b}/"));
            let overlap = |a: usize, b: usize| {
                let (a, b) = (paths[a].trim_end_matches('/'), paths[b].trim_end_matches('/'));
                !a.is_empty() && !b.is_empty() && (below(a, b) || below(b, a))
            };
            let each = (0..paths.len()).flat_map(|a| (0..a).map(move |b| (a, b)));
            proptest::prop_assert_eq!(pairs(&paths), each.filter(|&(a, b)| overlap(a, b)).collect::<Vec<_>>());
        }
    }

    /// Not each with each other: the tree has one directory for each part of a path that is new.
    #[test]
    fn many_files_are_each_looked_up_once() {
        let mut tree = PathTree::default();
        let found: usize = (0..30_000).map(|n| tree.add(&format!("all/of/f{n}"), n).len()).sum();
        assert_eq!((found, tree.directories.len()), (0, 30_003));
        assert_eq!(tree.add("all/of/f7/below", 30_000), [7]);
    }
}
