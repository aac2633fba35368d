//! What a plot shows, as data: panels of series over axes, with a caption that says what is seen. Nothing here knows of
//! pixels.

use super::axis::Axis;
use super::theme::{Dash, Ink, Marker};

/// A plot.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Chart {
    /// The kind of plot.
    pub kind: &'static str,
    /// What distinguishes it from others of its kind; empty if there is only one.
    pub name: String,
    /// What it shows.
    pub title: String,
    /// What is seen in it, in sentences.
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

/// A pair of axes, and what is drawn over them.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Panel {
    /// What it shows; empty if the chart's title says it.
    pub title: String,
    /// The horizontal axis.
    pub x: Axis,
    /// The vertical axis.
    pub y: Axis,
    /// Its height, in pixels.
    pub height: f64,
    /// What is drawn, from back to front.
    pub series: Vec<Series>,
    /// Lines across it.
    pub marks: Vec<Mark>,
}

/// Something that is drawn.
#[derive(Clone, Debug, PartialEq)]
pub struct Series {
    /// Its name in the legend; empty for none.
    pub name: String,
    /// How it looks.
    pub look: Look,
    /// What it is.
    pub shape: Shape,
}

/// How something looks.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Look {
    /// Its colour.
    pub ink: Ink,
    /// How its lines are broken.
    pub dash: Dash,
    /// Its markers.
    pub marker: Marker,
    /// Whether its surfaces are hatched.
    pub hatched: bool,
    /// The width of its lines, in pixels.
    pub width: f64,
}

impl Look {
    /// A plain look in a series colour.
    pub fn series(n: usize) -> Self {
        Look { ink: Ink::Series((n % 8) as u8), dash: Dash::Solid, marker: Marker::None, hatched: false, width: 1.6 }
    }

    /// The look of the n-th of several lines: colour, dash and marker all differ.
    pub fn nth(n: usize) -> Self {
        // Yellow is too light for a line on white paper, so it is passed over.
        let ink = Ink::Series([0, 1, 2, 3, 4, 5, 7][n % 7]);
        Look { ink, dash: Dash::ALL[n % 4], marker: Marker::ALL[n % 5], ..Look::series(0) }
    }

    /// Without markers.
    pub fn unmarked(self) -> Self {
        Look { marker: Marker::None, ..self }
    }

    /// With hatched surfaces.
    pub fn hatched(self) -> Self {
        Look { hatched: true, ..self }
    }
}

/// A rectangle of values: from `x[0]` to `x[1]`, from `y[0]` to `y[1]`.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Range {
    /// On the horizontal axis.
    pub x: [f64; 2],
    /// On the vertical axis.
    pub y: [f64; 2],
}

/// What is drawn, in values of the axes.
#[derive(Clone, Debug, PartialEq)]
pub enum Shape {
    /// A line through these points.
    Line(Vec<[f64; 2]>),
    /// Lines from a point to another.
    Segments(Vec<[[f64; 2]; 2]>),
    /// A line that keeps its height until the next point.
    Steps(Vec<[f64; 2]>),
    /// A surface between two staircases: x, from, to; each holds until the next x.
    Area(Vec<[f64; 3]>),
    /// Bars or spans.
    Ranges(Vec<Range>),
    /// Texts, each in the middle above a point.
    Labels(Vec<([f64; 2], String)>),
    /// Markers without intervals.
    Marks(Vec<[f64; 2]>),
    /// Points with intervals on the vertical axis: x, y, low, high.
    Points(Vec<[f64; 4]>),
    /// Points with intervals on the horizontal axis: x, y, low, high.
    PointsAcross(Vec<[f64; 4]>),
    /// Cells of a heat map: a rectangle, its shade from 0 to 1, and its text, of which as many lines are drawn as fit.
    Cells(Vec<(Range, f64, String)>),
}

/// A line across a panel, with a few words.
#[derive(Clone, Debug, PartialEq)]
pub struct Mark {
    /// Where.
    pub at: f64,
    /// Whether it goes from top to bottom.
    pub is_vertical: bool,
    /// The words.
    pub text: String,
    /// Where the words of a vertical line stand.
    pub words: Words,
}

/// Where the words of a vertical line stand.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Words {
    /// At its top.
    #[default]
    Top,
    /// At its bottom, as something else is at its top.
    Bottom,
    /// Above the panel, as what is drawn fills it.
    Above,
}

impl Mark {
    /// A line from top to bottom.
    pub fn vertical(at: f64, text: impl Into<String>) -> Self {
        Mark { at, is_vertical: true, text: text.into(), words: Words::Top }
    }

    /// A line from left to right.
    pub fn horizontal(at: f64, text: impl Into<String>) -> Self {
        Mark { is_vertical: false, ..Mark::vertical(at, text) }
    }
}
