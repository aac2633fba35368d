//! Colours, dashes and markers. The series colours are those of Okabe and Ito ("Color Universal Design", 2008), which
//! people with the common kinds of colour blindness can tell apart. Dashes and markers differ as well, for prints in
//! black and white. Which colour a series gets is decided in `kinds`.

/// A colour by its role. The theme (light, or dark in a page) maps roles to colours.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Color {
    /// Text and frames.
    Text,
    /// Secondary text.
    Muted,
    /// Grid lines.
    Grid,
    /// The background.
    Paper,
    /// A series: an index into `SERIES`, modulo its length.
    Series(u8),
    /// A step of the scale of a heat map, from 0 to 9.
    Ramp(u8),
}

/// Okabe and Ito's colours, ordered so that adjacent ones also differ in lightness: blue, orange, bluish green,
/// vermilion, sky blue, reddish purple, yellow, black.
pub const SERIES: [u32; 8] = [0x0072b2, 0xe69f00, 0x009e73, 0xd55e00, 0x56b4e9, 0xcc79a7, 0xf0e442, 0x000000];

/// The colour map cividis at ten places, from low to high (Nuñez, Anderton and Renslow, 2018): made for colour-blind
/// readers, with steadily rising lightness.
pub const RAMP: [u32; 10] =
    [0x00224e, 0x123570, 0x3b496c, 0x575d6d, 0x707173, 0x8a8678, 0xa59c74, 0xc3b369, 0xe1cc55, 0xfee838];

impl Color {
    /// The colour in the light theme, as 0xrrggbb.
    pub fn light(self) -> u32 {
        match self {
            Self::Text => 0x1a1a1a,
            Self::Muted => 0x595959,
            Self::Grid => 0xdedede,
            Self::Paper => 0xffffff,
            Self::Series(n) => SERIES[usize::from(n) % SERIES.len()],
            Self::Ramp(n) => RAMP[usize::from(n).min(9)],
        }
    }

    /// Its class in style sheets, without the `f` (fill) or `s` (stroke) before it.
    pub fn class(self) -> String {
        match self {
            Self::Text => "t".to_owned(),
            Self::Muted => "m".to_owned(),
            Self::Grid => "g".to_owned(),
            Self::Paper => "p".to_owned(),
            Self::Series(n) => format!("c{}", usize::from(n) % SERIES.len()),
            Self::Ramp(n) => format!("r{}", n.min(9)),
        }
    }
}

/// The dashes of a line.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Dash {
    /// A solid line.
    #[default]
    Solid,
    /// Long dashes.
    Long,
    /// Short dashes.
    Short,
    /// Dots.
    Dots,
}

impl Dash {
    /// The dashes of series, in order.
    pub const ALL: [Dash; 4] = [Self::Solid, Self::Long, Self::Short, Self::Dots];

    /// Lengths of dashes and gaps, in pixels.
    pub fn lengths(self) -> &'static [f64] {
        match self {
            Self::Solid => &[],
            Self::Long => &[9.0, 4.0],
            Self::Short => &[4.0, 3.0],
            Self::Dots => &[1.5, 3.0],
        }
    }
}

/// The marker of a point.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Marker {
    /// No marker.
    #[default]
    None,
    /// A filled circle.
    Circle,
    /// A filled square.
    Square,
    /// A filled triangle.
    Triangle,
    /// A cross.
    Cross,
    /// A filled diamond.
    Diamond,
}

impl Marker {
    /// The markers of series, in order.
    pub const ALL: [Marker; 5] = [Self::Circle, Self::Square, Self::Triangle, Self::Diamond, Self::Cross];
}
