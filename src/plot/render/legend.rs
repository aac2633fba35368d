//! The legend: each name once, in rows above the panels, which share it. Plotters' own legend belongs to one panel, has
//! one column and covers the data. It also measures texts with a font of its own choice instead of the back end's, so
//! bytes would differ between machines.

use super::canvas::{Area, faded};
use super::font::Font;
use super::hatching::Hatching;
use super::markers::marker;
use super::reference_lines::line_style;
use super::scene::units;
use super::series::{line, point_marker};
use super::{EDGE, TEXT, drawn, text_style};
use crate::plot::chart::{Geometry, Panel, Series, Style};
use crate::plot::theme::Color;
use plotters::element::{PathElement, Rectangle, Text};
use plotters::style::Color as _;
use plotters::style::text_anchor::{HPos, Pos, VPos};

/// The height of a row, in pixels.
const ROW: f64 = 17.0;
/// The width of a swatch with the gap after it, in pixels.
const SWATCH: f64 = 30.0;
/// The greatest width of a name, in pixels.
const WIDEST: f64 = 420.0;

/// What a name in the legend stands for.
enum LegendSample<'a> {
    Series(&'a Series),
    Line,
}

/// A legend whose entries have been placed.
pub struct Legend<'a> {
    entries: Vec<(LegendSample<'a>, String, [f64; 2])>,
    rows: usize,
}

impl<'a> Legend<'a> {
    /// The distinct names of the panels, in the order of their first appearance, in rows of the given width in pixels.
    pub fn new(panels: &'a [Panel], width: f64, font: &Font) -> Self {
        let mut named: Vec<(LegendSample<'_>, &str)> = Vec::new();
        for panel in panels {
            let lines = panel.reference_lines.iter().filter(|line| !line.is_vertical);
            let lines = lines.map(|line| (LegendSample::Line, line.text.as_str()));
            let series = panel.series.iter().map(|series| (LegendSample::Series(series), series.name.as_str()));
            for (sample, name) in series.chain(lines) {
                if !name.is_empty() && !named.iter().any(|known| known.1 == name) {
                    named.push((sample, name));
                }
            }
        }
        let end = width - EDGE;
        let (mut x, mut row, mut entries) = (EDGE, 0, Vec::new());
        for (sample, name) in named {
            let name = font.cut(name, TEXT, WIDEST.min(end - EDGE - SWATCH));
            let width = SWATCH + font.width(&name, TEXT);
            if x > EDGE && x + width > end + 0.5 {
                (x, row) = (EDGE, row + 1);
            }
            entries.push((sample, name, [x, ROW * (row as f64 + 0.5) + 2.0]));
            x += width + 16.0;
        }
        Legend { rows: if entries.is_empty() { 0 } else { row + 1 }, entries }
    }

    /// The height that it needs, in pixels.
    pub fn height(&self) -> f64 {
        self.rows as f64 * ROW
    }

    /// Draws it on an area of the height that it needs.
    pub fn draw(&self, area: &Area) {
        let style = text_style(TEXT, Color::Text).pos(Pos::new(HPos::Left, VPos::Center));
        for (sample, name, at) in &self.entries {
            let [x, y] = at.map(units);
            match sample {
                LegendSample::Series(series) => draw_sample(area, series, (x, y)),
                LegendSample::Line => draw_line(area, &line_style(false), (x, y)),
            }
            drawn(area.draw(&Text::new(name.as_str(), (x + units(SWATCH), y), &style)));
        }
    }
}

fn draw_line(area: &Area, style: &Style, (x, y): (i32, i32)) {
    drawn(area.draw(&PathElement::new(vec![(x, y), (x + 240, y)], line(style))));
}

/// A sample of a series: a small surface, a line or a marker.
fn draw_sample(area: &Area, series: &Series, (x, y): (i32, i32)) {
    let style = &series.style;
    let form = match series.geometry {
        Geometry::Area(_) | Geometry::Bars(_) | Geometry::Cells(_) => {
            let corners = [(x, y - 55), (x + 240, y + 55)];
            drawn(area.draw(&Rectangle::new(corners, faded(style.color, style.opacity).filled())));
            if style.hatched {
                drawn(area.draw(&Hatching(corners)));
            }
            return;
        }
        Geometry::Labels(_) => return,
        Geometry::Line(_) | Geometry::Steps(_) | Geometry::Segments(_) => {
            draw_line(area, &Style { width: style.width.max(1.6), ..*style }, (x, y));
            style.marker
        }
        Geometry::Markers(_) | Geometry::Points(_) | Geometry::PointsAcross(_) => point_marker(style),
    };
    if let Some(element) = marker((x + 120, y), form, style.color) {
        drawn(area.draw(&element));
    }
}
