//! `jobsim plot`: pictures of saved results. [`crate::plot`] decides what is drawn.

use super::out::{CommandAnswer, Failure, OutputStreams};
use super::outputs;
use crate::experiment::result::ResultFile;
use crate::plot::{self, Chart, PlotKind};
use crate::report;
use crate::text::visible;
use clap::ValueEnum;
use std::fs;
use std::path::{Path, PathBuf};

const ABOUT: &str = "Draw pictures of saved results

RESULT is a file that `--save` wrote; several results are drawn together if they can be compared. Without --kind all
pictures for which there is data are drawn. The same result gives the same bytes on every machine.";

const EXAMPLES: &str = "Examples:
  jobsim run docs/cookbook/job.yaml --fail 20% -n 1000 --save r.json && jobsim plot r.json -o pictures
  jobsim plot r.json --kind backoff -o backoff.svg
  jobsim plot before.json after.json --kind ecdf -o both.png
  jobsim plot r.json --kind gantt -o - > pods.svg
  jobsim plot r.json --kind overshoot --width 400 -o narrow.png

Exit status: 0 drawn, 1 there was nothing to draw, 2 an error.";

/// The flags of `jobsim plot`.
#[derive(Clone, Debug, Default, clap::Args)]
#[command(about = "Draw pictures of saved results", long_about = ABOUT, after_help = EXAMPLES)]
pub struct Args {
    /// Saved results
    #[arg(required = true, value_name = "RESULT")]
    pub results: Vec<PathBuf>,

    /// Only these kinds [default: all for which there is data]
    #[arg(long, value_enum, value_delimiter = ',', value_name = "KIND")]
    pub kind: Vec<KindName>,

    /// A folder, or one file: .svg, .png, or - for SVG on standard output
    #[arg(short, long, value_name = "PATH", default_value = "plots")]
    pub output: String,

    /// How wide pictures are, in pixels; text keeps its size
    #[arg(long, value_name = "PX", default_value_t = plot::WIDTH,
        value_parser = clap::value_parser!(u32).range(i64::from(plot::WIDTHS[0])..=i64::from(plot::WIDTHS[1])))]
    pub width: u32,

    /// The format of files in a folder
    #[arg(long, value_enum, default_value_t)]
    pub format: ImageFormat,
}

/// The formats of pictures.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum ImageFormat {
    /// Vectors
    #[default]
    Svg,
    /// Pixels
    Png,
}

/// A kind of plot on the command line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct KindName(pub PlotKind);

impl ValueEnum for KindName {
    fn value_variants<'a>() -> &'a [Self] {
        const ALL: [KindName; PlotKind::ALL.len()] = {
            let mut all = [KindName(PlotKind::Backoff); PlotKind::ALL.len()];
            let mut n = 0;
            while n < all.len() {
                all[n] = KindName(PlotKind::ALL[n]);
                n += 1;
            }
            all
        };
        &ALL
    }

    fn to_possible_value(&self) -> Option<clap::builder::PossibleValue> {
        Some(clap::builder::PossibleValue::new(self.0.as_str()).help(self.0.about()))
    }
}

/// Reads results, each with the name of its file.
///
/// # Errors
/// The first result that cannot be read.
pub fn load(paths: &[PathBuf]) -> Result<Vec<(String, ResultFile)>, Failure> {
    let one = |path: &PathBuf| {
        let name = path.file_name().map_or_else(|| path.display().to_string(), |n| n.to_string_lossy().into_owned());
        let name = name.trim_end_matches(".gz").trim_end_matches(".json").to_owned();
        report::load(path).map(|result| (name, result)).map_err(Failure::Error)
    };
    paths.iter().map(one).collect()
}

/// Draws.
///
/// # Errors
/// Results that cannot be read, files that cannot be written, more pictures than one file can hold.
pub fn run(args: &Args, streams: &mut OutputStreams<'_>) -> Result<CommandAnswer, Failure> {
    let results = load(&args.results)?;
    check_name(&args.output)?;
    let mut charts: Vec<Chart> = Vec::new();
    for KindName(kind) in &args.kind {
        let of_kind = plot::charts(*kind, &results);
        if of_kind.is_empty() {
            streams.warn(&format!("{}: nothing to draw: it needs {}", kind.as_str(), kind.needs()));
        }
        charts.extend(of_kind);
    }
    if args.kind.is_empty() {
        charts = plot::all_charts(&results);
    }
    if charts.is_empty() {
        if args.kind.is_empty() {
            streams.warn("there is nothing to draw: no Job of these results has a Pod");
        }
        return Ok(CommandAnswer::No);
    }
    let format = match Path::new(&args.output).extension().and_then(|e| e.to_str()) {
        _ if args.output == "-" => Some(ImageFormat::Svg),
        Some("svg") => Some(ImageFormat::Svg),
        Some("png") => Some(ImageFormat::Png),
        _ => None,
    };
    match format {
        Some(format) => one_file(args, &charts, format, streams)?,
        None => folder(Path::new(&args.output), &charts, (args.format, args.width), streams)?,
    }
    Ok(CommandAnswer::Yes)
}

/// Refuses a name with the extension of another format, because it would become the name of a folder.
fn check_name(output: &str) -> Result<(), Failure> {
    let path = Path::new(output);
    let extension = path.extension().and_then(|e| e.to_str()).unwrap_or_default();
    let is_other = !matches!(extension, "" | "svg" | "png") && extension.bytes().all(|b| b.is_ascii_alphanumeric());
    if !is_other || path.is_dir() || output.ends_with(['/', '\\']) {
        return Ok(());
    }
    let why = format!("{output}: pictures are .svg or .png, or a folder (for a folder of this name write {output}/)");
    Err(super::experiment::flag("output", &why))
}

/// Draws one picture into a file, .svg or .png.
///
/// # Errors
/// A name that ends otherwise; a file that cannot be written.
pub fn write_picture(path: &Path, chart: &Chart) -> Result<(), Failure> {
    let format = match path.extension().and_then(|e| e.to_str()) {
        Some("svg") => ImageFormat::Svg,
        Some("png") => ImageFormat::Png,
        _ => return Err(super::experiment::flag("picture", &format!("{}: pictures are .svg or .png", path.display()))),
    };
    write(path, &bytes(chart, format, plot::WIDTH)?)
}

fn one_file(
    args: &Args,
    charts: &[Chart],
    format: ImageFormat,
    streams: &mut OutputStreams<'_>,
) -> Result<(), Failure> {
    let [chart] = charts else {
        let names: Vec<String> = charts.iter().map(Chart::file_stem).collect();
        let what = format!("{} holds one picture, and there are {}: {}", args.output, names.len(), names.join(", "));
        return Err(Failure::Error(format!("{what}; choose by --kind, or give a folder")));
    };
    let bytes = bytes(chart, format, args.width)?;
    if args.output == "-" {
        streams.data.write_all(&bytes)?;
        return Ok(());
    }
    let inputs: Vec<String> = args.results.iter().map(|path| path.display().to_string()).collect();
    outputs::check(&inputs, &[], &[("output", Path::new(&args.output))])?;
    write(Path::new(&args.output), &bytes)
}

fn bytes(chart: &Chart, format: ImageFormat, width: u32) -> Result<Vec<u8>, Failure> {
    let scene = chart.scene_of_width(width);
    match format {
        ImageFormat::Svg => Ok(visible(&plot::svg(&scene)).into_owned().into_bytes()),
        ImageFormat::Png => plot::png(&scene).map_err(Failure::Error),
    }
}

fn write(path: &Path, bytes: &[u8]) -> Result<(), Failure> {
    let write = report::whole_file(path, |file| file.write_all(bytes));
    write.map_err(|error| Failure::Error(format!("{}: {error}", path.display())))
}

/// Writes each picture into a file of its own, and prints the names of the files.
fn folder(
    folder: &Path,
    charts: &[Chart],
    (format, width): (ImageFormat, u32),
    streams: &mut OutputStreams<'_>,
) -> Result<(), Failure> {
    fs::create_dir_all(folder).map_err(|error| Failure::Error(format!("{}: {error}", folder.display())))?;
    let extension = if format == ImageFormat::Svg { "svg" } else { "png" };
    let mut stems: Vec<String> = Vec::new();
    for chart in charts {
        let mut stem = chart.file_stem();
        let same = stems.iter().filter(|s| **s == stem).count();
        stems.push(stem.clone());
        if same > 0 {
            stem = format!("{stem}-{}", same + 1);
        }
        let path = folder.join(format!("{stem}.{extension}"));
        write(&path, &bytes(chart, format, width)?)?;
        writeln!(streams.data, "{}", path.display())?;
    }
    Ok(())
}
