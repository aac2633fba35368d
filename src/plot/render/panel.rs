//! A panel: axes, grid and series by a `ChartBuilder` of plotters, and the space that they need. How single series are
//! drawn is in `series`.

use super::canvas::{Area, Plot, dashed};
use super::font::Font;
use super::reference_lines::{VerticalLines, line_style};
use super::scene::units;
use super::series::{draw_series, line};
use super::{CAPTION, EDGE, TEXT, drawn, text_style};
use crate::plot::axis::{Axis, Tick};
use crate::plot::chart::{Geometry, Panel, ReferenceLine, Series};
use crate::plot::theme::{Color, Dash};
use plotters::chart::ChartBuilder;
use plotters::element::{PathElement, Text};
use plotters::style::Color as _;

/// The space to the right of the axes, in pixels: half the label of the last tick.
const RIGHT: f64 = EDGE + 8.0;
/// The length of ticks, in pixels. Labels are twice as far from their axis.
const TICK: f64 = 3.5;
/// The greatest width of a name at the vertical axis, as a share of the picture's width.
const WIDEST_NAME: f64 = 0.31;
/// The smallest distance between the labels of adjacent ticks, in pixels.
const BETWEEN: f64 = 12.0;

/// The space that the vertical axis of a panel needs for its ticks and label, in pixels from the edge of a picture of
/// this width.
pub fn room_left(panel: &Panel, width: f64, font: &Font) -> f64 {
    let wide = |tick: &Tick| font.width(&font.cut(&tick.text, TEXT, WIDEST_NAME * width), TEXT);
    let widest = panel.y.ticks(ticks_down(panel)).iter().map(wide).fold(0.0, f64::max);
    widest + 2.0 * TICK + 2.0 + if panel.y.label.is_empty() { 0.0 } else { 18.0 }
}

/// The greatest number of ticks that the vertical axis has room for.
fn ticks_down(panel: &Panel) -> usize {
    (panel.height / if panel.y.has_names() { 13.0 } else { 30.0 }) as usize
}

/// The positions of the parts of a panel.
pub struct PanelLayout<'a> {
    panel: &'a Panel,
    font: &'a Font,
    width: f64,
    left: f64,
    above: f64,
    below: f64,
    lines: VerticalLines,
}

impl<'a> PanelLayout<'a> {
    /// The layout of a panel in a picture of this width, with `left` pixels for the vertical axis.
    pub fn new(panel: &'a Panel, width: f64, left: f64, font: &'a Font) -> Self {
        assert!(panel.height > 0.0, "a panel has a height");
        let across = width - EDGE - left - RIGHT;
        let lines = VerticalLines::new(&panel.reference_lines, &panel.x, units(across), units(RIGHT - EDGE), font);
        let above = if panel.title.is_empty() { 10.0 } else { 28.0 } + f64::from(lines.room()) / 10.0;
        let below = if panel.x.label.is_empty() { 20.0 } else { 34.0 };
        PanelLayout { panel, font, width, left, above, below, lines }
    }

    /// The length of the horizontal axis, in pixels.
    fn across(&self) -> f64 {
        self.width - EDGE - self.left - RIGHT
    }

    /// The height that it needs, in pixels.
    pub fn height(&self) -> f64 {
        self.above + self.panel.height + self.below
    }

    /// Draws it on an area as wide as the picture and as high as it needs.
    pub fn draw(&self, area: &Area) {
        let Self { panel, font, .. } = *self;
        let mut plot = ChartBuilder::on(area)
            .margin_left(units(EDGE))
            .margin_right(units(RIGHT))
            .margin_top(units(self.above))
            .x_label_area_size(units(self.below))
            .y_label_area_size(units(self.left))
            .build_cartesian_2d(panel.x.clone(), panel.y.clone())
            .expect("a scene takes all that is drawn on it");
        if !panel.title.is_empty() {
            let at = (units(EDGE + self.left), units(8.0));
            let title = font.cut(&panel.title, CAPTION, self.across());
            drawn(area.draw(&Text::new(title.as_str(), at, text_style(CAPTION, Color::Muted))));
        }
        let (most_x, widest_x) = labels_across(&panel.x, self.across(), font);
        // From back to front: grid, surfaces, reference lines, lines and markers, labels, axes.
        self.grid(&mut plot, most_x);
        let is_surface = |s: &&Series| matches!(s.geometry, Geometry::Area(_) | Geometry::Bars(_) | Geometry::Cells(_));
        let is_label = |s: &&Series| matches!(s.geometry, Geometry::Labels(_));
        let (surfaces, others): (Vec<_>, Vec<_>) = panel.series.iter().partition(is_surface);
        let (labels, lines): (Vec<_>, Vec<_>) = others.into_iter().partition(is_label);
        surfaces.into_iter().for_each(|series| draw_series(&mut plot, series, panel));
        let is_seen = |mark: &&ReferenceLine| !mark.is_vertical && panel.y.holds(mark.at);
        for mark in panel.reference_lines.iter().filter(is_seen) {
            let ends = vec![(panel.x.from, mark.at), (panel.x.to, mark.at)];
            drawn(plot.plotting_area().draw(&PathElement::new(ends, line(&line_style(false)))));
        }
        self.lines.draw(&plot, &area.use_screen_coord());
        lines.into_iter().for_each(|series| draw_series(&mut plot, series, panel));
        // Labels avoid everything drawn before them, so they come last.
        labels.into_iter().for_each(|series| draw_series(&mut plot, series, panel));
        self.axes(&mut plot, most_x, widest_x);
    }

    fn grid(&self, plot: &mut Plot, most_x: usize) {
        let mut mesh = plot.configure_mesh();
        mesh.disable_axes().x_labels(most_x).y_labels(ticks_down(self.panel)).max_light_lines(0);
        if self.panel.x.has_names() {
            mesh.disable_x_mesh();
        }
        if self.panel.y.has_names() {
            mesh.disable_y_mesh();
        }
        drawn(mesh.bold_line_style(dashed(Color::Grid, Dash::Solid).stroke_width(10)).draw());
    }

    /// Draws the axes with their ticks and labels.
    fn axes(&self, plot: &mut Plot, most_x: usize, widest_x: f64) {
        let Self { panel, font, .. } = *self;
        let label = |axis: &Axis, value: f64, widest: f64| font.cut(&axis.text(value), TEXT, widest);
        let (x_label, y_label) =
            (|x: &f64| label(&panel.x, *x, widest_x), |y: &f64| label(&panel.y, *y, WIDEST_NAME * self.width));
        let style = text_style(TEXT, Color::Muted);
        let mut mesh = plot.configure_mesh();
        mesh.disable_mesh()
            .x_labels(most_x)
            .y_labels(ticks_down(panel))
            .max_light_lines(0)
            .set_all_tick_mark_size(units(TICK))
            .axis_style(dashed(Color::Text, Dash::Solid).stroke_width(10))
            .x_label_formatter(&x_label)
            .y_label_formatter(&y_label)
            .x_label_style(style.clone())
            .y_label_style(style.clone())
            .axis_desc_style(style);
        if !panel.x.label.is_empty() {
            mesh.x_desc(font.cut(&panel.x.full_label(), TEXT, self.across()));
        }
        if !panel.y.label.is_empty() {
            // The label reads upwards, and must not be longer than its axis.
            mesh.y_desc(font.cut(&panel.y.full_label(), TEXT, panel.height));
        }
        drawn(mesh.draw());
    }
}

/// The number of ticks of a horizontal axis of this width (in pixels) at which no label touches another, and the
/// greatest width of a label. Names are shortened rather than left out while they remain legible.
fn labels_across(axis: &Axis, width: f64, font: &Font) -> (usize, f64) {
    let shortest = if axis.has_names() { 60.0 } else { f64::INFINITY };
    for most in [10, 8, 6, 5, 4, 3, 2] {
        let ticks = axis.ticks(most);
        let pairs = || ticks.windows(2).map(|pair| (axis.place(pair[1].at) - axis.place(pair[0].at)) * width);
        let wide = |tick: &Tick| font.width(&tick.text, TEXT).min(shortest);
        let needed = ticks.windows(2).map(|pair| (wide(&pair[0]) + wide(&pair[1])) / 2.0 + BETWEEN);
        if pairs().zip(needed).all(|(room, needed)| needed <= room) {
            let room = pairs().fold(width, f64::min) - BETWEEN;
            return (most, if axis.has_names() { room } else { width });
        }
    }
    (1, width / 2.0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plot::axis::AxisUnit;

    #[test]
    fn labels_of_ticks_do_not_run_into_one_another() {
        let font = Font::new();
        let numbers = Axis::up_to("", AxisUnit::Number, 1_000_000.0);
        assert_eq!(labels_across(&numbers, 700.0, &font).0, 10);
        assert_eq!(numbers.ticks(labels_across(&numbers, 200.0, &font).0).len(), 3, "0, 500,000 and 1,000,000");
        let names = Axis::names("", ["weibull(geometry=1.4, scale=5m)"; 4].map(str::to_owned).to_vec());
        assert_eq!(labels_across(&names, 400.0, &font), (10, 88.0), "all four, cut");
        assert_eq!(names.ticks(labels_across(&names, 150.0, &font).0).len(), 2, "every second");
    }
}
