//! What a plot shows, as data: panels of series over axes, and a caption. Nothing here knows about pixels; `render`
//! turns it into lines and letters.

use super::axis::Axis;
use super::theme::{Color, Dash, Marker};

/// A plot.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Chart {
    /// The kind of plot.
    pub kind: &'static str,
    /// What distinguishes it from others of its kind; empty if there is only one.
    pub name: String,
    /// What it shows.
    pub title: String,
    /// What a reader sees in it, in sentences; also the alternative text.
    pub caption: String,
    /// Its panels, from top to bottom.
    pub panels: Vec<Panel>,
}

impl Chart {
    /// The name of its file, without an extension.
    pub fn file_stem(&self) -> String {
        let is_plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.');
        let plain: String = self.name.chars().map(|c| if is_plain(c) { c } else { '-' }).take(60).collect();
        if plain.is_empty() { self.kind.to_owned() } else { format!("{}-{plain}", self.kind) }
    }
}

/// A pair of axes and what is drawn over them.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Panel {
    /// What it shows; empty if the chart's title says it.
    pub title: String,
    /// The horizontal axis.
    pub x: Axis,
    /// The vertical axis.
    pub y: Axis,
    /// The height between the ends of the vertical axis, in pixels.
    pub height: f64,
    /// What is drawn, from back to front.
    pub series: Vec<Series>,
    /// Lines across the panel.
    pub reference_lines: Vec<ReferenceLine>,
}

/// A set of marks of the same kind and style.
#[derive(Clone, Debug, PartialEq)]
pub struct Series {
    /// Its name in the legend; empty for none.
    pub name: String,
    /// How it is drawn.
    pub style: Style,
    /// What is drawn.
    pub geometry: Geometry,
}

/// How a series is drawn.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Style {
    /// The colour.
    pub color: Color,
    /// The dashes of its lines.
    pub dash: Dash,
    /// The markers of its points.
    pub marker: Marker,
    /// Whether its surfaces are hatched.
    pub hatched: bool,
    /// The width of its lines, in pixels.
    pub width: f64,
    /// How far above its values a line is drawn, in pixels. Lines that may coincide get different shifts, so that all
    /// remain visible.
    pub shift: f64,
    /// The opacity of its surfaces, from 0 to 1.
    pub opacity: f64,
}

impl Style {
    /// A solid line or a plain surface in the n-th series colour.
    pub fn series(n: usize) -> Self {
        Style {
            color: Color::Series((n % 8) as u8),
            dash: Dash::Solid,
            marker: Marker::None,
            hatched: false,
            width: 1.6,
            shift: 0.0,
            opacity: 1.0,
        }
    }

    /// The style of the n-th of several lines: colour, dash and marker all differ.
    pub fn nth(n: usize) -> Self {
        // Yellow is too light for a line on white paper.
        let color = Color::Series([0, 1, 2, 3, 4, 5, 7][n % 7]);
        Style { color, dash: Dash::ALL[n % 4], marker: Marker::ALL[n % 5], ..Style::series(0) }
    }

    /// Without markers.
    pub fn unmarked(self) -> Self {
        Style { marker: Marker::None, ..self }
    }

    /// With hatched surfaces.
    pub fn hatched(self) -> Self {
        Style { hatched: true, ..self }
    }
}

/// A rectangle in values of the axes: from `x[0]` to `x[1]`, from `y[0]` to `y[1]`.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Bar {
    /// On the horizontal axis.
    pub x: [f64; 2],
    /// On the vertical axis.
    pub y: [f64; 2],
}

/// What is drawn, in values of the axes.
#[derive(Clone, Debug, PartialEq)]
pub enum Geometry {
    /// A line through these points.
    Line(Vec<[f64; 2]>),
    /// Separate lines, each from one point to another.
    Segments(Vec<[[f64; 2]; 2]>),
    /// A line that keeps its height until the next point.
    Steps(Vec<[f64; 2]>),
    /// The area between two staircases: x, lower value, upper value; each holds until the next x.
    Area(Vec<[f64; 3]>),
    /// Bars or spans.
    Bars(Vec<Bar>),
    /// Texts, each close to its point. Texts that find no free place are left out.
    Labels(Vec<([f64; 2], String)>),
    /// Markers without intervals.
    Markers(Vec<[f64; 2]>),
    /// Points with intervals on the vertical axis: x, y, low, high.
    Points(Vec<[f64; 4]>),
    /// Points with intervals on the horizontal axis: x, y, low, high.
    PointsAcross(Vec<[f64; 4]>),
    /// Cells of a heat map: a rectangle, its shade from 0 to 1, and its text, of which all lines, the first or none are
    /// drawn, as space allows.
    Cells(Vec<(Bar, f64, String)>),
}

/// A line across a panel, with a short text. The text of a vertical line is written above the panel, where nothing else
/// is drawn; that of a horizontal line is in the legend.
#[derive(Clone, Debug, PartialEq)]
pub struct ReferenceLine {
    /// The value, on the axis that the line crosses.
    pub at: f64,
    /// Whether it is a vertical line.
    pub is_vertical: bool,
    /// Its text.
    pub text: String,
}

impl ReferenceLine {
    /// A line from top to bottom.
    pub fn vertical(at: f64, text: impl Into<String>) -> Self {
        ReferenceLine { at, is_vertical: true, text: text.into() }
    }

    /// A line from left to right.
    pub fn horizontal(at: f64, text: impl Into<String>) -> Self {
        ReferenceLine { at, is_vertical: false, text: text.into() }
    }
}
