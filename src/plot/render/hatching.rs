//! Hatching, by which surfaces differ even without colours. Plotters has no patterns, and patterns of SVG would be
//! missing in the PNG, so hatching is drawn as lines over the filled rectangle.

use super::canvas::{Canvas, paint};
use crate::plot::theme::Color;
use plotters::element::{Drawable, PointCollection};
use plotters::style::Color as _;
use plotters_backend::{BackendCoord, DrawingBackend, DrawingErrorKind};
use std::convert::Infallible;

/// The horizontal distance of lines, in grid units.
const DISTANCE: i32 = 50;
/// The width of lines, in grid units.
const WIDTH: u32 = 12;

/// Slanted lines across the rectangle with these two corners. The lines of adjacent rectangles join.
pub struct Hatching<Coord>(pub [Coord; 2]);

impl<'a, Coord> PointCollection<'a, Coord> for &'a Hatching<Coord> {
    type Point = &'a Coord;
    type IntoIter = &'a [Coord];

    fn point_iter(self) -> &'a [Coord] {
        &self.0
    }
}

impl<Coord> Drawable<Canvas> for Hatching<Coord> {
    fn draw<I: Iterator<Item = BackendCoord>>(
        &self,
        mut points: I,
        canvas: &mut Canvas,
        _: (u32, u32),
    ) -> Result<(), DrawingErrorKind<Infallible>> {
        let corners = (points.next(), points.next());
        let (Some(a), Some(b)) = corners else { unreachable!("a rectangle has two corners") };
        let style = paint(Color::Paper, 0).stroke_width(WIDTH);
        lines(a, b).into_iter().try_for_each(|[from, to]| canvas.draw_line(from, to, &style))
    }
}

/// The lines x + y = k · [`DISTANCE`] inside a rectangle.
fn lines(a: BackendCoord, b: BackendCoord) -> Vec<[BackendCoord; 2]> {
    let (left, right) = (a.0.min(b.0), a.0.max(b.0));
    let (top, bottom) = (a.1.min(b.1), a.1.max(b.1));
    let first = (left + top).div_euclid(DISTANCE) + 1;
    let last = (right + bottom).div_euclid(DISTANCE);
    let line = |k: i32| {
        let sum = k * DISTANCE;
        let (from, to) = ((sum - bottom).max(left), (sum - top).min(right));
        (to > from).then_some([(from, sum - from), (to, sum - to)])
    };
    (first..=last).filter_map(line).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_stay_inside_and_meet_those_of_neighbours() {
        let inside = lines((0, 0), (120, 60));
        assert_eq!(inside, [[(0, 50), (50, 0)], [(40, 60), (100, 0)], [(90, 60), (120, 30)]]);
        let beside = lines((120, 60), (240, 0));
        assert_eq!(beside[0], [(120, 30), (150, 0)], "goes on where the third ended");
    }
}
