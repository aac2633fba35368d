//! Every bound on what a text or a flag can ask for, in one place, so that nothing that is read makes a command run or
//! grow without end. `docs/limits.md` has the same table for users, and a test holds them together. What Kubernetes itself
//! bounds (names, ports, indexes) is no limit of this program and stands with the server's rules.

use std::io::{self, Read};

/// The largest file that is read, in bytes. 10,000 manifests are about 10 MB.
pub const LARGEST_FILE: u64 = 64 << 20;
/// The largest dump of a cluster that `autopsy` reads, in bytes. 20,000 Pods are about 150 MB.
pub const LARGEST_DUMP: u64 = 1 << 30;
/// The most Pods of a Job of which `autopsy` goes on from a dump by simulation.
pub const MOST_PODS_AHEAD: usize = 2_000;
/// The most Jobs of a dump that go on of which `autopsy` goes on by simulation; if there are more, with none.
pub const MOST_JOBS_AHEAD: usize = 5;
/// The most events of a replication with which `autopsy` goes on from a dump: a Job that can fail for ever has no end to wait for.
pub const EVENTS_AHEAD: u64 = 500_000;
/// The largest saved result that is read, in bytes after unpacking.
pub const LARGEST_RESULT: u64 = 4 << 30;
/// The largest part of an experiment that is read, in bytes.
pub const LARGEST_PART: u64 = 4 << 30;
/// The most shards of an experiment.
pub const MOST_SHARDS: u32 = 100_000;
/// The longest line of a recording, in bytes: what is longer is no case but a mistake, or hostile.
pub const LONGEST_LINE: u64 = 64 << 20;
/// What any packed file may be after unpacking, in bytes.
pub const FREELY_UNPACKED: u64 = 64 << 20;
/// How many times larger than its file what is unpacked may be beyond that. Results and recordings pack to between a tenth
/// and a fortieth.
pub const LARGEST_UNPACKING: u64 = 100;
/// The deepest nesting of a text. The API server's YAML reader refuses more than 10,000; no manifest comes near this.
pub const DEEPEST_TEXT: usize = 128;
/// The most values of a text, those that aliases repeat included.
pub const MOST_VALUES: usize = 2_000_000;
/// The most values that aliases repeat.
pub const MOST_REPEATED: usize = 200_000;
/// The longest text of an amount, in bytes: arithmetic on its digits takes time that grows with their square.
pub const LONGEST_AMOUNT: usize = 10_000;
/// The most text that anchors and aliases repeat, in bytes.
pub const MOST_REPEATED_TEXT: usize = 16 << 20;
/// The most complaints of a strict reader that are kept.
pub const MOST_COMPLAINTS: usize = 100;
/// The deepest nesting of a recorded case.
pub const DEEPEST_CASE: usize = 512;
/// The deepest nesting of distributions.
pub const DEEPEST_DISTRIBUTION: usize = 16;
/// The most events and samples of a recorded case.
pub const CASE_STEPS: u64 = 20_000_000;
/// The most values of a CSV column.
pub const MOST_CSV_VALUES: usize = 1_000_000;
/// The longest duration, in seconds: 100 years of 365.25 days. What is longer is a slip of the unit.
pub const LONGEST_DURATION: i64 = 3_155_760_000;

/// The most Jobs of a scenario, copies included, and of all points of a design together. With the world and the recorder a
/// Job takes some 4.5 KB, so that these stay below 1 GB.
pub const MOST_JOBS: u64 = 200_000;
/// The most values of the manifests of a scenario, each counted as often as an entry or a point of a design reads it; a
/// text counts as one more for every 32 bytes. A dump of small Jobs takes some 130 bytes a value, so these stay below 1 GB.
pub const MOST_MANIFEST_VALUES: u64 = 5_000_000;
/// The most nodes that there can be at a time: those of files, and those of all pools. Kubernetes itself supports 5,000.
pub const MOST_NODES: u32 = 100_000;
/// The most Pods without a Job that are placed on nodes, and the most Pods of one Job of which is judged whether they fit.
pub const MOST_PLACED: u32 = 100_000;
/// The highest price of a node for an hour. What is higher is a slip of the unit.
pub const HIGHEST_PRICE: f64 = 1e6;
/// Arrivals of a Poisson process that has neither `count` nor `until`.
pub const DEFAULT_ARRIVALS: u32 = 1_000;
/// The most conditions of a Job that are simulated: its status is copied at every write. Kubernetes writes five.
pub const MOST_CONDITIONS: usize = 1_000;
/// The most containers of a Pod that are simulated, init containers included: each step of one looks at all of them.
pub const MOST_CONTAINERS: usize = 1_000;
/// The most workers of the Job controller: an event names a worker by one byte.
pub const MOST_WORKERS: usize = 256;
/// The most points of a design.
pub const MOST_POINTS: u64 = 10_000;
/// The most values of one field that are gone through one by one.
pub const MOST_LEVELS: u64 = 100_000;
/// The most values of one field of which a few are looked for.
pub const MOST_SEARCHED: u64 = 1_000_000_000_000;
/// The most replications of one setup.
pub const MOST_REPLICATIONS: u32 = 100_000_000;
/// The most records of replications that are kept, over all points.
pub const MOST_RECORDS: u64 = 1_000_000;
/// The most starts of a CronJob that are listed.
pub const MOST_LISTED_STARTS: u32 = 100_000;
/// The most changes that can be stepped through.
pub const MOST_STEPPED: usize = 100_000;

/// The most events of one millisecond of a replication. Where more happen time stands still: something takes none.
pub const EVENTS_AT_ONCE: u64 = 1_000_000;
/// So many more for each planned Job: all of them may begin at once.
pub const EVENTS_AT_ONCE_OF_A_JOB: u64 = 20;
/// The most events of a replication.
pub const EVENTS: u64 = 1_000_000_000;
/// The most Pods that there are at a time, together with those of Jobs that still exist.
pub const PODS: u64 = 1_000_000;
/// The most changes that a timeline keeps.
pub const CHANGES: u64 = 2_000_000;
/// The most starts of CronJobs that are due in a replication.
pub const STARTS: u64 = 50_000_000;
/// How many times the bounds of a simulation can be raised.
pub const MOST_TIMES: u32 = 1_000_000;

/// The longest text that the page in a browser takes, in bytes.
pub const PAGE_TEXT: usize = 1 << 20;
/// The most events of a replication in the page, and of all replications together.
pub const PAGE_EVENTS: u64 = 30_000_000;
/// The most Pods that there are at a time in the page.
pub const PAGE_PODS: u64 = 50_000;
/// The most changes that a timeline keeps in the page.
pub const PAGE_CHANGES: u64 = 150_000;
/// The most changes that the page goes through, step by step.
pub const PAGE_STEPPED: usize = 20_000;
/// The most starts of CronJobs that are due in a replication in the page.
pub const PAGE_STARTS: u64 = 100_000;
/// The most Jobs of a scenario in the page.
pub const PAGE_JOBS: u64 = 5_000;
/// The most replications in the page.
pub const PAGE_REPLICATIONS: u32 = 10_000;

/// A reader that fails where there is more than it may read, so that what is left over is not passed over in silence.
#[derive(Debug)]
pub struct BoundedReader<R> {
    inner: R,
    left: u64,
    refusal: String,
}

impl<R: Read> BoundedReader<R> {
    /// Reads `most` bytes at the most.
    pub fn new(inner: R, most: u64) -> Self {
        let refusal = format!("larger than {} MiB, which is the most that is read", most >> 20);
        BoundedReader { inner, left: most, refusal }
    }

    /// Unpacks a file of this many bytes, which may become `most` at the most.
    pub fn unpacking(inner: R, packed: u64, most: u64) -> Self {
        let may_become = packed.saturating_mul(LARGEST_UNPACKING).max(FREELY_UNPACKED);
        if may_become >= most {
            return Self::new(inner, most);
        }
        let refusal = format!(
            "it unpacks to more than {} MiB, {LARGEST_UNPACKING} times its size: unpack it yourself if that is meant",
            may_become >> 20
        );
        BoundedReader { inner, left: may_become, refusal }
    }
}

impl<R: Read> Read for BoundedReader<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.inner.read(buffer)?;
        match self.left.checked_sub(read as u64) {
            Some(left) => self.left = left,
            None => return Err(io::Error::new(io::ErrorKind::FileTooLarge, self.refusal.clone())),
        }
        Ok(read)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(reader: impl Read) -> Result<usize, String> {
        let mut bytes = Vec::new();
        let mut reader = reader;
        reader.read_to_end(&mut bytes).map_err(|error| error.to_string())
    }

    #[test]
    fn what_is_larger_than_the_bound_is_refused_and_not_cut() {
        assert_eq!(read(BoundedReader::new(&[b' '; 10][..], 10)), Ok(10));
        let error = read(BoundedReader::new(&[b' '; 11][..], 10)).unwrap_err();
        assert!(error.contains("the most that is read"), "{error}");
    }

    #[test]
    fn what_is_unpacked_is_bounded_by_the_size_of_the_file() {
        let zeros = || io::repeat(0).take(FREELY_UNPACKED + (1 << 20));
        assert_eq!(read(BoundedReader::unpacking(zeros(), 1 << 20, 1 << 30)), Ok(65 << 20));
        let error = read(BoundedReader::unpacking(zeros(), 1 << 10, 1 << 30)).unwrap_err();
        assert!(error.contains("unpacks to more than 64 MiB"), "{error}");
        let error = read(BoundedReader::unpacking(zeros(), 1 << 30, 1 << 20)).unwrap_err();
        assert!(error.contains("larger than 1 MiB"), "{error}");
    }
}
