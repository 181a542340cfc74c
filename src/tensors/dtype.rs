//! The types of elements, and how each format spells them.

use std::fmt;

/// What the bits of an element mean.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Kind {
    /// True or false, one byte.
    Bool,
    /// An integer without sign.
    Unsigned,
    /// An integer in two's complement.
    Signed,
    /// A floating-point number.
    Float,
    /// Two floating-point numbers: the real part, then the imaginary one.
    Complex,
}

/// Makes [`Dtype`] and its spellings. A row: variant, torch's name, the name in safetensors, the class of storages in
/// pickles, bytes, kind, and what it is. `-` where a format has no name for it.
///
/// The rows are sorted as safetensors sorts tensors in a file, smallest first; `Ord` follows them.
macro_rules! dtypes {
    (@name -) => { None };
    (@name $name:literal) => { Some($name) };
    ($($variant:ident $torch:literal $safetensors:tt $storage:tt $size:literal $kind:ident $doc:literal)+) => {
        /// The type of a tensor's elements.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        #[non_exhaustive]
        pub enum Dtype {
            $(#[doc = $doc] $variant,)+
        }

        impl Dtype {
            /// Every type.
            pub const ALL: &[Self] = &[$(Self::$variant),+];

            /// Torch's name without `torch.`: `float32`.
            #[must_use]
            pub const fn name(self) -> &'static str {
                match self { $(Self::$variant => $torch),+ }
            }

            /// The name in safetensors: `F32`. `None` if that format has no such type.
            #[must_use]
            pub const fn safetensors(self) -> Option<&'static str> {
                match self { $(Self::$variant => dtypes!(@name $safetensors)),+ }
            }

            /// The class of its storages in torch's pickles: `FloatStorage`. `None` for the newer types, which are
            /// pickled as bytes with the type beside them.
            #[must_use]
            pub const fn torch_storage(self) -> Option<&'static str> {
                match self { $(Self::$variant => dtypes!(@name $storage)),+ }
            }

            /// The bytes of one element.
            #[must_use]
            pub const fn size(self) -> usize {
                match self { $(Self::$variant => $size),+ }
            }

            /// What the bits mean.
            #[must_use]
            pub const fn kind(self) -> Kind {
                match self { $(Self::$variant => Kind::$kind),+ }
            }
        }
    };
}

dtypes! {
    Bool       "bool"            "BOOL"        "BoolStorage"          1  Bool     "True or false."
    U8         "uint8"           "U8"          "ByteStorage"          1  Unsigned "8 bits without sign."
    I8         "int8"            "I8"          "CharStorage"          1  Signed   "8 bits with sign."
    F8E5m2     "float8_e5m2"     "F8_E5M2"     -                      1  Float    "5 bits of exponent, 2 of mantissa."
    F8E4m3fn   "float8_e4m3fn"   "F8_E4M3"     -                      1  Float    "4 bits of exponent, 3 of mantissa, no infinities."
    F8E8m0fnu  "float8_e8m0fnu"  "F8_E8M0"     -                      1  Float    "A power of two, no sign."
    F8E4m3fnuz "float8_e4m3fnuz" "F8_E4M3FNUZ" -                      1  Float    "As e4m3fn, with one zero and one NaN."
    F8E5m2fnuz "float8_e5m2fnuz" "F8_E5M2FNUZ" -                      1  Float    "As e5m2, with one zero, one NaN, and no infinities."
    I16        "int16"           "I16"         "ShortStorage"         2  Signed   "16 bits with sign."
    U16        "uint16"          "U16"         -                      2  Unsigned "16 bits without sign."
    F16        "float16"         "F16"         "HalfStorage"          2  Float    "IEEE half precision."
    Bf16       "bfloat16"        "BF16"        "BFloat16Storage"      2  Float    "The upper half of a float32."
    I32        "int32"           "I32"         "IntStorage"           4  Signed   "32 bits with sign."
    U32        "uint32"          "U32"         -                      4  Unsigned "32 bits without sign."
    F32        "float32"         "F32"         "FloatStorage"         4  Float    "IEEE single precision."
    C32        "complex32"       -             -                      4  Complex  "Two float16."
    C64        "complex64"       "C64"         "ComplexFloatStorage"  8  Complex  "Two float32."
    F64        "float64"         "F64"         "DoubleStorage"        8  Float    "IEEE double precision."
    I64        "int64"           "I64"         "LongStorage"          8  Signed   "64 bits with sign."
    U64        "uint64"          "U64"         -                      8  Unsigned "64 bits without sign."
    C128       "complex128"      -             "ComplexDoubleStorage" 16 Complex  "Two float64."
}

impl Dtype {
    /// The type of this name in safetensors.
    #[must_use]
    pub fn from_safetensors(name: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|dtype| dtype.safetensors() == Some(name))
    }

    /// The type of torch's name, without `torch.`.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|dtype| dtype.name() == name)
    }

    /// The type that storages of this class hold.
    #[must_use]
    pub fn from_torch_storage(class: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|dtype| dtype.torch_storage() == Some(class))
    }

    /// The bytes that are turned round as one where the order of bytes differs: a complex number is two.
    pub(super) fn word(self) -> usize {
        if self.kind() == Kind::Complex { self.size() / 2 } else { self.size() }
    }
}

impl fmt::Display for Dtype {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}
