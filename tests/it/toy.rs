//! A toy corpus, `toy`, with which the harness is tested: a case is equal if its `expected` is its `got`.
//! It is not a simulation. The words `panic` and `instant` in a case do what they say.

use jobsim::conformance::{FirstDifference, Replayer, Verdict};
use serde_json::Value;
use std::fs;
use std::path::{Path, PathBuf};

#[derive(Default)]
struct Toy;

impl Replayer for Toy {
    fn replay(&mut self, line: &[u8]) -> Result<Verdict, String> {
        let case: Value = serde_json::from_slice(line).map_err(|error| error.to_string())?;
        assert!(case.get("panic").is_none(), "this case panics");
        let expected = case.get("expected").ok_or("a toy needs `expected`")?.clone();
        let got = case["got"].clone();
        let instant = case["instant"].as_i64();
        Ok(Verdict { difference: (expected != got).then_some(FirstDifference { instant, expected, got }) })
    }

    fn show(&mut self, line: &[u8]) -> Result<String, String> {
        Ok(format!("the whole of {}", String::from_utf8_lossy(line)))
    }
}

/// The registry in which there is nothing but the toy.
pub fn registry(corpus: &str) -> Option<Box<dyn Replayer>> {
    (corpus == "toy").then(|| Box::<Toy>::default() as _)
}

/// A case in which the simulator agrees.
pub fn equal(name: &str) -> String {
    format!(r#"{{"corpus":"toy","name":"{name}","tags":["good","all"],"expected":1,"got":1}}"#)
}

/// A case in which it does not.
pub fn differing(name: &str) -> String {
    format!(
        r#"{{"corpus":"toy","name":"{name}","tags":["bad","all"],"instant":1500000,"expected":{{"a":1}},"got":{{"a":2}}}}"#
    )
}

/// An empty folder for one test, below cargo's own folder for such things.
pub fn folder(test: &str) -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(test);
    if folder.exists() {
        fs::remove_dir_all(&folder).expect("an old folder can be removed");
    }
    fs::create_dir_all(&folder).expect("a folder can be made");
    folder
}

/// Writes lines to a file and says where.
pub fn write<S: AsRef<str>>(file: PathBuf, lines: impl IntoIterator<Item = S>) -> PathBuf {
    let text: String = lines.into_iter().map(|line| format!("{}\n", line.as_ref())).collect();
    write_bytes(file, text.as_bytes())
}

/// Writes bytes to a file, packed if it is named so, and says where.
pub fn write_bytes(file: PathBuf, bytes: &[u8]) -> PathBuf {
    fs::create_dir_all(file.parent().expect("a file in a folder")).expect("a folder can be made");
    let packed = file.extension().is_some_and(|extension| extension == "gz");
    fs::write(&file, if packed { gzip(bytes) } else { bytes.to_vec() }).expect("a file can be written");
    file
}

/// Bytes packed with gzip.
pub fn gzip(bytes: &[u8]) -> Vec<u8> {
    use std::io::Write;
    let mut packer = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    packer.write_all(bytes).and_then(|()| packer.finish()).expect("memory can be written")
}
