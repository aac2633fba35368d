//! A scene as PNG, at twice its size to be sharp on paper and on high-resolution screens. Letters are drawn with the
//! bundled font.

use super::font::Font;
use super::scene::{Anchor, At, Item, Label, Scene, UNITS};
use crate::plot::theme::Color;
use tiny_skia::{FillRule, LineJoin, Paint, Path, PathBuilder, Pixmap, Stroke, StrokeDash, Transform};
use ttf_parser::OutlineBuilder;

/// Pixels of the image for one pixel of the scene.
const SCALE: f32 = 2.0;

/// The bytes of a PNG file.
///
/// # Errors
/// The picture is too large for memory.
pub fn png(scene: &Scene) -> Result<Vec<u8>, String> {
    let size = |units: i32| (pixels(units) * SCALE).ceil() as u32;
    let mut canvas =
        Pixmap::new(size(scene.width), size(scene.height)).ok_or("the picture is too large to be drawn")?;
    canvas.fill(color_of(Color::Paper, 1.0));
    let font = Font::new();
    for item in &scene.items {
        draw(&mut canvas, item, &font);
    }
    canvas.encode_png().map_err(|error| error.to_string())
}

/// Grid units in pixels of the scene.
fn pixels(units: i32) -> f32 {
    units as f32 / UNITS as f32
}

fn color_of(color: Color, opacity: f64) -> tiny_skia::Color {
    let [_, r, g, b] = color.light().to_be_bytes();
    tiny_skia::Color::from_rgba8(r, g, b, (opacity * 255.0).round() as u8)
}

fn paint(color: Color, opacity: f64) -> Paint<'static> {
    let mut paint = Paint::default();
    paint.set_color(color_of(color, opacity));
    paint
}

fn draw(canvas: &mut Pixmap, item: &Item, font: &Font) {
    let scale = Transform::from_scale(SCALE, SCALE);
    match item {
        Item::Stroke { paths, color, width, dash } => {
            let path = path_of(paths, false).expect("a line has points");
            let lengths: Vec<f32> = dash.lengths().iter().map(|&l| l as f32).collect();
            let dash = if lengths.is_empty() { None } else { StrokeDash::new(lengths, 0.0) };
            let stroke = Stroke { width: pixels(*width), line_join: LineJoin::Round, dash, ..Stroke::default() };
            canvas.stroke_path(&path, &paint(*color, 1.0), &stroke, scale, None);
        }
        Item::Fill { paths, color, opacity } => {
            let path = path_of(paths, true).expect("a surface has corners");
            canvas.fill_path(&path, &paint(*color, *opacity), FillRule::Winding, scale, None);
        }
        Item::Text(label) => draw_text(canvas, label, font, scale),
    }
}

fn draw_text(canvas: &mut Pixmap, label: &Label, font: &Font, scale: Transform) {
    let size = f64::from(pixels(label.size));
    let width = font.width(&label.text, size);
    let before = match label.anchor {
        Anchor::Start => 0.0,
        Anchor::Middle => width / 2.0,
        Anchor::End => width,
    };
    let place = scale.pre_translate(pixels(label.at[0]), pixels(label.at[1]));
    let place = if label.upwards { place.pre_rotate(-90.0) } else { place };
    let place = place.pre_translate(-before as f32, 0.0);
    // A text that consists of spaces has no outlines.
    let Some(path) = letters(&label.text, size, font) else { return };
    let line = |width: f32| Stroke { width, line_join: LineJoin::Round, ..Stroke::default() };
    if label.has_rim {
        canvas.stroke_path(&path, &paint(Color::Paper, 1.0), &line(3.0), place, None);
    }
    canvas.fill_path(&path, &paint(label.color, 1.0), FillRule::Winding, place, None);
    if label.bold {
        // The font has only one weight, so a thin line around the letters makes them bold.
        canvas.stroke_path(&path, &paint(label.color, 1.0), &line(size as f32 / 24.0), place, None);
    }
}

fn path_of(paths: &[Vec<At>], is_closed: bool) -> Option<Path> {
    let mut builder = PathBuilder::new();
    for points in paths {
        let mut points = points.iter().map(|at| at.map(pixels));
        let Some([x, y]) = points.next() else { continue };
        builder.move_to(x, y);
        points.for_each(|[x, y]| builder.line_to(x, y));
        if is_closed {
            builder.close();
        }
    }
    builder.finish()
}

/// The outlines of a text that begins at the origin.
fn letters(text: &str, size: f64, font: &Font) -> Option<Path> {
    let mut pen = Pen { builder: PathBuilder::new(), x: 0.0, scale: (size / 2048.0) as f32 };
    for c in text.chars() {
        let mut outline = Outline::default();
        pen.scale = font.outline(c, size, &mut outline) as f32;
        pen.take(&outline);
        pen.x += font.advance(c, size) as f32;
    }
    pen.builder.finish()
}

/// A letter's outline in font units.
#[derive(Default)]
struct Outline(Vec<OutlineSegment>);

enum OutlineSegment {
    Move(f32, f32),
    Line(f32, f32),
    Quad(f32, f32, f32, f32),
    Curve(f32, f32, f32, f32, f32, f32),
    Close,
}

impl OutlineBuilder for Outline {
    fn move_to(&mut self, x: f32, y: f32) {
        self.0.push(OutlineSegment::Move(x, y));
    }

    fn line_to(&mut self, x: f32, y: f32) {
        self.0.push(OutlineSegment::Line(x, y));
    }

    fn quad_to(&mut self, x1: f32, y1: f32, x: f32, y: f32) {
        self.0.push(OutlineSegment::Quad(x1, y1, x, y));
    }

    fn curve_to(&mut self, x1: f32, y1: f32, x2: f32, y2: f32, x: f32, y: f32) {
        self.0.push(OutlineSegment::Curve(x1, y1, x2, y2, x, y));
    }

    fn close(&mut self) {
        self.0.push(OutlineSegment::Close);
    }
}

struct Pen {
    builder: PathBuilder,
    x: f32,
    scale: f32,
}

impl Pen {
    fn take(&mut self, outline: &Outline) {
        let (s, left) = (self.scale, self.x);
        let (x, y) = (|x: f32| left + x * s, |y: f32| -y * s);
        for segment in &outline.0 {
            match *segment {
                OutlineSegment::Move(a, b) => self.builder.move_to(x(a), y(b)),
                OutlineSegment::Line(a, b) => self.builder.line_to(x(a), y(b)),
                OutlineSegment::Quad(a, b, c, d) => self.builder.quad_to(x(a), y(b), x(c), y(d)),
                OutlineSegment::Curve(a, b, c, d, e, f) => self.builder.cubic_to(x(a), y(b), x(c), y(d), x(e), y(f)),
                OutlineSegment::Close => self.builder.close(),
            }
        }
    }
}
