//! The native half of the Python package `jobsim`: commands in this process, results as objects, records as Arrow. What
//! Python programmers see is `jobsim/__init__.py`; this module has no names of its own for them.

mod arrow;

use jobsim::cli::embedded::{self, EmbeddedAnswer, EmbeddedError};
use jobsim::experiment::result::ResultFile;
use jobsim::plot::{self, Chart, PlotKind};
use jobsim::scenario::source::Source;
use pyo3::call::PyCallArgs;
use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyCapsule};
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{RecvTimeoutError, channel};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

/// How often Python is asked whether the user interrupts.
const LOOK: Duration = Duration::from_millis(20);

/// A problem of the input: file, line, column, field, message, suggestion.
type ProblemRow = (String, Option<usize>, Option<usize>, String, String, Option<String>);

/// An exception of `jobsim/_errors.py`, by its name there.
fn raised<'py>(py: Python<'py>, name: &str, arguments: impl PyCallArgs<'py>) -> PyErr {
    let class = py.import("jobsim._errors").and_then(|module| module.getattr(name));
    class.and_then(|class| class.call1(arguments)).map_or_else(|error| error, PyErr::from_value)
}

/// The exception with these words.
fn refused(py: Python<'_>, words: impl ToString) -> PyErr {
    raised(py, "JobsimError", (words.to_string(),))
}

/// What became of a command.
#[pyclass(frozen, get_all)]
struct Answer {
    code: u8,
    data: String,
    talk: String,
    result: Option<Py<ResultData>>,
}

/// Runs a command: its words, and texts that stand for files (name, folder, text). The interpreter is free meanwhile, and
/// an interruption by the user ends the experiment.
#[pyfunction]
fn command(py: Python<'_>, words: Vec<String>, texts: Vec<(String, String, String)>) -> PyResult<Answer> {
    let source = |(name, folder, text)| Source { name, folder: PathBuf::from(folder), text };
    let sources = texts.into_iter().map(source).collect();
    // One flag for each call would be a leak for each call.
    thread_local! { static STOP: &'static AtomicBool = Box::leak(Box::new(AtomicBool::new(false))); }
    let stop = STOP.with(|stop| *stop);
    stop.store(false, Ordering::Relaxed);
    let (sender, receiver) = channel();
    // A receiver belongs to one thread; the lock tells the compiler that it is so.
    let receiver = Mutex::new(receiver);
    std::thread::scope(|scope| {
        let _ = scope.spawn(move || sender.send(embedded::run(&words, sources, stop)));
        let mut interrupted = None;
        let answer = loop {
            match py.detach(|| receiver.lock().unwrap_or_else(PoisonError::into_inner).recv_timeout(LOOK)) {
                Ok(answer) => break answer,
                Err(RecvTimeoutError::Timeout) if interrupted.is_some() => {}
                Err(RecvTimeoutError::Timeout) => {
                    if let Err(error) = py.check_signals() {
                        stop.store(true, Ordering::Relaxed);
                        interrupted = Some(error);
                    }
                }
                Err(RecvTimeoutError::Disconnected) => {
                    return Err(refused(py, "the command stopped; please report it"));
                }
            }
        };
        match interrupted {
            Some(error) => Err(error),
            None => answered(py, answer),
        }
    })
}

fn answered(py: Python<'_>, answer: Result<EmbeddedAnswer, EmbeddedError>) -> PyResult<Answer> {
    match answer {
        Ok(EmbeddedAnswer { code, data, talk, result }) => {
            let result = result.map(|file| Py::new(py, ResultData { file })).transpose()?;
            Ok(Answer { code, data, talk, result })
        }
        Err(EmbeddedError::Words(words)) => Err(refused(py, words.trim_end())),
        Err(EmbeddedError::Problems(problems)) => {
            let text = problems.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n");
            let row = |p: jobsim::scenario::Problem| -> ProblemRow {
                let (line, column) = p.place.unzip();
                (p.file, line, column, p.field, p.message, p.suggestion)
            };
            let rows: Vec<ProblemRow> = problems.into_iter().map(row).collect();
            Err(raised(py, "InputError", (text, rows)))
        }
    }
}

/// A result, as it is saved.
#[pyclass(frozen)]
struct ResultData {
    file: ResultFile,
}

#[pymethods]
impl ResultData {
    /// Reads a saved result.
    #[staticmethod]
    fn from_bytes(bytes: &[u8]) -> PyResult<Self> {
        ResultFile::from_json(bytes).map(|file| ResultData { file }).map_err(PyValueError::new_err)
    }

    /// The bytes that the command saves.
    fn to_bytes<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyBytes>> {
        let bytes = py.detach(|| jobsim::report::saved(&self.file));
        Ok(PyBytes::new(py, &bytes.map_err(|error| refused(py, error))?))
    }

    /// The result without its records, timelines and files, as JSON.
    fn head(&self, py: Python<'_>) -> PyResult<String> {
        let mut head = ResultFile { points: Vec::new(), files: Vec::new(), ..self.file.clone() };
        for point in &self.file.points {
            let (summary, name) = (point.summary.clone(), point.name.clone());
            let (settings, measures, goals) = (point.settings.clone(), point.measures.clone(), point.goals.clone());
            head.points.push(jobsim::experiment::result::Point {
                name,
                settings,
                summary,
                measures,
                goals,
                ..Default::default()
            });
        }
        serde_json::to_string(&head).map_err(|error| refused(py, error))
    }

    /// The answer in sentences, one for each point.
    fn sentences(&self) -> Vec<String> {
        self.file.points.iter().map(jobsim::report::answer).collect()
    }

    /// A page for a browser.
    fn page(&self, py: Python<'_>) -> String {
        py.detach(|| jobsim::report::html_page(&[("result".to_owned(), self.file.clone())]))
    }

    /// The kinds of pictures for which there is something to show.
    fn kinds(&self) -> Vec<&'static str> {
        let results = [(String::new(), self.file.clone())];
        PlotKind::ALL
            .into_iter()
            .filter(|kind| !plot::charts(*kind, &results).is_empty())
            .map(PlotKind::as_str)
            .collect()
    }

    /// Pictures of a kind: of each its name, what it shows in words, and its SVG.
    fn pictures(&self, py: Python<'_>, kind: &str, width: u32) -> PyResult<Vec<(String, String, String)>> {
        let found = PlotKind::ALL.into_iter().find(|known| known.as_str() == kind);
        let kind = found.ok_or_else(|| {
            let known: Vec<&str> = PlotKind::ALL.into_iter().map(PlotKind::as_str).collect();
            PyValueError::new_err(format!("{kind:?} is no kind of picture: {}", known.join(", ")))
        })?;
        let charts = py.detach(|| plot::charts(kind, &[(String::new(), self.file.clone())]));
        if charts.is_empty() {
            return Err(PyValueError::new_err(format!(
                "{}: nothing to draw: it needs {}",
                kind.as_str(),
                kind.needs()
            )));
        }
        let draw = |chart: &Chart| {
            (chart.file_stem(), format!("{}. {}", chart.title, chart.caption), plot::svg(&chart.scene_of_width(width)))
        };
        Ok(charts.iter().map(draw).collect())
    }

    /// The records, as a capsule of the Arrow C stream interface.
    fn stream<'py>(&self, py: Python<'py>, by_job: bool) -> PyResult<Bound<'py, PyCapsule>> {
        arrow::stream(py, &self.file, by_job)
    }

    /// How many rows that has.
    fn rows(&self, by_job: bool) -> usize {
        arrow::rows(&self.file, by_job)
    }
}

/// Runs the command `jobsim` with these words, the program's name first; gives the exit code.
#[pyfunction]
fn main_of(py: Python<'_>, words: Vec<String>) -> u8 {
    py.detach(|| jobsim::cli::main_of(words))
}

#[pymodule]
fn _jobsim(module: &Bound<'_, PyModule>) -> PyResult<()> {
    module.add("__version__", env!("CARGO_PKG_VERSION"))?;
    module.add_class::<Answer>()?;
    module.add_class::<ResultData>()?;
    module.add_function(wrap_pyfunction!(command, module)?)?;
    module.add_function(wrap_pyfunction!(main_of, module)?)
}
