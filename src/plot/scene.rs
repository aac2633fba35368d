//! A picture as lines, surfaces and texts at pixels, before it is written in any format.

use super::theme::{Dash, Ink};

/// A picture.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Scene {
    /// Its width, in pixels.
    pub width: f64,
    /// Its height, in pixels.
    pub height: f64,
    /// What it shows, for those who do not see it.
    pub title: String,
    /// What is seen in it.
    pub description: String,
    /// What is drawn, from back to front.
    pub items: Vec<Item>,
}

/// Something that is drawn.
#[derive(Clone, Debug, PartialEq)]
pub enum Item {
    /// Lines through points, each by itself.
    Stroke {
        /// The lines.
        paths: Vec<Vec<[f64; 2]>>,
        /// The colour.
        ink: Ink,
        /// The width, in pixels.
        width: f64,
        /// How they are broken.
        dash: Dash,
    },
    /// Filled polygons.
    Fill {
        /// The polygons.
        paths: Vec<Vec<[f64; 2]>>,
        /// The colour.
        ink: Ink,
        /// From 0 (nothing is seen) to 1.
        opacity: f64,
    },
    /// A text.
    Text {
        /// Where its base line begins, is halved or ends.
        at: [f64; 2],
        /// The text.
        text: String,
        /// Height of letters, in pixels.
        size: f64,
        /// Which part of it stands at the point.
        anchor: Anchor,
        /// The colour.
        ink: Ink,
        /// Whether it is bold.
        bold: bool,
        /// Whether it is turned to read upwards.
        upwards: bool,
    },
}

/// Which part of a text stands at its point.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Anchor {
    /// The beginning.
    Start,
    /// The middle.
    Middle,
    /// The end.
    End,
}

/// The corners of a rectangle.
pub fn rectangle([x0, x1]: [f64; 2], [y0, y1]: [f64; 2]) -> Vec<[f64; 2]> {
    vec![[x0, y0], [x1, y0], [x1, y1], [x0, y1]]
}
