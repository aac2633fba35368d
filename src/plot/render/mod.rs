//! From a chart to a picture: title, legend, panels and caption from top to bottom, drawn by plotters on a [`Scene`],
//! which is then written as SVG or PNG. What is shown is decided in `kinds`.
//!
//! | part | by |
//! | --- | --- |
//! | axes, ticks, grid, series, markers, intervals | plotters, on our back end ([`canvas`]) and coordinate ([`coord`]) |
//! | places of labels, words at lines, hatching, the legend, texts of cells | elements of our own on plotters' areas |

mod canvas;
mod cells;
mod coord;
mod font;
mod hatching;
mod labels;
mod legend;
mod markers;
mod panel;
mod png;
mod reference_lines;
mod scene;
mod series;
mod svg;

pub use png::png;
pub use scene::Scene;
pub use svg::{STYLE, svg, svg_inline};

use super::chart::{Chart, Panel};
use super::theme::Color;
use canvas::{Area, Canvas, paint};
use font::{FAMILY, Font};
use legend::Legend;
use panel::{PanelLayout, room_left};
use plotters::drawing::DrawingAreaErrorKind;
use plotters::element::Text;
use plotters::style::{FontDesc, FontFamily, FontStyle, TextStyle};
use scene::units;
use std::convert::Infallible;

/// The default width of a picture, in pixels.
pub const WIDTH: u32 = 820;
/// The width of a picture for a narrow screen, in pixels. Text keeps its size, so it remains legible.
pub const NARROW: u32 = 372;
/// The smallest and the largest width of a picture, in pixels.
pub const WIDTHS: [u32; 2] = [320, 4_000];
/// The largest height of a panel in a thumbnail, in pixels.
const THUMBNAIL: f64 = 150.0;
/// The space at its edges, in pixels.
const EDGE: f64 = 14.0;
/// The size of the title, in pixels.
const TITLE: f64 = 15.0;
/// The size of the caption, in pixels.
const CAPTION: f64 = 12.0;
/// The space above the caption, in pixels.
const CAPTION_TOP: f64 = 8.0;
/// The size of the text at ticks, at lines and in the legend, in pixels.
const TEXT: f64 = 11.0;
/// The size of labels in panels, in pixels.
const LABEL: f64 = 10.5;

impl Chart {
    /// The chart as a picture of the default width.
    pub fn scene(&self) -> Scene {
        self.scene_of_width(WIDTH)
    }

    /// A small picture of the first panel without any text, to be used as a link to the whole picture.
    pub fn thumbnail(&self) -> Scene {
        let mut panels: Vec<Panel> = self.panels.iter().take(1).cloned().collect();
        panels.iter_mut().for_each(|panel| panel.height = panel.height.min(THUMBNAIL));
        Chart { title: String::new(), caption: String::new(), panels, ..self.clone() }.scene_of_width(NARROW)
    }

    /// The chart as a picture of this width in pixels, limited to [`WIDTHS`]. Text has the same size at any width: a
    /// narrow picture has fewer ticks, shorter names and more lines of text.
    pub fn scene_of_width(&self, width: u32) -> Scene {
        let font = Font::new();
        let width = f64::from(width.clamp(WIDTHS[0], WIDTHS[1]));
        let title = font.wrapped(&self.title, TITLE, width - 2.0 * EDGE - 20.0);
        let caption = font.wrapped(&self.caption, CAPTION, width - 2.0 * EDGE);
        let legend = Legend::new(&self.panels, width, &font);
        let left = self.panels.iter().map(|panel| room_left(panel, width, &font)).fold(0.0, f64::max);
        let panels: Vec<PanelLayout> =
            self.panels.iter().map(|panel| PanelLayout::new(panel, width, left, &font)).collect();

        let title_height = EDGE + title.len() as f64 * (TITLE + 3.0) + 4.0;
        let caption_height = CAPTION_TOP + caption.len() as f64 * (CAPTION + 4.0) + EDGE;
        let heights = [title_height, legend.height()].into_iter();
        let heights = heights.chain(panels.iter().map(PanelLayout::height)).chain([caption_height]);
        let ends: Vec<i32> = heights
            .scan(0, |y, height| {
                Some({
                    *y += units(height);
                    *y
                })
            })
            .collect();
        let scene = Scene {
            width: units(width),
            height: *ends.last().expect("a picture has a caption, be it empty"),
            title: self.title.clone(),
            description: self.caption.clone(),
            items: Vec::new(),
        };
        Canvas::draw(scene, Font::new(), |root| {
            let areas = root.split_by_breakpoints([0_i32; 0], &ends[..ends.len() - 1]);
            let [title_area, legend_area, panel_areas @ .., caption_area] = &areas[..] else {
                unreachable!("an area for each height");
            };
            let bold = text_style(TITLE, Color::Text);
            lines(title_area, &title, EDGE, TITLE + 3.0, &TextStyle { font: bold.font.style(FontStyle::Bold), ..bold });
            legend.draw(legend_area);
            panels.iter().zip(panel_areas).for_each(|(panel, area)| panel.draw(area));
            lines(caption_area, &caption, CAPTION_TOP, CAPTION + 4.0, &text_style(CAPTION, Color::Text));
        })
    }
}

/// Draws lines of text from `top` of an area on, `height` pixels each.
fn lines(area: &Area, lines: &[String], top: f64, height: f64, style: &TextStyle<'_>) {
    for (n, line) in lines.iter().enumerate() {
        let at = (units(EDGE), units(top + n as f64 * height + 1.0));
        drawn(area.draw(&Text::new(line.as_str(), at, style)));
    }
}

/// A text style in the bundled font, anchored at the top left.
fn text_style(size: f64, color: Color) -> TextStyle<'static> {
    let size = f64::from(units(size));
    FontDesc::new(FontFamily::Name(FAMILY), size, FontStyle::Normal).color(&paint(color, 0))
}

/// Unwraps the result of drawing on a scene, which cannot fail.
fn drawn(result: Result<(), DrawingAreaErrorKind<Infallible>>) {
    result.expect("a scene takes all that is drawn on it");
}

#[cfg(test)]
mod tests {
    use super::labels::LabelBounds;
    use super::scene::{Item, Label};
    use super::*;
    use crate::plot::{PlotKind, all_charts, fixtures};

    #[test]
    fn no_text_runs_into_another_or_out_of_the_picture() {
        let results = [
            fixtures::failing_in_waves(),
            fixtures::replaced_while_terminating(),
            fixtures::sharing_two_slots(),
            fixtures::on_two_nodes(),
            fixtures::controllers_down(),
            fixtures::priced(),
            fixtures::swept(&[2, 4, 8, 16, 320], &["Never"]),
            fixtures::swept(&[2, 4, 8], &["Never", "a value with a name that is longer than others are"]),
        ];
        let font = Font::new();
        let charts: Vec<Chart> = results.iter().flat_map(|result| all_charts(result)).collect();
        let kinds = PlotKind::ALL.map(PlotKind::as_str).into_iter();
        let missing: Vec<&str> = kinds.filter(|kind| !charts.iter().any(|chart| chart.kind == *kind)).collect();
        assert_eq!(missing, [""; 0], "each kind is drawn");
        for (chart, width) in charts.iter().flat_map(|chart| [NARROW, 500, WIDTH, 1_600].map(|width| (chart, width))) {
            let scene = chart.scene_of_width(width);
            assert_eq!(scene.width, units(f64::from(width)));
            let picture = LabelBounds { from: [0, 0], to: [scene.width, scene.height] };
            let text = |item: &Item| match item {
                Item::Text(label) => Some(label.clone()),
                _ => None,
            };
            let texts: Vec<Label> = scene.items.iter().filter_map(text).collect();
            for (n, a) in texts.iter().enumerate() {
                let at = LabelBounds::of(a, &font);
                assert!(at.is_inside(picture), "{}, {width}: {a:?} is cut off", chart.title);
                assert!(a.size >= units(10.0), "{}, {width}: {a:?} is too small to be read", chart.title);
                for b in &texts[n + 1..] {
                    let runs_into = at.overlaps(LabelBounds::of(b, &font));
                    assert!(!runs_into, "{}, {width}: {a:?} runs into {b:?}", chart.title);
                }
            }
        }
    }
}
