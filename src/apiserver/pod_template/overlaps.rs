//! Warnings about conflicting files of one volume: two with the same path, or one whose path is a directory of the
//! other. Nothing is rejected here.
//!
//! Source: `warningsForOverlappingVirtualPaths` in `pkg/api/pod/warnings.go`.

use crate::apiserver::rules::{given, is_empty, list, text};
use serde_json::Value;

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

    /// Whether both paths are the same, or one is a directory of the other.
    fn overlaps(&self, other: &VolumeFile) -> bool {
        let (one, two) = (format!("{}/", self.path), format!("{}/", other.path));
        !self.path.is_empty() && !other.path.is_empty() && (one.starts_with(&two) || two.starts_with(&one))
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
    let mut earlier: Vec<VolumeFile> = Vec::new();
    for file in files {
        for other in earlier.iter().filter(|other| file.overlaps(other)) {
            if warnings.len() >= MOST_WARNINGS {
                return;
            }
            let (file, other) = (file.shown(), other.shown());
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
}
