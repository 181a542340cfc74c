//! Colours.

use super::scene::Paint;

/// How light the page is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Theme {
    /// Dark on light.
    Light,
    /// Light on dark.
    Dark,
}

/// A colour by its number in hexadecimal.
pub type Colour = &'static str;

/// The colours of a part: inside, outline, and text and lines of that colour on the page.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Tint {
    /// Inside.
    pub fill: Colour,
    /// Outline, lines and text.
    pub stroke: Colour,
}

/// The colours of a theme.
#[derive(Debug, Clone, Copy)]
pub struct Colours {
    /// The page.
    pub page: Colour,
    /// The inside of frames.
    pub frame: Colour,
    /// Their outline.
    pub edge: Colour,
    /// Text.
    pub text: Colour,
    /// Less important text.
    pub muted: Colour,
    /// Keys of configs.
    pub key: Colour,
    /// What needs attention.
    pub warning: Colour,
    /// Parts of the base model.
    pub base: Tint,
    /// Its layer norms.
    pub norm: Tint,
    /// Members of a config, in turn.
    pub members: [Tint; 6],
}

const fn tint(fill: Colour, stroke: Colour) -> Tint {
    Tint { fill, stroke }
}

const LIGHT: Colours = Colours {
    page: "ffffff",
    frame: "f6f8fa",
    edge: "c3ccd5",
    text: "1f2328",
    muted: "59636e",
    key: "333b8f",
    warning: "a40e26",
    base: tint("e3e7ec", "59636e"),
    norm: tint("fff3cd", "8a5d00"),
    members: [
        tint("cfe8ff", "0759b5"),
        tint("ffe1cc", "a84300"),
        tint("e9dcff", "6e40c9"),
        tint("d3f5dd", "176f33"),
        tint("ffdcec", "a82f76"),
        tint("cdf1ee", "0b6b6b"),
    ],
};

const DARK: Colours = Colours {
    page: "0d1117",
    frame: "151b23",
    edge: "3d444d",
    text: "f0f6fc",
    muted: "9da5ae",
    key: "b3bcff",
    warning: "ff8f89",
    base: tint("2a313c", "9da5ae"),
    norm: tint("3d300c", "dba73a"),
    members: [
        tint("12345e", "6cb2ff"),
        tint("4d2608", "ff9d52"),
        tint("37235f", "b994ff"),
        tint("143d22", "57cf6d"),
        tint("4a1838", "f08cc0"),
        tint("0c4142", "4fd6d6"),
    ],
};

impl Theme {
    /// Its colours.
    #[must_use]
    pub fn colours(self) -> &'static Colours {
        match self {
            Self::Light => &LIGHT,
            Self::Dark => &DARK,
        }
    }
}

impl Colours {
    /// The colours of a part.
    #[must_use]
    pub fn of(&self, paint: Paint) -> Tint {
        match paint {
            Paint::Base => self.base,
            Paint::Norm => self.norm,
            Paint::Member(member) => self.members[member % self.members.len()],
            Paint::Ghost => Tint { fill: self.frame, stroke: self.muted },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Colour, Colours, Theme};

    /// WCAG 2.2, relative luminance.
    fn luminance(colour: Colour) -> f64 {
        let number = u32::from_str_radix(colour, 16).expect("a number");
        let part = |shift: u32| {
            let value = f64::from(number >> shift & 0xff) / 255.0;
            if value <= 0.04045 { value / 12.92 } else { ((value + 0.055) / 1.055).powf(2.4) }
        };
        0.2126 * part(16) + 0.7152 * part(8) + 0.0722 * part(0)
    }

    /// Pairs of a text's colour and the ground it stands on.
    fn grounds(colours: &Colours) -> Vec<(Colour, Colour)> {
        let mut pairs = Vec::new();
        for ground in [colours.page, colours.frame] {
            pairs.extend([colours.text, colours.muted, colours.key, colours.warning].map(|text| (text, ground)));
            pairs.extend(colours.members.map(|member| (member.stroke, ground)));
        }
        pairs.extend([colours.base, colours.norm].map(|part| (colours.text, part.fill)));
        pairs.extend(colours.members.map(|member| (colours.text, member.fill)));
        pairs
    }

    #[test]
    fn all_text_can_be_read() {
        for theme in [Theme::Light, Theme::Dark] {
            for (text, ground) in grounds(theme.colours()) {
                let (a, b) = (luminance(text), luminance(ground));
                let contrast = (a.max(b) + 0.05) / (a.min(b) + 0.05);
                assert!(contrast >= 4.5, "{theme:?}: {text} on {ground}: {contrast:.2}");
            }
        }
    }
}
