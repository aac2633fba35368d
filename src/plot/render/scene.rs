//! A picture as lines, surfaces and texts, before it is written as SVG or PNG. Coordinates are integers in a grid ten
//! times finer than a pixel, which is also the precision of the SVG. So every format draws the same picture, and no
//! number depends on how a machine rounds. What the picture means is not known here.

use crate::plot::theme::{Color, Dash};

/// Grid units per pixel.
pub const UNITS: i32 = 10;

/// Pixels in grid units.
pub fn units(pixels: f64) -> i32 {
    (pixels * f64::from(UNITS)).round() as i32
}

/// A point, in grid units; y grows downwards.
pub type At = [i32; 2];

/// A picture.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Scene {
    /// Its width, in grid units.
    pub width: i32,
    /// Its height, in grid units.
    pub height: i32,
    /// Its title, for readers who cannot see it.
    pub title: String,
    /// Its description, for readers who cannot see it.
    pub description: String,
    /// What is drawn, from back to front.
    pub items: Vec<Item>,
}

/// Something that is drawn.
#[derive(Clone, Debug, PartialEq)]
pub enum Item {
    /// Lines through points.
    Stroke {
        /// The lines.
        paths: Vec<Vec<At>>,
        /// The colour.
        color: Color,
        /// The width, in grid units.
        width: i32,
        /// The dashes.
        dash: Dash,
    },
    /// Filled polygons.
    Fill {
        /// The polygons.
        paths: Vec<Vec<At>>,
        /// The colour.
        color: Color,
        /// From 0 (invisible) to 1.
        opacity: f64,
    },
    /// A text.
    Text(Label),
}

/// A text and its position.
#[derive(Clone, Debug, PartialEq)]
pub struct Label {
    /// The point of the base line that `anchor` names.
    pub at: At,
    /// The text.
    pub text: String,
    /// The size of the font, in grid units.
    pub size: i32,
    /// Which part of the text is at the point.
    pub anchor: Anchor,
    /// The colour.
    pub color: Color,
    /// Whether it is bold.
    pub bold: bool,
    /// Whether it is turned to read upwards.
    pub upwards: bool,
    /// Whether it has a rim in the colour of the background, to be legible over other items.
    pub has_rim: bool,
}

/// Which part of a text is at its point.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Anchor {
    /// The beginning.
    Start,
    /// The middle.
    Middle,
    /// The end.
    End,
}

impl Scene {
    /// Adds a polygon. Consecutive polygons of one colour become one item, which keeps files small.
    pub fn fill(&mut self, path: Vec<At>, color: Color, opacity: f64) {
        debug_assert!(path.len() > 2, "a polygon has three corners or more");
        match self.items.last_mut() {
            Some(Item::Fill { paths, color: c, opacity: o }) if (*c, *o) == (color, opacity) => paths.push(path),
            _ => self.items.push(Item::Fill { paths: vec![path], color, opacity }),
        }
    }

    /// Adds a line. Lines of one style become one item, even if plain texts are added between them: ticks alternate
    /// with their texts, and do not overlap them.
    pub fn stroke(&mut self, path: Vec<At>, color: Color, width: i32, dash: Dash) {
        debug_assert!(path.len() > 1, "a line has two ends");
        let is_drawing = |item: &&mut Item| !matches!(item, Item::Text(label) if !label.has_rim);
        match self.items.iter_mut().rev().find(is_drawing) {
            Some(Item::Stroke { paths, color: c, width: w, dash: d }) if (*c, *w, *d) == (color, width, dash) => {
                paths.push(path);
            }
            _ => self.items.push(Item::Stroke { paths: vec![path], color, width, dash }),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn items_of_one_style_are_one() {
        let mut scene = Scene::default();
        let line = |x: i32| vec![[x, 0], [x, 5]];
        scene.stroke(line(0), Color::Text, 10, Dash::Solid);
        scene.stroke(line(1), Color::Text, 10, Dash::Solid);
        scene.stroke(line(2), Color::Text, 12, Dash::Solid);
        scene.fill(vec![[0, 0], [1, 0], [1, 1]], Color::Grid, 1.0);
        scene.fill(vec![[2, 0], [3, 0], [3, 1]], Color::Grid, 1.0);
        scene.fill(vec![[2, 0], [3, 0], [3, 1]], Color::Grid, 0.5);
        let sizes = scene.items.iter().map(|item| match item {
            Item::Stroke { paths, .. } | Item::Fill { paths, .. } => paths.len(),
            Item::Text(_) => 0,
        });
        assert_eq!(sizes.collect::<Vec<_>>(), [2, 1, 2, 1]);
    }
}
