//! Lines across a panel. Plotters does not keep their texts from overlapping one another or the data. So texts of
//! vertical lines are written above the panel, in as many rows as they need, and those of horizontal lines are in the
//! legend.

use super::canvas::{Area, Plot};
use super::font::Font;
use super::scene::{UNITS, units};
use super::series::line;
use super::{TEXT, drawn, text_style};
use crate::plot::axis::Axis;
use crate::plot::chart::{ReferenceLine, Style};
use crate::plot::theme::{Color, Dash};
use plotters::coord::ranged1d::Ranged as _;
use plotters::element::{PathElement, Text};
use plotters::style::text_anchor::{HPos, Pos, VPos};

/// The height of a row of texts, in grid units.
const ROW: i32 = 14 * UNITS;
/// The distance between a line and its text, in grid units.
const GAP: i32 = 4 * UNITS;

/// The style of reference lines.
pub fn line_style(is_vertical: bool) -> Style {
    let (width, dash) = if is_vertical { (1.0, Dash::Short) } else { (1.2, Dash::Long) };
    Style { color: Color::Text, width, dash, ..Style::series(0) }
}

/// A vertical line and its text.
#[derive(Clone, Debug, PartialEq, Eq)]
struct PlacedLine {
    /// Its position, in grid units from the left end of the axis.
    x: i32,
    /// Its text; empty if it shares the text of an adjacent line.
    text: String,
    /// Whether the text is to the left of the line, because there is no space on the right.
    is_left: bool,
    /// The row of the text, counted from the panel upwards.
    row: i32,
}

/// The vertical lines of a panel, with the positions of their texts.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct VerticalLines(Vec<PlacedLine>);

impl VerticalLines {
    /// Finds positions above an axis that is `width` grid units long, with `beyond` more to the right of its end.
    pub fn new(lines: &[ReferenceLine], axis: &Axis, width: i32, beyond: i32, font: &Font) -> Self {
        let at = |line: &ReferenceLine| (axis.map(&line.at, (0, width)), line.text.clone());
        let mut at: Vec<(i32, String)> =
            lines.iter().filter(|line| line.is_vertical && axis.holds(line.at)).map(at).collect();
        at.sort();
        let wide = |text: &str| units(font.width(text, TEXT)) + 2 * GAP;
        let merged = merged(at, wide);
        let end = width + beyond;
        let mut placed: Vec<PlacedLine> = Vec::new();
        // A text on the left extends over earlier lines, so these lines must have their texts on the left too.
        let mut left_from = end;
        for (x, text) in merged.iter().rev() {
            if x + wide(text) > end || *x > left_from {
                left_from = left_from.min(x - wide(text));
            }
        }
        // Texts on the left are placed from left to right, then texts on the right from right to left. So where two
        // texts overlap, the later one is in a higher row, and no line crosses a text.
        let is_left = |x: i32, text: &str| x + wide(text) > end || x > left_from;
        let (left, right): (Vec<_>, Vec<_>) = merged.into_iter().partition(|(x, text)| is_left(*x, text));
        let ordered = left.into_iter().map(|one| (one, true)).chain(right.into_iter().rev().map(|one| (one, false)));
        let span = |p: &PlacedLine| if p.is_left { [p.x - wide(&p.text), p.x] } else { [p.x, p.x + wide(&p.text)] };
        for ((x, text), is_left) in ordered {
            let mut one = PlacedLine { x, text, is_left, row: 0 };
            if !one.text.is_empty() {
                let [from, to] = span(&one);
                let overlaps = |p: &&PlacedLine| !p.text.is_empty() && span(p)[0] <= to && from <= span(p)[1];
                one.row = placed.iter().filter(overlaps).map(|p| p.row + 1).max().unwrap_or(0);
            }
            placed.push(one);
        }
        VerticalLines(placed)
    }

    /// The space that the texts need above the panel, in grid units.
    pub fn room(&self) -> i32 {
        self.0.iter().filter(|one| !one.text.is_empty()).map(|one| (one.row + 1) * ROW).max().unwrap_or(0)
    }

    /// Draws the lines through the panel and up to their texts, and the texts.
    pub fn draw(&self, plot: &Plot, root: &Area) {
        let x_range = plot.plotting_area().get_x_axis_pixel_range();
        let y_range = plot.plotting_area().get_y_axis_pixel_range();
        for one in &self.0 {
            let x = x_range.start + one.x;
            // The line ends at half the height of its text.
            let row_middle = y_range.start - one.row * ROW - ROW / 2;
            let top = if one.text.is_empty() { y_range.start } else { row_middle };
            drawn(root.draw(&PathElement::new(vec![(x, y_range.end), (x, top)], line(&line_style(true)))));
            let (x, anchor) = if one.is_left { (x - GAP, HPos::Right) } else { (x + GAP, HPos::Left) };
            let style = text_style(TEXT, Color::Text).pos(Pos::new(anchor, VPos::Center));
            if !one.text.is_empty() {
                drawn(root.draw(&Text::new(one.text.as_str(), (x, row_middle), &style)));
            }
        }
    }
}

/// Adjacent lines with the same text that are closer than the text is wide share it: the first has the text with a
/// number, the others have none.
fn merged(lines: Vec<(i32, String)>, wide: impl Fn(&str) -> i32) -> Vec<(i32, String)> {
    let mut merged: Vec<(i32, String)> = Vec::new();
    let mut first = 0;
    let mut count = 1;
    for (x, text) in lines {
        let is_same = merged.get(first).is_some_and(|(at, words): &(i32, String)| {
            let words = words.split(" ×").next().unwrap_or_default();
            words == text && !text.is_empty() && x - at < wide(&text)
        });
        if is_same {
            count += 1;
            merged[first].1 = format!("{text} ×{count}");
            merged.push((x, String::new()));
        } else {
            (first, count) = (merged.len(), 1);
            merged.push((x, text));
        }
    }
    merged
}

#[cfg(test)]
mod tests {
    use super::*;

    fn placed(lines: &[(f64, &str)]) -> Vec<(i32, String, bool, i32)> {
        let axis = Axis { from: 0.0, to: 1_000.0, ..Axis::default() };
        let lines: Vec<_> = lines.iter().map(|(at, text)| ReferenceLine::vertical(*at, *text)).collect();
        let placed = VerticalLines::new(&lines, &axis, 10_000, 100, &Font::new()).0;
        let mut placed: Vec<_> = placed.into_iter().map(|p| (p.x, p.text, p.is_left, p.row)).collect();
        placed.sort();
        placed
    }

    #[test]
    fn a_line_beyond_the_axis_is_not_drawn() {
        assert!(placed(&[(-1.0, "before"), (1_001.0, "after")]).is_empty());
    }

    #[test]
    fn words_stand_beside_one_another_or_in_rows() {
        let apart = placed(&[(100.0, "Complete"), (500.0, "Failed")]);
        assert!(apart.iter().all(|(_, _, is_left, row)| !is_left && *row == 0), "{apart:?}");
        let close = placed(&[(500.0, "controllers restart"), (510.0, "Failed")]);
        assert_eq!((close[0].3, close[1].3), (1, 0), "the left line's words pass above the right line");
        let at_the_end = placed(&[(960.0, "controllers restart"), (990.0, "Complete")]);
        assert_eq!((at_the_end[0].2, at_the_end[1].2), (true, true), "no room on the right");
        assert_eq!((at_the_end[0].3, at_the_end[1].3), (0, 1));
    }

    #[test]
    fn equal_words_close_together_are_said_once() {
        let texts: Vec<String> = placed(&[(500.0, "reset"), (505.0, "reset"), (510.0, "reset"), (900.0, "reset")])
            .into_iter()
            .map(|p| p.1)
            .collect();
        assert_eq!(texts, ["reset ×3", "", "", "reset"]);
    }
}
