//! The elements of a tensor as numbers of Rust. A conversion either keeps every value as it is or is an error.

use std::fmt::Display;
use std::ops::Range;

use half::{bf16, f16};

use super::dtype::Dtype;
use super::error::{Cause, TensorError};
use super::file::{Reader, Tensor};

/// One element. Every value of its types fits.
#[derive(Debug, Clone, Copy)]
enum Element {
    Float(f64),
    Int(i128),
}

impl Tensor<'_> {
    /// The elements as an array of `f64`, of the tensor's own shape, as [`to_f64_vec`](Self::to_f64_vec) gives them.
    ///
    /// # Errors
    /// As there.
    #[cfg(feature = "oracle")]
    pub fn to_f64_array(self) -> Result<ndarray::ArrayD<f64>, TensorError> {
        let values = self.to_f64_vec()?;
        Ok(ndarray::ArrayD::from_shape_vec(self.shape(), values)
            .expect("a tensor has as many elements as its shape says"))
    }

    /// The elements as `f64`. Integers of more than 53 bits must be exact; true is 1.
    ///
    /// # Errors
    /// [`Cause::NotExact`] names the first value that has no exact counterpart; complex numbers have none.
    pub fn to_f64_vec(self) -> Result<Vec<f64>, TensorError> {
        let bytes = self.bytes();
        doubles(self.dtype(), &bytes).map_or_else(|| self.convert_from(0, &bytes, "f64", double), Ok)
    }

    /// The elements as `f32`.
    ///
    /// # Errors
    /// [`Cause::NotExact`] names the first value that has no exact counterpart, such as a `f64` with more digits.
    pub fn to_f32_vec(self) -> Result<Vec<f32>, TensorError> {
        self.convert("f32", |element| match element {
            Element::Float(value) => {
                let narrow = value as f32;
                (f64::from(narrow).to_bits() == value.to_bits() || value.is_nan()).then_some(narrow)
            }
            Element::Int(value) => {
                let narrow = value as f32;
                exact(f64::from(narrow), value).map(|_| narrow)
            }
        })
    }

    /// The elements as `i64`. Floats must be whole; true is 1.
    ///
    /// # Errors
    /// [`Cause::NotExact`] names the first value that has no exact counterpart.
    pub fn to_i64_vec(self) -> Result<Vec<i64>, TensorError> {
        self.convert("i64", |element| match element {
            Element::Int(value) => i64::try_from(value).ok(),
            Element::Float(value) => whole(value),
        })
    }

    fn convert<T>(self, into: &'static str, one: impl Fn(Element) -> Option<T>) -> Result<Vec<T>, TensorError> {
        self.convert_from(0, &self.bytes(), into, one)
    }

    /// Converts the elements from `first` on, whose bytes are these.
    fn convert_from<T>(
        self,
        first: usize,
        bytes: &[u8],
        into: &'static str,
        one: impl Fn(Element) -> Option<T>,
    ) -> Result<Vec<T>, TensorError> {
        let Some(read) = reader(self.dtype()) else {
            return Err(self.error(Cause::unsupported(format!("{} as {into}", self.dtype()))));
        };
        // A collected `Result` does not know how many come, and would move them again and again.
        let mut converted = Vec::with_capacity(bytes.len() / self.dtype().size());
        for (index, element) in bytes.chunks_exact(self.dtype().size()).map(read).enumerate() {
            converted.push(one(element).ok_or_else(|| {
                let value = match element {
                    Element::Float(value) => shown(&value),
                    Element::Int(value) => shown(&value),
                };
                self.error(Cause::NotExact { element: first + index, value, into })
            })?);
        }
        Ok(converted)
    }
}

impl Reader<'_> {
    /// Some elements as `f64`, as [`Tensor::to_f64_vec`] gives them.
    ///
    /// # Errors
    /// As there, and if the file cannot be read any more.
    pub(crate) fn numbers(&self, elements: Range<usize>) -> Result<Vec<f64>, TensorError> {
        let bytes = self.bytes(elements.clone())?;
        let tensor = self.tensor();
        let doubles = doubles(tensor.dtype(), &bytes);
        doubles.map_or_else(|| tensor.convert_from(elements.start, &bytes, "f64", double), Ok)
    }
}

/// The numbers of the types that most tensors have, of which every one is an `f64`; processors take several at once.
fn doubles(dtype: Dtype, bytes: &[u8]) -> Option<Vec<f64>> {
    fn each<const SIZE: usize>(bytes: &[u8], read: impl Fn([u8; SIZE]) -> f64) -> Vec<f64> {
        bytes.as_chunks().0.iter().map(|element| read(*element)).collect()
    }
    match dtype {
        Dtype::F64 => Some(each(bytes, f64::from_le_bytes)),
        Dtype::F32 => Some(each(bytes, |element| f32::from_le_bytes(element).into())),
        Dtype::F16 => Some(each(bytes, |element| f16::from_le_bytes(element).into())),
        Dtype::Bf16 => Some(each(bytes, |element| bf16::from_le_bytes(element).into())),
        _ => None,
    }
}

fn double(element: Element) -> Option<f64> {
    match element {
        Element::Float(value) => Some(value),
        Element::Int(value) => exact(value as f64, value),
    }
}

fn shown(value: &impl Display) -> String {
    value.to_string()
}

/// `float`, if it is `value`.
fn exact(float: f64, value: i128) -> Option<f64> {
    (float as i128 == value).then_some(float)
}

/// The integer that a float is.
fn whole(value: f64) -> Option<i64> {
    let int = value as i64;
    let is_whole = value.is_finite() && value.trunc().to_bits() == value.to_bits();
    (is_whole && i128::from(int) == value as i128).then_some(int)
}

/// How an element of so many little-endian bytes is read; complex numbers are none.
fn reader(dtype: Dtype) -> Option<fn(&[u8]) -> Element> {
    macro_rules! read {
        (int $type:ty) => {
            |bytes| Element::Int(i128::from(<$type>::from_le_bytes(array(bytes))))
        };
        (float $type:ty) => {
            |bytes| Element::Float(f64::from(<$type>::from_le_bytes(array(bytes))))
        };
        (float8 $exponent:literal $bias:literal $specials:ident) => {
            |bytes| Element::Float(float8(bytes[0], $exponent, $bias, Specials::$specials))
        };
    }
    Some(match dtype {
        Dtype::Bool => |bytes| Element::Int(i128::from(bytes[0] != 0)),
        Dtype::U8 => read!(int u8),
        Dtype::I8 => read!(int i8),
        Dtype::I16 => read!(int i16),
        Dtype::U16 => read!(int u16),
        Dtype::I32 => read!(int i32),
        Dtype::U32 => read!(int u32),
        Dtype::I64 => read!(int i64),
        Dtype::U64 => read!(int u64),
        Dtype::F16 => read!(float f16),
        Dtype::Bf16 => read!(float bf16),
        Dtype::F32 => read!(float f32),
        Dtype::F64 => read!(float f64),
        Dtype::F8E5m2 => read!(float8 5 15 Ieee),
        Dtype::F8E4m3fn => read!(float8 4 7 NoInfinity),
        Dtype::F8E5m2fnuz => read!(float8 5 16 OneNan),
        Dtype::F8E4m3fnuz => read!(float8 4 8 OneNan),
        Dtype::F8E8m0fnu => |bytes| Element::Float(power_of_two(bytes[0])),
        Dtype::C32 | Dtype::C64 | Dtype::C128 => return None,
    })
}

fn array<const N: usize>(bytes: &[u8]) -> [u8; N] {
    bytes.try_into().expect("a chunk is as long as an element")
}

/// What the bit patterns at the end of the range mean.
#[derive(Clone, Copy, PartialEq)]
enum Specials {
    /// The highest exponent holds infinities and NaN.
    Ieee,
    /// All bits set are NaN, the rest are numbers.
    NoInfinity,
    /// Minus zero is NaN, the rest are numbers.
    OneNan,
}

/// A float of 8 bits. OCP 8-bit floating point, revision 1.0, section 5; the fnuz kinds: arXiv 2206.02915, table 1.
fn float8(byte: u8, exponent_bits: u32, bias: i32, specials: Specials) -> f64 {
    let mantissa_bits = 7 - exponent_bits;
    let sign = if byte & 0x80 == 0 { 1.0 } else { -1.0 };
    let highest = (1 << exponent_bits) - 1;
    let exponent = i32::from(byte & 0x7f) >> mantissa_bits;
    let mantissa = i32::from(byte) & ((1 << mantissa_bits) - 1);
    match specials {
        Specials::Ieee if exponent == highest && mantissa == 0 => return sign * f64::INFINITY,
        Specials::Ieee if exponent == highest => return f64::NAN,
        Specials::NoInfinity if byte & 0x7f == 0x7f => return f64::NAN,
        Specials::OneNan if byte == 0x80 => return f64::NAN,
        _ => {}
    }
    let scale = 2_f64.powi(exponent.max(1) - bias - mantissa_bits as i32);
    let whole = if exponent == 0 { mantissa } else { mantissa + (1 << mantissa_bits) };
    sign * f64::from(whole) * scale
}

/// OCP microscaling formats, revision 1.0, section 5.4.1.
fn power_of_two(byte: u8) -> f64 {
    if byte == u8::MAX { f64::NAN } else { 2_f64.powi(i32::from(byte) - 127) }
}
