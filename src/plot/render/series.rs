//! Draws series of a chart as series and elements of plotters. Axes and grid are in `panel`.

use super::canvas::{Canvas, Plot, dashed, faded};
use super::cells;
use super::hatching::Hatching;
use super::labels::PanelLabels;
use super::markers::marker;
use super::scene::units;
use crate::plot::chart::{Bar, Geometry, Panel, Series, Style};
use crate::plot::theme::Marker;
use plotters::element::{Drawable, ErrorBar, PathElement, PointCollection, Polygon, Rectangle};
use plotters::series::LineSeries;
use plotters::style::{Color as _, ShapeStyle};
use std::borrow::Borrow;

/// The width of the lines of intervals, in grid units.
const INTERVAL: u32 = 12;
/// The length of the end marks of intervals, and the diameter of the dot in the middle, in grid units.
const ENDS: u32 = 68;

/// Draws elements on a panel.
pub fn draw<E, R>(plot: &mut Plot, elements: impl IntoIterator<Item = R>)
where
    for<'b> &'b E: PointCollection<'b, (f64, f64)>,
    E: Drawable<Canvas>,
    R: Borrow<E>,
{
    plot.draw_series(elements).expect("a scene takes all that is drawn on it");
}

/// Draws a series on its panel.
pub fn draw_series(plot: &mut Plot, series: &Series, panel: &Panel) {
    let style = &series.style;
    match &series.geometry {
        Geometry::Line(points) => {
            draw(plot, LineSeries::new(points.iter().map(|&[x, y]| (x, y)), line(style)));
            draw_markers(plot, points.iter().copied(), style.marker, style);
        }
        Geometry::Steps(points) => {
            // Plotters has no staircases, so the corners are computed here.
            let up = style.shift / panel.height * (panel.y.to - panel.y.from);
            let corners = staircase(points.iter().map(|&[x, y]| (x, y + up)));
            draw(plot, LineSeries::new(corners, line(style)));
        }
        Geometry::Segments(segments) => draw_segments(plot, segments, style),
        Geometry::Area(steps) => draw_area(plot, steps, style),
        Geometry::Bars(bars) => draw_bars(plot, bars, style),
        Geometry::Labels(labels) => {
            let labels = PanelLabels::new(labels, style.color, plot);
            draw(plot, [labels]);
        }
        Geometry::Markers(points) => draw_markers(plot, points.iter().copied(), point_marker(style), style),
        Geometry::Points(points) => {
            let bar = |&[x, y, low, high]: &[f64; 4]| ErrorBar::new_vertical(x, low, y, high, interval(style), ENDS);
            draw(plot, points.iter().map(bar));
            draw_markers(plot, points.iter().map(|p| [p[0], p[1]]), point_marker(style), style);
        }
        Geometry::PointsAcross(points) => {
            let bar = |&[x, y, low, high]: &[f64; 4]| ErrorBar::new_horizontal(y, low, x, high, interval(style), ENDS);
            draw(plot, points.iter().map(bar));
            draw_markers(plot, points.iter().map(|p| [p[0], p[1]]), point_marker(style), style);
        }
        Geometry::Cells(cells) => cells::draw_cells(plot, cells),
    }
}

/// The style of a series' lines.
pub fn line(style: &Style) -> ShapeStyle {
    dashed(style.color, style.dash).stroke_width(units(style.width).unsigned_abs())
}

fn interval(style: &Style) -> ShapeStyle {
    surface(style).stroke_width(INTERVAL)
}

fn surface(style: &Style) -> ShapeStyle {
    faded(style.color, style.opacity).filled()
}

/// The marker of a series of points, which always needs one to be visible.
pub fn point_marker(style: &Style) -> Marker {
    if style.marker == Marker::None { Marker::Circle } else { style.marker }
}

fn draw_markers(plot: &mut Plot, points: impl Iterator<Item = [f64; 2]>, form: Marker, style: &Style) {
    draw(plot, points.filter_map(|[x, y]| marker((x, y), form, style.color)));
}

fn draw_segments(plot: &mut Plot, segments: &[[[f64; 2]; 2]], style: &Style) {
    let path = |&[from, to]: &[[f64; 2]; 2]| PathElement::new(vec![(from[0], from[1]), (to[0], to[1])], line(style));
    draw(plot, segments.iter().map(path));
}

/// The corners of a line that keeps its height until the next point.
fn staircase(points: impl Iterator<Item = (f64, f64)>) -> Vec<(f64, f64)> {
    let mut corners: Vec<(f64, f64)> = Vec::new();
    for (x, y) in points {
        if let Some(&(_, before)) = corners.last()
            && before != y
        {
            corners.push((x, before));
        }
        corners.push((x, y));
    }
    corners
}

fn draw_area(plot: &mut Plot, steps: &[[f64; 3]], style: &Style) {
    let mut outline = staircase(steps.iter().map(|s| (s[0], s[2])));
    let mut lower = staircase(steps.iter().map(|s| (s[0], s[1])));
    lower.reverse();
    outline.extend(lower);
    draw(plot, [Polygon::new(outline, surface(style))]);
    if style.hatched {
        let pieces = steps.windows(2).filter(|w| w[0][1] < w[0][2]);
        draw(plot, pieces.map(|w| Hatching([(w[0][0], w[0][1]), (w[1][0], w[0][2])])));
    }
}

fn draw_bars(plot: &mut Plot, bars: &[Bar], style: &Style) {
    let corners = |bar: &Bar| [(bar.x[0], bar.y[0]), (bar.x[1], bar.y[1])];
    draw(plot, bars.iter().map(|bar| Rectangle::new(corners(bar), surface(style))));
    if style.hatched {
        draw(plot, bars.iter().map(|bar| Hatching(corners(bar))));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_staircase_keeps_its_height_until_the_next_point() {
        let corners = staircase([(0.0, 1.0), (2.0, 1.0), (3.0, 4.0)].into_iter());
        assert_eq!(corners, [(0.0, 1.0), (2.0, 1.0), (3.0, 1.0), (3.0, 4.0)]);
    }
}
