//! Colours as numbers: contrast, what a colour-blind person sees, and how far two are apart.

use ratatui::style::Color;

/// Linear red, green and blue, each from 0 to 1.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Light([f64; 3]);

type Matrix = [[f64; 3]; 3];

/// How somebody sees.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(missing_docs)] // the field's names
pub enum Sight {
    Usual,
    Protanopia,
    Deuteranopia,
    Tritanopia,
}

impl Sight {
    /// All.
    pub const ALL: [Self; 4] = [
        Self::Usual,
        Self::Protanopia,
        Self::Deuteranopia,
        Self::Tritanopia,
    ];

    /// What is made of linear RGB: Machado, Oliveira and Fernandes (2009), severity 1.
    const fn matrix(self) -> Matrix {
        match self {
            Self::Usual => [[1.0, 0.0, 0.0], [0.0, 1.0, 0.0], [0.0, 0.0, 1.0]],
            Self::Protanopia => [
                [0.152_286, 1.052_583, -0.204_868],
                [0.114_503, 0.786_281, 0.099_216],
                [-0.003_882, -0.048_116, 1.051_998],
            ],
            Self::Deuteranopia => [
                [0.367_322, 0.860_646, -0.227_968],
                [0.280_085, 0.672_501, 0.047_413],
                [-0.011_820, 0.042_940, 0.968_881],
            ],
            Self::Tritanopia => [
                [1.255_528, -0.076_749, -0.178_779],
                [-0.078_411, 0.930_809, 0.147_602],
                [0.004_733, 0.691_367, 0.303_900],
            ],
        }
    }
}

/// CIE XYZ of linear sRGB (D65).
const XYZ: Matrix = [
    [0.412_456, 0.357_576, 0.180_438],
    [0.212_673, 0.715_152, 0.072_175],
    [0.019_334, 0.119_192, 0.950_304],
];
/// XYZ of white.
const WHITE: [f64; 3] = [0.950_47, 1.0, 1.088_83];

impl Light {
    /// `None` for what the terminal itself decides: its own foreground and background, and the
    /// first 16 colours.
    pub fn of(color: Color) -> Option<Self> {
        let [red, green, blue] = match color {
            Color::Rgb(red, green, blue) => [red, green, blue],
            Color::Indexed(index @ 232..) => [8 + 10 * (index - 232); 3],
            Color::Indexed(index @ 16..) => {
                let at = index - 16;
                [at / 36, at / 6 % 6, at % 6].map(|step| if step == 0 { 0 } else { 55 + 40 * step })
            }
            _ => return None,
        };
        Some(Self([red, green, blue].map(linear)))
    }

    /// The contrast of two, from 1 to 21 (WCAG 2.2).
    pub fn contrast(self, other: Self) -> f64 {
        let (one, other) = (self.luminance() + 0.05, other.luminance() + 0.05);
        one.max(other) / one.min(other)
    }

    /// How far apart two look to somebody: the distance in CIELAB, where 2 is barely seen.
    pub fn distance(self, other: Self, sight: Sight) -> f64 {
        let (one, other) = (self.seen(sight).lab(), other.seen(sight).lab());
        let squares = one
            .iter()
            .zip(other)
            .map(|(one, other)| (one - other).powi(2));
        squares.sum::<f64>().sqrt()
    }

    fn luminance(self) -> f64 {
        times(&XYZ, self.0)[1]
    }

    fn seen(self, sight: Sight) -> Self {
        Self(times(&sight.matrix(), self.0).map(|part| part.clamp(0.0, 1.0)))
    }

    fn lab(self) -> [f64; 3] {
        let xyz = times(&XYZ, self.0);
        let [x, y, z] = std::array::from_fn(|axis| {
            let part = xyz[axis] / WHITE[axis];
            if part > 0.008_856 {
                part.cbrt()
            } else {
                7.787 * part + 16.0 / 116.0
            }
        });
        [116.0 * y - 16.0, 500.0 * (x - y), 200.0 * (y - z)]
    }
}

/// An sRGB value without its gamma.
fn linear(value: u8) -> f64 {
    let value = f64::from(value) / 255.0;
    if value <= 0.040_45 {
        value / 12.92
    } else {
        ((value + 0.055) / 1.055).powf(2.4)
    }
}

fn times(matrix: &Matrix, vector: [f64; 3]) -> [f64; 3] {
    matrix.map(|row| row.iter().zip(vector).map(|(one, other)| one * other).sum())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn light(hex: u32) -> Light {
        Light::of(Color::from_u32(hex)).unwrap()
    }

    #[test]
    fn contrast_is_that_of_the_standard() {
        for (one, other, expected) in [
            (0x00_00_00, 0xff_ff_ff, 21.0),
            (0x77_77_77, 0xff_ff_ff, 4.48),
            (0xff_00_00, 0xff_ff_ff, 4.0),
            (0x12_34_56, 0x12_34_56, 1.0),
        ] {
            let found = light(one).contrast(light(other));
            assert!((found - expected).abs() < 0.01, "{one:06x}: {found}");
        }
    }

    #[test]
    fn the_256_colours_are_those_of_xterm() {
        for (index, hex) in [
            (16, 0),
            (231, 0xff_ff_ff),
            (208, 0xff_87_00),
            (244, 0x80_80_80),
        ] {
            assert_eq!(
                Light::of(Color::Indexed(index)),
                Some(light(hex)),
                "{index}"
            );
        }
        assert_eq!(Light::of(Color::Indexed(15)), None);
        assert_eq!(Light::of(Color::Reset), None);
    }

    #[test]
    fn red_and_green_look_alike_to_those_who_cannot_tell_them() {
        let (red, green) = (light(0xa0_60_00), light(0x50_80_00));
        let apart = |sight| red.distance(green, sight);
        assert!(apart(Sight::Usual) > 40.0);
        assert!(apart(Sight::Deuteranopia) < 20.0);
        assert!(apart(Sight::Tritanopia) > 40.0);
    }
}
