//! From a chart to a picture: title, legend, panels and caption from top to bottom, drawn by plotters on a [`Scene`],
//! which is then written as SVG or PNG. What is shown is decided in `kinds`; here it is only drawn.
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

use super::chart::Chart;
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

/// The width of every picture, in pixels.
const WIDTH: f64 = 820.0;
/// The room at its edges, in pixels.
const EDGE: f64 = 14.0;
/// The size of the title, in pixels.
const TITLE: f64 = 15.0;
/// The size of the caption, in pixels.
const CAPTION: f64 = 12.0;
/// The room above the caption, in pixels.
const CAPTION_TOP: f64 = 8.0;
/// The size of ticks, the legend and words at lines, in pixels.
const TEXT: f64 = 11.0;
/// The size of labels in panels, in pixels.
const LABEL: f64 = 10.5;

impl Chart {
    /// The chart as a picture.
    pub fn scene(&self) -> Scene {
        let font = Font::new();
        let title = font.wrapped(&self.title, TITLE, WIDTH - 2.0 * EDGE - 20.0);
        let caption = font.wrapped(&self.caption, CAPTION, WIDTH - 2.0 * EDGE);
        let legend = Legend::new(&self.panels, &font);
        let left = self.panels.iter().map(|panel| room_left(panel, &font)).fold(0.0, f64::max);
        let panels: Vec<PanelLayout> = self.panels.iter().map(|panel| PanelLayout::new(panel, left, &font)).collect();

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
            width: units(WIDTH),
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

/// Lines of text from the top of an area, `height` pixels each.
fn lines(area: &Area, lines: &[String], top: f64, height: f64, style: &TextStyle<'_>) {
    for (n, line) in lines.iter().enumerate() {
        let at = (units(EDGE), units(top + n as f64 * height + 1.0));
        drawn(area.draw(&Text::new(line.as_str(), at, style)));
    }
}

/// A style of text in the bundled font; its point is at the top left.
fn text_style(size: f64, color: Color) -> TextStyle<'static> {
    let size = f64::from(units(size));
    FontDesc::new(FontFamily::Name(FAMILY), size, FontStyle::Normal).color(&paint(color, 0))
}

/// Drawing on a scene does not fail.
fn drawn(result: Result<(), DrawingAreaErrorKind<Infallible>>) {
    result.expect("a scene takes all that is drawn on it");
}

#[cfg(test)]
mod tests {
    use super::labels::LabelBounds;
    use super::scene::{Item, Label};
    use super::*;
    use crate::plot::{all_charts, fixtures};

    #[test]
    fn no_text_runs_into_another_or_out_of_the_picture() {
        let results = [
            fixtures::failing_in_waves(),
            fixtures::replaced_while_terminating(),
            fixtures::sharing_two_slots(),
            fixtures::swept(&[2, 4, 8, 16, 320], &["Never"]),
            fixtures::swept(&[2, 4, 8], &["Never", "a value with a name that is longer than others are"]),
        ];
        let font = Font::new();
        let charts: Vec<Chart> = results.iter().flat_map(|result| all_charts(result)).collect();
        assert!(charts.len() > 8, "{} charts", charts.len());
        for chart in charts {
            let scene = chart.scene();
            let picture = LabelBounds { from: [0, 0], to: [scene.width, scene.height] };
            let level = |item: &Item| match item {
                Item::Text(label) if !label.upwards => Some(label.clone()),
                _ => None,
            };
            let texts: Vec<Label> = scene.items.iter().filter_map(level).collect();
            for (n, a) in texts.iter().enumerate() {
                let at = LabelBounds::of(a, &font);
                assert!(at.is_inside(picture), "{}: {a:?} is cut off", chart.title);
                for b in &texts[n + 1..] {
                    assert!(!at.overlaps(LabelBounds::of(b, &font)), "{}: {a:?} runs into {b:?}", chart.title);
                }
            }
        }
    }
}
