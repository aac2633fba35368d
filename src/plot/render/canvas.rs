//! The drawing back end through which plotters draws on a [`Scene`]. The back ends of plotters for SVG and bitmaps
//! support neither themes, dashes nor alternative texts, and the one for bitmaps needs a system font.
//!
//! Plotters gives a back end a colour, a width and integer coordinates. Here a colour encodes a role of the theme
//! ([`paint`]), and coordinates are in the scene's grid, ten times finer than a pixel. Text is measured with the
//! bundled font.

use super::font::Font;
use super::scene::{Anchor, At, Item, Label, Scene};
use crate::plot::axis::Axis;
use crate::plot::theme::{Color, Dash};
use plotters::chart::ChartContext;
use plotters::coord::Shift;
use plotters::coord::cartesian::Cartesian2d;
use plotters::drawing::DrawingArea;
use plotters::style::text_anchor::{HPos, VPos};
use plotters::style::{Color as _, FontStyle, FontTransform, RGBAColor, RGBColor};
use plotters_backend::{BackendColor, BackendCoord, BackendStyle, BackendTextStyle, DrawingBackend, DrawingErrorKind};
use std::cell::RefCell;
use std::convert::Infallible;
use std::rc::Rc;

/// The smallest width of a filled rectangle, in grid units, so that even the shortest span is visible.
const NARROWEST: i32 = 7;

/// A scene that plotters draws on.
pub struct Canvas {
    /// The scene, whose size must be set.
    pub scene: Scene,
    /// The font that texts are measured with.
    pub font: Font,
}

/// A part of the picture that plotters draws on, in grid units.
pub type Area = DrawingArea<Canvas, Shift>;

/// A panel of the picture with its axes.
pub type Plot = ChartContext<'static, Canvas, Cartesian2d<Axis, Axis>>;

impl Canvas {
    /// Returns the scene with everything that `draw` draws on it.
    pub fn draw(scene: Scene, font: Font, draw: impl FnOnce(&Area)) -> Scene {
        assert!(scene.width > 0 && scene.height > 0, "a picture has a size");
        let canvas = Rc::new(RefCell::new(Canvas { scene, font }));
        draw(&Area::from(&canvas));
        let canvas = Rc::into_inner(canvas).expect("nothing that is drawn outlives the drawing");
        canvas.into_inner().scene
    }
}

/// A role of the theme, encoded as a colour of plotters: the role, its number, and `extra` (the dash of a line, or 1
/// for a text with a rim). Plotters' styles have no other place for these.
pub fn paint(color: Color, extra: u8) -> RGBColor {
    match color {
        Color::Text => RGBColor(0, 0, extra),
        Color::Muted => RGBColor(1, 0, extra),
        Color::Grid => RGBColor(2, 0, extra),
        Color::Paper => RGBColor(3, 0, extra),
        Color::Series(n) => RGBColor(4, n, extra),
        Color::Ramp(n) => RGBColor(5, n, extra),
    }
}

/// The colour of a line with dashes.
pub fn dashed(color: Color, dash: Dash) -> RGBColor {
    paint(color, dash as u8)
}

/// A colour with an opacity.
pub fn faded(color: Color, opacity: f64) -> RGBAColor {
    paint(color, 0).mix(opacity)
}

/// The role and the extra that [`paint`] has encoded in a colour.
fn role(color: BackendColor) -> (Color, u8) {
    let (kind, n, extra) = color.rgb;
    let role = match kind {
        0 => Color::Text,
        1 => Color::Muted,
        2 => Color::Grid,
        3 => Color::Paper,
        4 => Color::Series(n),
        5 => Color::Ramp(n),
        _ => unreachable!("every colour is made by `paint`"),
    };
    (role, extra)
}

/// The result of drawing, which cannot fail on a scene.
type Drawn = Result<(), DrawingErrorKind<Infallible>>;

impl DrawingBackend for Canvas {
    type ErrorType = Infallible;

    fn get_size(&self) -> (u32, u32) {
        (self.scene.width.unsigned_abs(), self.scene.height.unsigned_abs())
    }

    fn ensure_prepared(&mut self) -> Drawn {
        Ok(())
    }

    fn present(&mut self) -> Drawn {
        Ok(())
    }

    fn draw_pixel(&mut self, (x, y): BackendCoord, color: BackendColor) -> Drawn {
        self.draw_rect((x, y), (x + 1, y + 1), &color, true)
    }

    fn draw_line<S: BackendStyle>(&mut self, from: BackendCoord, to: BackendCoord, style: &S) -> Drawn {
        self.draw_path([from, to], style)
    }

    fn draw_rect<S: BackendStyle>(
        &mut self,
        (left, top): BackendCoord,
        (right, bottom): BackendCoord,
        style: &S,
        fill: bool,
    ) -> Drawn {
        let right = if fill { right.max(left + NARROWEST) } else { right };
        let corners = [(left, top), (right, top), (right, bottom), (left, bottom)];
        match fill {
            true => self.fill_polygon(corners, style),
            false => self.draw_path(corners.into_iter().chain([(left, top)]), style),
        }
    }

    fn draw_path<S: BackendStyle, I: IntoIterator<Item = BackendCoord>>(&mut self, path: I, style: &S) -> Drawn {
        let (color, dash) = role(style.color());
        let dash = Dash::ALL.into_iter().find(|d| *d as u8 == dash).expect("the extra of a line is a dash");
        let path: Vec<At> = path.into_iter().map(|(x, y)| [x, y]).collect();
        // Plotters also passes paths with fewer than two points, which are invisible.
        if path.len() > 1 {
            self.scene.stroke(path, color, i32::try_from(style.stroke_width()).expect("a width is small"), dash);
        }
        Ok(())
    }

    fn draw_circle<S: BackendStyle>(&mut self, (x, y): BackendCoord, radius: u32, style: &S, fill: bool) -> Drawn {
        // A polygon with fourteen corners looks round at the size of markers. Given in hundredths of the radius,
        // because the last digit of a computed sine differs between machines.
        const QUARTER: [(i32, i32); 4] = [(100, 0), (88, 47), (59, 82), (18, 100)];
        let radius = i32::try_from(radius).expect("a radius is small");
        let lower = QUARTER.into_iter().chain(QUARTER.into_iter().rev().map(|(dx, dy)| (-dx, dy)));
        let upper = lower.clone().rev().filter(|(_, dy)| *dy != 0).map(|(dx, dy)| (dx, -dy));
        let scaled = |(dx, dy): (i32, i32)| (x + dx * radius / 100, y + dy * radius / 100);
        let corners = lower.chain(upper).map(scaled);
        if fill { self.fill_polygon(corners, style) } else { self.draw_path(corners, style) }
    }

    fn fill_polygon<S: BackendStyle, I: IntoIterator<Item = BackendCoord>>(&mut self, vert: I, style: &S) -> Drawn {
        let color = style.color();
        let path: Vec<At> = vert.into_iter().map(|(x, y)| [x, y]).collect();
        if path.len() > 2 {
            self.scene.fill(path, role(color).0, color.alpha);
        }
        Ok(())
    }

    fn draw_text<S: BackendTextStyle>(&mut self, text: &str, style: &S, (x, y): BackendCoord) -> Drawn {
        let upwards = match style.transform() {
            FontTransform::None => false,
            FontTransform::Rotate270 => true,
            FontTransform::Rotate90 | FontTransform::Rotate180 => unreachable!("labels stand on the left and below"),
        };
        let size = style.size();
        // The distance from the anchor down to the base line. The font's ascent is three quarters of its size, the
        // height of a digit 0.72.
        let down = match style.anchor().v_pos {
            VPos::Top => (size * 0.8).round() as i32,
            VPos::Center => (size * 0.36).round() as i32,
            VPos::Bottom => -(size * 0.2).round() as i32,
        };
        let anchor = match style.anchor().h_pos {
            HPos::Left => Anchor::Start,
            HPos::Center => Anchor::Middle,
            HPos::Right => Anchor::End,
        };
        let (color, rim) = role(style.color());
        self.scene.items.push(Item::Text(Label {
            // For a text that reads upwards, down is to the right.
            at: if upwards { [x + down, y] } else { [x, y + down] },
            text: text.to_owned(),
            size: size.round() as i32,
            anchor,
            color,
            bold: matches!(style.style(), FontStyle::Bold),
            upwards,
            has_rim: rim == 1,
        }));
        Ok(())
    }

    fn estimate_text_size<S: BackendTextStyle>(
        &self,
        text: &str,
        style: &S,
    ) -> Result<(u32, u32), DrawingErrorKind<Infallible>> {
        Ok((self.font.width(text, style.size()).ceil() as u32, style.size().ceil() as u32))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use plotters::prelude::{Circle, PathElement, Rectangle, ShapeStyle};

    fn drawn(draw: impl FnOnce(&Area)) -> Vec<Item> {
        let scene = Scene { width: 1_000, height: 500, ..Scene::default() };
        Canvas::draw(scene, Font::new(), draw).items
    }

    #[test]
    fn plotters_draws_on_a_scene() {
        let line = ShapeStyle::from(dashed(Color::Series(3), Dash::Dots)).stroke_width(16);
        let items = drawn(|area| {
            area.draw(&PathElement::new(vec![(0, 0), (500, 250)], line)).unwrap();
            area.draw(&Rectangle::new([(10, 20), (11, 90)], faded(Color::Grid, 0.25).filled())).unwrap();
        });
        let color = Color::Series(3);
        let stroke = Item::Stroke { paths: vec![vec![[0, 0], [500, 250]]], color, width: 16, dash: Dash::Dots };
        // It would be too narrow to be visible, so it is drawn wider.
        let corners = vec![[10, 20], [17, 20], [17, 90], [10, 90]];
        let fill = Item::Fill { paths: vec![corners], color: Color::Grid, opacity: 0.25 };
        assert_eq!(items, [stroke, fill]);
    }

    #[test]
    fn a_circle_is_round() {
        let items = drawn(|area| area.draw(&Circle::new((50, 50), 34, paint(Color::Text, 0).filled())).unwrap());
        let Item::Fill { paths, .. } = &items[0] else { panic!("a surface") };
        assert_eq!(paths[0].len(), 14);
        let far = |[x, y]: &At| (x - 50).pow(2) + (y - 50).pow(2);
        assert!(paths[0].iter().all(|at| (32 * 32..=36 * 36).contains(&far(at))), "{:?}", paths[0]);
    }
}
