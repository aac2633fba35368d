//! Series as lines and surfaces at pixels. What lies outside the axes is drawn at their ends.

use super::axis::Axis;
use super::chart::{Look, Panel, Range, Series, Shape};
use super::font::Font;
use super::scene::{Anchor, Item, rectangle};
use super::theme::{Dash, Ink, Marker};

/// How far apart the lines of a hatching are, in pixels.
const HATCH: f64 = 5.0;
/// The height of labels' letters, in pixels.
const LABEL: f64 = 10.5;
/// Half the width of a marker, in pixels.
const MARKER: f64 = 3.4;

/// Where a panel stands: its left and right end, its bottom and top, in pixels.
#[derive(Clone, Copy, Debug)]
pub struct Frame {
    /// Left and right.
    pub x: [f64; 2],
    /// Bottom and top.
    pub y: [f64; 2],
}

impl Frame {
    /// The place of a value of the horizontal axis.
    pub fn across(&self, axis: &Axis, value: f64) -> f64 {
        self.x[0] + axis.place(value).clamp(0.0, 1.0) * (self.x[1] - self.x[0])
    }

    /// The place of a value of the vertical axis.
    pub fn down(&self, axis: &Axis, value: f64) -> f64 {
        self.y[0] + axis.place(value).clamp(0.0, 1.0) * (self.y[1] - self.y[0])
    }

    fn point(&self, panel: &Panel, [x, y]: [f64; 2]) -> [f64; 2] {
        [self.across(&panel.x, x), self.down(&panel.y, y)]
    }

    fn corners(&self, panel: &Panel, range: &Range) -> [[f64; 2]; 2] {
        let x = range.x.map(|x| self.across(&panel.x, x));
        let y = range.y.map(|y| self.down(&panel.y, y));
        [x, y]
    }
}

/// Draws a series.
pub fn draw(items: &mut Vec<Item>, series: &Series, panel: &Panel, frame: &Frame, font: &Font) {
    let Look { ink, dash, width, marker: form, .. } = series.look;
    match &series.shape {
        Shape::Line(points) => {
            let points: Vec<_> = points.iter().map(|&p| frame.point(panel, p)).collect();
            marker(items, &points, form, ink);
            items.push(Item::Stroke { paths: vec![points], ink, width, dash });
        }
        Shape::Segments(segments) => {
            let paths = segments.iter().map(|s| s.map(|p| frame.point(panel, p)).to_vec()).collect();
            items.push(Item::Stroke { paths, ink, width, dash });
        }
        Shape::Labels(labels) => {
            // One that would stand on another is left out.
            let mut taken: Vec<[f64; 4]> = Vec::new();
            for (point, text) in labels {
                let [x, y] = frame.point(panel, *point);
                let half = font.width(text, LABEL) / 2.0;
                let at = [x.clamp(frame.x[0] + half + 3.0, frame.x[1] - half), y - 6.0];
                let space = [at[0] - half, at[0] + half, at[1] - LABEL, at[1]];
                if taken.iter().any(|t| t[0] < space[1] && space[0] < t[1] && t[2] < space[3] && space[2] < t[3]) {
                    continue;
                }
                taken.push(space);
                let (text, anchor) = (text.clone(), Anchor::Middle);
                items.push(Item::Text { at, text, size: LABEL, anchor, ink, bold: false, upwards: false });
            }
        }
        Shape::Marks(points) => {
            let points: Vec<_> = points.iter().map(|&p| frame.point(panel, p)).collect();
            marker(items, &points, if form == Marker::None { Marker::Circle } else { form }, ink);
        }
        Shape::Steps(points) => {
            let points: Vec<_> = points.iter().map(|&p| frame.point(panel, p)).collect();
            let path = staircase(&points);
            items.push(Item::Stroke { paths: vec![path], ink, width, dash });
        }
        Shape::Area(steps) => area(items, steps, series, panel, frame),
        Shape::Ranges(ranges) => {
            let paths = ranges.iter().map(|r| {
                let [x, y] = frame.corners(panel, r);
                // What is there is seen, however short.
                rectangle([x[0], x[1].max(x[0] + 0.7)], y)
            });
            fill(items, paths.collect(), &series.look);
        }
        Shape::Points(points) => {
            let bars = points.iter().map(|&[x, _, low, high]| {
                let (x, low, high) = (frame.across(&panel.x, x), frame.down(&panel.y, low), frame.down(&panel.y, high));
                [[[x, low], [x, high]], [[x - 4.0, low], [x + 4.0, low]], [[x - 4.0, high], [x + 4.0, high]]]
            });
            whiskers(items, bars.flatten().collect(), ink);
            let at: Vec<_> = points.iter().map(|&[x, y, ..]| frame.point(panel, [x, y])).collect();
            marker(items, &at, if form == Marker::None { Marker::Circle } else { form }, ink);
        }
        Shape::PointsAcross(points) => {
            let bars = points.iter().map(|&[_, y, low, high]| {
                let (y, low, high) =
                    (frame.down(&panel.y, y), frame.across(&panel.x, low), frame.across(&panel.x, high));
                [[[low, y], [high, y]], [[low, y - 4.0], [low, y + 4.0]], [[high, y - 4.0], [high, y + 4.0]]]
            });
            whiskers(items, bars.flatten().collect(), ink);
            let at: Vec<_> = points.iter().map(|&[x, y, ..]| frame.point(panel, [x, y])).collect();
            marker(items, &at, if form == Marker::None { Marker::Circle } else { form }, ink);
        }
        Shape::Cells(cells) => cells.iter().for_each(|cell| draw_cell(items, cell, panel, frame, font)),
    }
}

fn whiskers(items: &mut Vec<Item>, bars: Vec<[[f64; 2]; 2]>, ink: Ink) {
    let paths = bars.into_iter().map(|bar| bar.to_vec()).collect();
    items.push(Item::Stroke { paths, ink, width: 1.2, dash: Dash::Solid });
}

/// A line that keeps its height until the next point.
fn staircase(points: &[[f64; 2]]) -> Vec<[f64; 2]> {
    let mut path: Vec<[f64; 2]> = Vec::new();
    for &[x, y] in points {
        if let Some(&[_, before]) = path.last()
            && before != y
        {
            path.push([x, before]);
        }
        path.push([x, y]);
    }
    path
}

fn area(items: &mut Vec<Item>, steps: &[[f64; 3]], series: &Series, panel: &Panel, frame: &Frame) {
    let edge = |n: usize| {
        let points: Vec<_> = steps.iter().map(|s| frame.point(panel, [s[0], s[n]])).collect();
        staircase(&points)
    };
    let (mut outline, mut back) = (edge(2), edge(1));
    back.reverse();
    outline.extend(back);
    if outline.len() < 3 {
        return;
    }
    items.push(Item::Fill { paths: vec![outline], ink: series.look.ink, opacity: 1.0 });
    if series.look.hatched {
        let pieces = steps.windows(2).filter(|w| w[0][1] < w[0][2]).map(|w| {
            let x = [w[0][0], w[1][0]].map(|x| frame.across(&panel.x, x));
            rectangle(x, [w[0][1], w[0][2]].map(|y| frame.down(&panel.y, y)))
        });
        let lines = pieces.flat_map(|piece| hatching(&piece)).collect();
        items.push(Item::Stroke { paths: lines, ink: Ink::Paper, width: 1.2, dash: Dash::Solid });
    }
}

/// Fills rectangles, hatched if they are to be.
pub fn fill(items: &mut Vec<Item>, paths: Vec<Vec<[f64; 2]>>, look: &Look) {
    let lines: Vec<_> = if look.hatched { paths.iter().flat_map(|p| hatching(p)).collect() } else { Vec::new() };
    items.push(Item::Fill { paths, ink: look.ink, opacity: 1.0 });
    if !lines.is_empty() {
        items.push(Item::Stroke { paths: lines, ink: Ink::Paper, width: 1.2, dash: Dash::Solid });
    }
}

/// Slanted lines across a rectangle; those of neighbours meet.
fn hatching(corners: &[[f64; 2]]) -> Vec<Vec<[f64; 2]>> {
    let bounds = |n: usize| {
        let all = corners.iter().map(|c| c[n]);
        (all.clone().fold(f64::INFINITY, f64::min), all.fold(f64::NEG_INFINITY, f64::max))
    };
    let ((left, right), (top, bottom)) = (bounds(0), bounds(1));
    // The lines x + y = k·HATCH.
    let first = ((left + top) / HATCH).ceil() as i64;
    let last = ((right + bottom) / HATCH).floor() as i64;
    let line = |k: i64| {
        let sum = k as f64 * HATCH;
        let from = (sum - bottom).max(left);
        let to = (sum - top).min(right);
        (to > from).then(|| vec![[from, sum - from], [to, sum - to]])
    };
    (first..=last.min(first + 2_000)).filter_map(line).collect()
}

/// Draws markers.
pub fn marker(items: &mut Vec<Item>, at: &[[f64; 2]], form: Marker, ink: Ink) {
    let m = MARKER;
    let shape: &[[f64; 2]] = match form {
        Marker::None => return,
        Marker::Cross => {
            let arms = [[[-m, -m], [m, m]], [[-m, m], [m, -m]]];
            let lines = at.iter().flat_map(|p| arms.map(|arm| arm.map(|d| [p[0] + d[0], p[1] + d[1]]).to_vec()));
            return items.push(Item::Stroke { paths: lines.collect(), ink, width: 1.8, dash: Dash::Solid });
        }
        Marker::Square => &[[-m, -m], [m, -m], [m, m], [-m, m]],
        Marker::Triangle => &[[0.0, -m * 1.2], [m * 1.15, m], [-m * 1.15, m]],
        Marker::Diamond => &[[0.0, -m * 1.3], [m * 1.3, 0.0], [0.0, m * 1.3], [-m * 1.3, 0.0]],
        // A circle of eight corners and more is round enough at this size.
        Marker::Circle => &[
            [3.4, 0.0],
            [3.0, 1.6],
            [2.0, 2.8],
            [0.6, 3.4],
            [-0.6, 3.4],
            [-2.0, 2.8],
            [-3.0, 1.6],
            [-3.4, 0.0],
            [-3.0, -1.6],
            [-2.0, -2.8],
            [-0.6, -3.4],
            [0.6, -3.4],
            [2.0, -2.8],
            [3.0, -1.6],
        ],
    };
    let paths = at.iter().map(|p| shape.iter().map(|d| [p[0] + d[0], p[1] + d[1]]).collect()).collect();
    items.push(Item::Fill { paths, ink, opacity: 1.0 });
}

fn draw_cell(
    items: &mut Vec<Item>,
    (range, shade, text): &(Range, f64, String),
    panel: &Panel,
    frame: &Frame,
    font: &Font,
) {
    let [x, y] = frame.corners(panel, range);
    let step = (shade.clamp(0.0, 1.0) * 9.0).round() as u8;
    items.push(Item::Fill { paths: vec![rectangle(x, y)], ink: Ink::Ramp(step), opacity: 1.0 });
    let (size, line) = (11.0, 14.0);
    let fits = |lines: &[&str]| {
        let width = lines.iter().map(|text| font.width(text, size)).fold(0.0, f64::max);
        width + 4.0 <= x[1] - x[0] && lines.len() as f64 * line - 1.0 <= (y[0] - y[1]).abs()
    };
    // All of it, or the first line, or nothing.
    let lines: Vec<&str> = text.split('\n').collect();
    let Some(lines) = [&lines[..], &lines[..1]].into_iter().find(|lines| fits(lines)) else { return };
    // Dark on light cells and light on dark ones, in every theme.
    let ink = if step >= 5 { Ink::Ramp(0) } else { Ink::Ramp(9) };
    let top = (y[0] + y[1]) / 2.0 + 4.0 - line * (lines.len() - 1) as f64 / 2.0;
    for (n, text) in lines.iter().enumerate() {
        let (at, text) = ([(x[0] + x[1]) / 2.0, top + line * n as f64], (*text).to_owned());
        items.push(Item::Text { at, text, size, anchor: Anchor::Middle, ink, bold: false, upwards: false });
    }
}
