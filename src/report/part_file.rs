//! Parts of an experiment as files: what a shard saves, and what a checkpoint holds. A line of JSON says what the part
//! belongs to and what it contains; the records follow as bytes. It knows neither flags nor setups.
//! Invariant: a part is whole or refused. The head gives the length and the checksum of what follows.

use super::whole_file::whole_file;
use crate::experiment::{Units, ranges};
use crate::limits::{BoundedReader, LARGEST_PART};
use flate2::Crc;
use serde::{Deserialize, Serialize};
use std::fs::File;
use std::io::{self, Read};
use std::ops::Range;
use std::path::Path;

/// What `format` says.
const FORMAT: &str = "jobsim/part";
/// The `formatVersion`. It is raised with each change of the head; what follows the head belongs to one version of
/// jobsim.
const FORMAT_VERSION: u32 = 1;

/// What a part belongs to, and what it contains.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct PartHead {
    /// `jobsim/part`.
    pub format: String,
    /// The version of the format.
    pub format_version: u32,
    /// The version of jobsim that wrote it; only the same version reads it.
    pub jobsim: String,
    /// The Kubernetes release that is modelled.
    pub kubernetes: String,
    /// The command line, without flags that only say where files go and how fast the run is, because these do not
    /// change a record.
    pub command: Vec<String>,
    /// The digest of everything that is simulated: setups and measures.
    pub digest: String,
    /// The seed.
    pub seed: u64,
    /// Replications per point of the whole experiment.
    pub replications: u32,
    /// Points of the whole experiment if each unit belongs to one of them; 1 if a unit is a replication of all points.
    pub points: u64,
    /// The shard, such as `3/7`; `None` for a checkpoint of the whole.
    pub shard: Option<String>,
    /// The units that it contains. They are numbered from 0: replication by replication, and within a replication point
    /// by point.
    pub units: Vec<Range<u64>>,
    /// The length in bytes of what follows the head.
    pub bytes: u64,
    /// Its checksum: CRC-32, as in gzip.
    pub crc32: u32,
}

/// A part.
#[derive(Clone, Debug, Default)]
pub struct Part {
    /// What it belongs to.
    pub head: PartHead,
    /// The records.
    pub units: Units,
}

impl PartHead {
    /// The number of units of the whole experiment.
    pub fn all_units(&self) -> u64 {
        u64::from(self.replications) * self.points
    }

    /// The difference between two parts that do not belong together; `None` if they do.
    pub fn difference(&self, other: &PartHead) -> Option<String> {
        let command = |head: &PartHead| super::shell_line(&head.command);
        let differing = |what: &str, a: &str, b: &str| (a != b).then(|| format!("{what} {a}, not {b}"));
        let number = |what: &str, a: u64, b: u64| differing(what, &a.to_string(), &b.to_string());
        differing("jobsim", &self.jobsim, &other.jobsim)
            .or_else(|| differing("Kubernetes", &self.kubernetes, &other.kubernetes))
            .or_else(|| number("seed", self.seed, other.seed))
            .or_else(|| number("replications", self.replications.into(), other.replications.into()))
            .or_else(|| number("points", self.points, other.points))
            .or_else(|| differing("another scenario, with digest", &self.digest, &other.digest))
            .or_else(|| differing("the command", &command(self), &command(other)))
    }

    /// Units in words.
    pub fn words(&self, units: &[Range<u64>]) -> String {
        let place = |unit: u64| match self.points {
            0 | 1 => unit.to_string(),
            points => format!("{} of point {}", unit / points, unit % points + 1),
        };
        let words = |range: &Range<u64>| match range.end - range.start {
            1 => place(range.start),
            _ => format!("{} to {}", place(range.start), place(range.end - 1)),
        };
        let mut named: Vec<String> = units.iter().take(10).map(words).collect();
        if units.len() > named.len() {
            named.push(format!("and {} more pieces", units.len() - named.len()));
        }
        format!("replications {}", named.join(", "))
    }
}

/// Saves a part: whole or not at all.
///
/// # Errors
/// The file cannot be written.
pub fn save_part(path: &Path, head: &PartHead, units: &Units) -> io::Result<()> {
    let (head, body) = packed(head, units);
    whole_file(path, |out| {
        serde_json::to_writer(&mut *out, &head)?;
        out.write_all(b"\n")?;
        out.write_all(&body)
    })
}

/// The two pieces of a part's file. The head is complete only when the body is: it holds the body's length and
/// checksum.
fn packed(head: &PartHead, units: &Units) -> (PartHead, Vec<u8>) {
    let mut body = Vec::new();
    for (unit, bytes) in units {
        body.extend_from_slice(&unit.to_le_bytes());
        body.extend_from_slice(&(bytes.len() as u64).to_le_bytes());
        body.extend_from_slice(bytes);
    }
    let mut crc = Crc::new();
    crc.update(&body);
    let head = PartHead {
        format: FORMAT.to_owned(),
        format_version: FORMAT_VERSION,
        units: ranges(units.keys().copied()),
        bytes: body.len() as u64,
        crc32: crc.sum(),
        ..head.clone()
    };
    (head, body)
}

/// Reads a part.
///
/// # Errors
/// The file cannot be read, is no part, or is not whole; the message says why.
pub fn load_part(path: &Path) -> Result<Part, String> {
    let about = |error: &dyn std::fmt::Display| format!("{}: {error}", path.display());
    let mut bytes = Vec::new();
    let file = File::open(path).map_err(|e| about(&e))?;
    BoundedReader::new(file, LARGEST_PART).read_to_end(&mut bytes).map_err(|e| about(&e))?;
    parse(&bytes).map_err(|error| about(&error))
}

/// Reads the head in two steps: first the fields that every version has, so that a part of another version is refused
/// for its version and not for a field that is missing.
fn parse(bytes: &[u8]) -> Result<Part, String> {
    #[derive(Deserialize)]
    #[serde(rename_all = "camelCase")]
    struct PartFormat {
        format: String,
        format_version: u32,
        jobsim: String,
    }
    let no_part = |error: &dyn std::fmt::Display| {
        format!("this is no part that `jobsim run --shard` or --checkpoint saved: {error}")
    };
    let end = bytes.iter().position(|byte| *byte == b'\n').unwrap_or(bytes.len());
    let format: PartFormat = serde_json::from_slice(&bytes[..end]).map_err(|error| no_part(&error))?;
    if format.format != FORMAT {
        return Err(no_part(&format!("its format is {:?}, not {FORMAT:?}", format.format)));
    }
    let ours = env!("CARGO_PKG_VERSION");
    if format.format_version != FORMAT_VERSION || format.jobsim != ours {
        return Err(format!(
            "jobsim {} wrote this part, and only the same version reads it; this is {ours}",
            format.jobsim
        ));
    }
    let head: PartHead = serde_json::from_slice(&bytes[..end]).map_err(|error| no_part(&error))?;
    let body = bytes.get(end + 1..).unwrap_or_default();
    let mut crc = Crc::new();
    crc.update(body);
    if body.len() as u64 != head.bytes || crc.sum() != head.crc32 {
        return Err(format!("the part is damaged: {} bytes should follow its first line, with a checksum", head.bytes));
    }
    let units = units(body).filter(|units| ranges(units.keys().copied()) == head.units);
    let units = units.ok_or("the part is damaged: its records are not those that its first line tells of")?;
    if units.last_key_value().is_some_and(|(last, _)| *last >= head.all_units()) {
        return Err("the part is damaged: it has more replications than there are".to_owned());
    }
    Ok(Part { head, units })
}

/// The records after the head: number of the unit, length, bytes; both numbers with 8 bytes, little-endian. `None` if
/// the last record is cut off.
fn units(mut body: &[u8]) -> Option<Units> {
    let mut units = Units::new();
    while !body.is_empty() {
        let (unit, rest) = body.split_first_chunk()?;
        let (length, rest) = rest.split_first_chunk()?;
        let (bytes, rest) = rest.split_at_checked(usize::try_from(u64::from_le_bytes(*length)).ok()?)?;
        units.insert(u64::from_le_bytes(*unit), bytes.into());
        body = rest;
    }
    Some(units)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn head() -> PartHead {
        PartHead {
            jobsim: env!("CARGO_PKG_VERSION").to_owned(),
            replications: 10,
            points: 1,
            shard: Some("1/3".to_owned()),
            ..PartHead::default()
        }
    }

    #[test]
    fn a_part_is_read_as_it_was_written_and_not_otherwise() {
        let units: Units = [(1, b"one"[..].into()), (2, b"two"[..].into()), (5, b""[..].into())].into();
        let (written, body) = packed(&head(), &units);
        let bytes = [&serde_json::to_vec(&written).unwrap()[..], b"\n", &body].concat();
        let part = parse(&bytes).unwrap();
        assert_eq!((&part.units, &part.head.units), (&units, &vec![1..3, 5..6]));
        assert_eq!(part.head.difference(&head()), None);
        for length in 0..bytes.len() {
            assert!(parse(&bytes[..length]).is_err(), "{length} bytes of {}", bytes.len());
        }
        for place in bytes.len() - 30..bytes.len() {
            let mut damaged = bytes.clone();
            damaged[place] ^= 1;
            assert!(parse(&damaged).unwrap_err().contains("damaged"));
        }
    }

    #[test]
    fn what_is_no_part_is_refused_with_the_reason() {
        for (text, why) in [
            ("{", "EOF while parsing"),
            (r#"{"format": "jobsim/result", "formatVersion": 1, "jobsim": "0"}"#, "its format is \"jobsim/result\""),
            (r#"{"format": "jobsim/part", "formatVersion": 1, "jobsim": "0.0.7"}"#, "jobsim 0.0.7 wrote this part"),
        ] {
            let error = parse(text.as_bytes()).unwrap_err();
            assert!(error.contains(why), "{error}");
        }
    }

    #[test]
    fn parts_that_do_not_belong_together_are_told_apart() {
        let other = PartHead { seed: 7, ..head() };
        assert_eq!(head().difference(&other).as_deref(), Some("seed 0, not 7"));
        let words = |points, units: &[Range<u64>]| PartHead { points, ..head() }.words(units);
        assert_eq!(words(1, &[0..1, 3..5]), "replications 0, 3 to 4");
        assert_eq!(words(4, std::slice::from_ref(&(6..9))), "replications 1 of point 3 to 2 of point 1");
    }
}
