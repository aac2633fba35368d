//! Labels that avoid lines and one another. Plotters draws a text over whatever is there; this element examines what
//! has been drawn and takes the first free place around each point.

use super::canvas::{Canvas, Plot, paint};
use super::font::Font;
use super::scene::{Anchor, At, Item, Label};
use super::{LABEL, text_style};
use crate::plot::theme::Color;
use plotters::element::{Drawable, PointCollection};
use plotters::style::text_anchor::{HPos, Pos, VPos};
use plotters_backend::{BackendCoord, DrawingBackend, DrawingErrorKind};
use std::convert::Infallible;

/// The smallest distance between a text and a line, in grid units.
const MARGIN: i32 = 15;
/// The smallest distance between texts side by side, in grid units.
const BESIDE: i32 = 60;
/// The largest marker, in grid units.
const LARGEST_MARKER: i32 = 110;
/// The distance of a text from its point, in grid units.
const DISTANCE: i32 = 35;

/// Texts at points of a panel. They must be drawn after everything that they avoid. A text that finds no free place is
/// left out.
pub struct PanelLabels {
    points: Vec<(f64, f64)>,
    texts: Vec<String>,
    color: Color,
    /// The bounds of the panel, which labels do not leave.
    inside: LabelBounds,
}

impl PanelLabels {
    /// Texts, each close to its point of the panel.
    pub fn new(labels: &[([f64; 2], String)], color: Color, panel: &Plot) -> Self {
        let (x, y) = panel.plotting_area().get_pixel_range();
        let inside = LabelBounds { from: [x.start, y.start], to: [x.end, y.end] };
        let points = labels.iter().map(|([x, y], _)| (*x, *y)).collect();
        PanelLabels { points, texts: labels.iter().map(|(_, text)| text.clone()).collect(), color, inside }
    }
}

impl<'a> PointCollection<'a, (f64, f64)> for &'a PanelLabels {
    type Point = &'a (f64, f64);
    type IntoIter = &'a [(f64, f64)];

    fn point_iter(self) -> Self::IntoIter {
        &self.points
    }
}

impl Drawable<Canvas> for PanelLabels {
    fn draw<I: Iterator<Item = BackendCoord>>(
        &self,
        points: I,
        canvas: &mut Canvas,
        _: (u32, u32),
    ) -> Result<(), DrawingErrorKind<Infallible>> {
        for ((x, y), text) in points.zip(&self.texts) {
            let style = text_style(LABEL, self.color);
            let (width, height) = canvas.estimate_text_size(text, &style)?;
            let (width, height) = (width as i32, height as i32);
            let above = y - DISTANCE - height;
            let below = y + DISTANCE;
            // The candidate places around the point: above and below it; centred, to the right and to the left.
            let [left, right] = [self.inside.from[0] + BESIDE / 2, self.inside.to[0] - width];
            let lefts = [x - width / 2, x, x - width].map(|at| at.max(left).min(right));
            let places = [above, below].into_iter().flat_map(|top| lefts.map(|left| [left, top]));
            let free = |&[left, top]: &At| {
                let bounds = LabelBounds { from: [left, top], to: [left + width, top + height] };
                bounds.is_inside(self.inside) && bounds.is_free(canvas)
            };
            if let Some([left, top]) = places.into_iter().find(free) {
                let rimmed = paint(self.color, 1);
                let style = style.color(&rimmed).pos(Pos::new(HPos::Left, VPos::Top));
                canvas.draw_text(text, &style, (left, top))?;
            }
        }
        Ok(())
    }
}

/// A rectangle in grid units, for a text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LabelBounds {
    /// Left and top.
    pub from: At,
    /// Right and bottom.
    pub to: At,
}

impl LabelBounds {
    /// The bounds of a text.
    pub fn of(label: &Label, font: &Font) -> Self {
        let width = font.width(&label.text, f64::from(label.size)).ceil() as i32;
        let [x, base] = label.at;
        let left = match label.anchor {
            Anchor::Start => x,
            Anchor::Middle => x - width / 2,
            Anchor::End => x - width,
        };
        let (above, below) = (label.size * 8 / 10, label.size * 2 / 10);
        if label.upwards {
            // The text is turned around its point: its right is up.
            let before = x - left;
            return LabelBounds { from: [x - above, base + before - width], to: [x + below, base + before] };
        }
        LabelBounds { from: [left, base - above], to: [left + width, base + below] }
    }

    /// Whether it lies inside another.
    pub fn is_inside(self, other: LabelBounds) -> bool {
        (0..2).all(|n| other.from[n] <= self.from[n] && self.to[n] <= other.to[n])
    }

    /// Whether it overlaps no line (except grid lines), no marker and no text.
    fn is_free(self, canvas: &Canvas) -> bool {
        let is_clear = |item: &Item| match item {
            Item::Stroke { color: Color::Grid, .. } => true,
            // Markers are small surfaces. Larger surfaces may lie behind labels.
            Item::Fill { paths, .. } => {
                !paths.iter().filter_map(|path| marker_bounds(path)).any(|marker| marker.overlaps(self))
            }
            Item::Stroke { paths, width, .. } => {
                let around = self.widened([MARGIN + width / 2; 2]);
                !paths.iter().flat_map(|path| path.windows(2)).any(|line| around.meets(line[0], line[1]))
            }
            // Texts that read upwards are labels of axes, outside the panel.
            Item::Text(label) => {
                label.upwards || !LabelBounds::of(label, &canvas.font).widened([BESIDE, MARGIN]).overlaps(self)
            }
        };
        canvas.scene.items.iter().all(is_clear)
    }

    fn widened(self, [x, y]: At) -> Self {
        LabelBounds { from: [self.from[0] - x, self.from[1] - y], to: [self.to[0] + x, self.to[1] + y] }
    }

    /// Whether the two overlap.
    pub fn overlaps(self, other: LabelBounds) -> bool {
        (0..2).all(|n| self.from[n] < other.to[n] && other.from[n] < self.to[n])
    }

    /// Whether a line crosses it: the part of the line between each pair of sides is not empty (Liang and Barsky, 1984).
    fn meets(self, a: At, b: At) -> bool {
        let (mut from, mut to) = (0.0_f64, 1.0_f64);
        for n in 0..2 {
            let (start, step) = (f64::from(a[n]), f64::from(b[n] - a[n]));
            let (low, high) = (f64::from(self.from[n]), f64::from(self.to[n]));
            if step == 0.0 {
                if start <= low || start >= high {
                    return false;
                }
                continue;
            }
            let (enters, leaves) = ((low - start) / step, (high - start) / step);
            from = from.max(enters.min(leaves));
            to = to.min(enters.max(leaves));
        }
        from < to
    }
}

/// The bounds of a polygon that is as small as a marker.
fn marker_bounds(path: &[At]) -> Option<LabelBounds> {
    // Surfaces with many corners are not markers, so their bounds need not be computed.
    let first = *path.first().filter(|_| path.len() <= 40)?;
    let bounds = path.iter().fold(LabelBounds { from: first, to: first }, |b, at| LabelBounds {
        from: [b.from[0].min(at[0]), b.from[1].min(at[1])],
        to: [b.to[0].max(at[0]), b.to[1].max(at[1])],
    });
    (0..2).all(|n| bounds.to[n] - bounds.from[n] <= LARGEST_MARKER).then_some(bounds)
}

#[cfg(test)]
mod tests {
    use super::super::scene::Scene;
    use super::*;
    use crate::plot::axis::Axis;
    use plotters::prelude::{ChartBuilder, PathElement};

    fn placed(lines: &[[BackendCoord; 2]], labels: &[([f64; 2], String)]) -> Vec<Label> {
        let scene = Scene { width: 4_000, height: 1_000, ..Scene::default() };
        let scene = Canvas::draw(scene, Font::new(), |area| {
            for line in lines {
                area.draw(&PathElement::new(line.to_vec(), paint(Color::Text, 0))).unwrap();
            }
            let axis = |to: f64| Axis { from: 0.0, to, ..Axis::default() };
            let plot = ChartBuilder::on(area).build_cartesian_2d(axis(4_000.0), axis(1_000.0)).unwrap();
            plot.plotting_area().draw(&PanelLabels::new(labels, Color::Muted, &plot)).unwrap();
        });
        let texts = scene.items.into_iter().filter_map(|item| match item {
            Item::Text(label) => Some(label),
            _ => None,
        });
        texts.collect()
    }

    #[test]
    fn labels_keep_clear_of_lines_and_of_one_another() {
        let label = |x: f64, y: f64, text: &str| ([x, y], text.to_owned());
        let alone = placed(&[], &[label(2_000.0, 500.0, "10s after 1")]);
        assert!(alone[0].at[1] < 500 && alone[0].has_rim, "above its point: {alone:?}");
        let above = [(0, 440), (4_000, 440)];
        let under = placed(&[above], &[label(2_000.0, 500.0, "10s after 1")]);
        assert!(under[0].at[1] > 500, "below, as a line is above: {under:?}");
        let many: Vec<_> = (0..9).map(|_| label(2_000.0, 500.0, "10s after 1")).collect();
        let kept = placed(&[], &many);
        let at_the_edge = placed(&[], &[label(5.0, 500.0, "10s after 1")]);
        assert!(at_the_edge[0].at[0] > 0, "moved inside: {at_the_edge:?}");
        assert!((2..9).contains(&kept.len()), "those without a place are left out: {}", kept.len());
    }

    #[test]
    fn lines_meet_a_rectangle_or_not() {
        let bounds = LabelBounds { from: [10, 10], to: [20, 20] };
        assert!(bounds.meets([0, 0], [30, 30]) && bounds.meets([15, 0], [15, 30]) && bounds.meets([12, 12], [13, 13]));
        assert!(
            !bounds.meets([0, 15], [9, 15]) && !bounds.meets([0, 25], [25, 50]) && !bounds.meets([20, 0], [20, 30])
        );
    }
}
