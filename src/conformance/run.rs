//! Replaying: files → chunks of lines → cases, on all cores. Cases are replayed in no fixed order; their position puts
//! the results in order.
//!
//! One task per file decompresses it and hands its chunks to further tasks; once the window is full of chunks in
//! progress, it replays the next chunk itself. So many small files and one big file both use every core, and memory is
//! bounded by the window and the threads.
//!
//! One task for each file unpacks it and hands chunks over to further tasks; when as many chunks are under way as the
//! window allows, it replays the next one itself. So many small files and one big file both use every core, and
//! memory is bounded by the window and the threads.

use super::read::{self, Chunk, Chunks, Unreadable};
use super::tally::{Heading, Position, ReplayReport, ReplayTally};
use super::{FirstDifference, Registry, Replayer, Verdict};
use rayon::{Scope, ThreadPool, ThreadPoolBuilder};
use serde_json::Value;
use std::any::Any;
use std::fmt;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::PathBuf;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};

/// Chunks in progress per thread.
const WINDOW: usize = 4;

/// How cases are replayed.
#[derive(Clone, Debug)]
pub struct ReplayOptions {
    /// Worker threads; 0 means one per core.
    pub threads: usize,
    /// The number of differing cases to keep: the first ones.
    pub limit: usize,
    /// Replay only the cases with this `name` or `id`, and show the first of them whole.
    pub case: Option<String>,
}

impl Default for ReplayOptions {
    /// All cores, all cases, all differences.
    fn default() -> Self {
        ReplayOptions { threads: 0, limit: usize::MAX, case: None }
    }
}

/// Why cases were not replayed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ReplayError {
    /// Input that is not cases, or cases of an unknown corpus: the first such error, in the order of files and lines.
    Unreadable(Unreadable),
    /// No case has the requested name.
    NoSuchCase(String),
    /// The system provided no threads.
    Threads(String),
}

impl fmt::Display for ReplayError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            ReplayError::Unreadable(unreadable) => unreadable.fmt(f),
            ReplayError::NoSuchCase(name) => write!(f, "no case has the name or id {name:?}"),
            ReplayError::Threads(why) => write!(f, "cannot start worker threads: {why}"),
        }
    }
}

impl std::error::Error for ReplayError {}

impl From<Unreadable> for ReplayError {
    fn from(unreadable: Unreadable) -> Self {
        ReplayError::Unreadable(unreadable)
    }
}

/// Replays every case below some paths. If a replayer panics, it has not reproduced its case: that is a difference.
///
/// # Errors
/// See [`ReplayError`]; nothing is reported then.
///
/// # Example
/// ```
/// use jobsim::conformance::{ReplayOptions, replay, replayer};
/// let error = replay(&["no/such/file.jsonl".into()], replayer, &ReplayOptions::default()).unwrap_err();
/// assert!(error.to_string().starts_with("no/such/file.jsonl: "));
/// ```
pub fn replay(paths: &[PathBuf], registry: Registry, options: &ReplayOptions) -> Result<ReplayReport, ReplayError> {
    let found = read::find(paths)?;
    let threads = ThreadPoolBuilder::new().num_threads(options.threads).build();
    let threads = threads.map_err(|error| ReplayError::Threads(error.to_string()))?;
    let run = ReplayRun::new(&found.files, registry, options, &threads);
    threads.scope(|scope| {
        for file in 0..found.files.len() {
            let run = &run;
            scope.spawn(move |scope| run.file(scope, file));
        }
    });
    let tally = run.end()?;
    let report = tally.report(&found.files, found.passed_over);
    match &options.case {
        Some(name) if report.all.total == 0 => Err(ReplayError::NoSuchCase(name.clone())),
        _ => Ok(report),
    }
}

/// What the tasks share.
struct ReplayRun<'a> {
    files: &'a [PathBuf],
    registry: Registry,
    options: &'a ReplayOptions,
    window: usize,
    under_way: AtomicUsize,
    /// Idle workers; in the end there are as many as threads.
    idle: Mutex<Vec<ReplayWorker>>,
    /// The first fault so far: nothing after it needs to be done.
    fault: Mutex<Option<(Position, String)>>,
}

/// The scratch space of one thread.
#[derive(Default)]
struct ReplayWorker {
    replayers: Vec<(String, Box<dyn Replayer>)>,
    tally: ReplayTally,
}

/// Takes a lock even after a panic elsewhere: what it guards is consistent between any two statements.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl<'a> ReplayRun<'a> {
    fn new(files: &'a [PathBuf], registry: Registry, options: &'a ReplayOptions, threads: &ThreadPool) -> Self {
        ReplayRun {
            files,
            registry,
            options,
            window: WINDOW * threads.current_num_threads(),
            under_way: AtomicUsize::new(0),
            idle: Mutex::default(),
            fault: Mutex::default(),
        }
    }

    fn file<'s>(&'s self, scope: &Scope<'s>, file: usize) {
        let mut line = 0;
        if let Err(why) = self.stream(scope, file, &mut line) {
            self.fault(Position { file, line }, why);
        }
    }

    /// Reads a file to its end; after an error, `line` tells where.
    fn stream<'s>(&'s self, scope: &Scope<'s>, file: usize, line: &mut u64) -> Result<(), String> {
        let mut chunks = Chunks::open(&self.files[file]).map_err(|error| error.to_string())?;
        let mut empty = true;
        while !self.is_moot(Position { file, line: *line }) {
            let chunk = chunks.read();
            *line = chunks.line();
            let Some(chunk) = chunk.map_err(|error| error.to_string())? else { break };
            empty = false;
            self.hand_over(scope, file, chunk);
        }
        if empty {
            *line = 0;
            return Err("no case in this file".to_owned());
        }
        Ok(())
    }

    fn hand_over<'s>(&'s self, scope: &Scope<'s>, file: usize, chunk: Chunk) {
        // Relaxed: the count bounds memory, it orders nothing.
        if self.under_way.fetch_add(1, Ordering::Relaxed) < self.window {
            scope.spawn(move |_| self.chunk(file, &chunk));
        } else {
            self.chunk(file, &chunk);
        }
    }

    fn chunk(&self, file: usize, chunk: &Chunk) {
        let mut worker = lock(&self.idle).pop().unwrap_or_default();
        for (line, text) in chunk.lines() {
            let at = Position { file, line };
            if let Err(why) = worker.case(self, at, text) {
                self.fault(at, why);
                break;
            }
        }
        lock(&self.idle).push(worker);
        self.under_way.fetch_sub(1, Ordering::Relaxed);
    }

    fn fault(&self, at: Position, why: String) {
        let mut fault = lock(&self.fault);
        if fault.as_ref().is_none_or(|(first, _)| at < *first) {
            *fault = Some((at, why));
        }
    }

    /// Whether there is a fault before this position, so that nothing from there on is needed.
    fn is_moot(&self, at: Position) -> bool {
        lock(&self.fault).as_ref().is_some_and(|(first, _)| *first < at)
    }

    fn end(self) -> Result<ReplayTally, Unreadable> {
        if let Some((at, why)) = lock(&self.fault).take() {
            let line = (at.line > 0).then_some(at.line);
            return Err(Unreadable { file: self.files[at.file].clone(), line, why });
        }
        let mut whole = ReplayTally::default();
        for worker in lock(&self.idle).drain(..) {
            whole.merge(worker.tally, self.options.limit);
        }
        Ok(whole)
    }
}

impl ReplayWorker {
    fn case(&mut self, run: &ReplayRun<'_>, at: Position, line: &[u8]) -> Result<(), String> {
        let heading = Heading::of(line)?;
        if run.options.case.as_ref().is_some_and(|name| !heading.is_called(name)) {
            return Ok(());
        }
        heading.case()?;
        let corpus = heading.corpus()?;
        let verdict = match self.guarded(run.registry, corpus, |replayer| replayer.replay(line))? {
            Ok(verdict) => verdict?,
            Err(panic) => did_not_follow(panic),
        };
        if run.options.case.is_some() {
            let text = self.guarded(run.registry, corpus, |replayer| replayer.show(line))?;
            self.tally.show(at, text.unwrap_or_else(|panic| Ok(format!("{panic}\n")))?);
        }
        self.tally.add(at, &heading, verdict, run.options.limit)
    }

    /// Runs the replayer of a corpus. If it panics, it is thrown away, and its message becomes the inner error.
    fn guarded<T>(
        &mut self,
        registry: Registry,
        corpus: &str,
        work: impl FnOnce(&mut dyn Replayer) -> T,
    ) -> Result<Result<T, String>, String> {
        let known = self.replayers.iter().position(|(name, _)| name == corpus);
        let (name, mut replayer) = match known {
            Some(index) => self.replayers.swap_remove(index),
            None => (corpus.to_owned(), registry(corpus).ok_or_else(|| unknown(corpus))?),
        };
        let outcome = catch_unwind(AssertUnwindSafe(|| work(&mut *replayer)));
        if outcome.is_ok() {
            self.replayers.push((name, replayer));
        }
        Ok(outcome.map_err(|panic| format!("the simulator panicked: {}", message(&*panic))))
    }
}

fn unknown(corpus: &str) -> String {
    format!("the corpus {corpus:?} is not known to this version")
}

fn did_not_follow(panic: String) -> Verdict {
    let difference = FirstDifference { instant: None, expected: Value::Null, got: Value::String(panic) };
    Verdict { difference: Some(difference) }
}

fn message(panic: &(dyn Any + Send)) -> &str {
    let text = panic.downcast_ref::<&str>().copied();
    text.or_else(|| panic.downcast_ref::<String>().map(String::as_str)).unwrap_or("no message")
}
