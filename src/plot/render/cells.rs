//! The cells of a heat map: filled rectangles of plotters, with as much of their text as fits. Plotters itself does not
//! check whether a text fits.

use super::canvas::{Plot, paint};
use super::series::draw;
use super::text_style;
use crate::plot::chart::Bar;
use crate::plot::theme::Color;
use plotters::element::{Rectangle, Text};
use plotters::style::Color as _;
use plotters::style::text_anchor::{HPos, Pos, VPos};

/// The size of the text, in pixels.
const SIZE: f64 = 11.0;
/// The distance of base lines, in grid units.
const LINE: i32 = 140;
/// The space at both sides of a text, in grid units.
const MARGIN: i32 = 40;

/// Draws the cells of a heat map: rectangle, shade from 0 to 1, text.
pub fn draw_cells(plot: &mut Plot, cells: &[(Bar, f64, String)]) {
    let corners = |bar: &Bar| [(bar.x[0], bar.y[0]), (bar.x[1], bar.y[1])];
    draw(plot, cells.iter().map(|(bar, shade, _)| Rectangle::new(corners(bar), paint(ramp(*shade), 0).filled())));
    for (bar, shade, text) in cells {
        // Dark text on light cells and light text on dark cells, in every theme.
        let color = if matches!(ramp(*shade), Color::Ramp(5..)) { Color::Ramp(0) } else { Color::Ramp(9) };
        let style = text_style(SIZE, color).pos(Pos::new(HPos::Center, VPos::Center));
        let area = plot.plotting_area().use_screen_coord();
        let [a, b] = corners(bar).map(|corner| plot.backend_coord(&corner));
        let (width, height) = ((b.0 - a.0).abs() - MARGIN, (b.1 - a.1).abs());
        let fits = |lines: &[&str]| {
            let wide = |text: &&str| area.estimate_text_size(text, &style).map_or(i32::MAX, |size| size.0 as i32);
            lines.iter().map(wide).all(|wide| wide <= width) && lines.len() as i32 * LINE - 10 <= height
        };
        // All lines if they fit, else the first one, else nothing.
        let lines: Vec<&str> = text.split('\n').collect();
        let Some(lines) = [&lines[..], &lines[..1]].into_iter().find(|lines| fits(lines)) else { continue };
        let middle = ((a.0 + b.0) / 2, (a.1 + b.1) / 2);
        for (n, line) in lines.iter().enumerate() {
            let down = (2 * n as i32 + 1 - lines.len() as i32) * LINE / 2;
            let text = Text::new(*line, (middle.0, middle.1 + down), &style);
            area.draw(&text).expect("a scene takes all that is drawn on it");
        }
    }
}

fn ramp(shade: f64) -> Color {
    Color::Ramp((shade.clamp(0.0, 1.0) * 9.0).round() as u8)
}
