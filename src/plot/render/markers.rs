//! Markers of points. Circles and crosses are elements of plotters. Squares, triangles and diamonds are drawn as
//! polygons: plotters has no squares and diamonds, and its triangle uses the platform's sine.

use super::canvas::{Canvas, dashed, paint};
use crate::plot::theme::{Color, Dash, Marker};
use plotters::element::{Circle, Cross, DynElement, EmptyElement, IntoDynElement, Polygon};
use plotters::style::Color as _;

/// Half the width of a marker, in grid units.
const HALF: i32 = 34;

/// A marker at a point; nothing for [`Marker::None`].
pub fn marker<C: Clone + 'static>(at: C, form: Marker, color: Color) -> Option<DynElement<'static, Canvas, C>> {
    let style = paint(color, 0).filled();
    let corners = match form {
        Marker::None => return None,
        Marker::Circle => return Some(Circle::new(at, HALF, style).into_dyn()),
        Marker::Cross => return Some(Cross::new(at, HALF, dashed(color, Dash::Solid).stroke_width(18)).into_dyn()),
        Marker::Square => vec![(-HALF, -HALF), (HALF, -HALF), (HALF, HALF), (-HALF, HALF)],
        Marker::Triangle => vec![(0, -41), (39, HALF), (-39, HALF)],
        Marker::Diamond => vec![(0, -44), (44, 0), (0, 44), (-44, 0)],
    };
    Some((EmptyElement::at(at) + Polygon::new(corners, style)).into_dyn())
}
