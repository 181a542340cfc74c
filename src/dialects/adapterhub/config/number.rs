use std::fmt;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Serialize};

/// A number that stays an integer or a float, as it was written.
pub type Number = serde_json::Number;

/// A value or null, where the key itself has to be there.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Nullable<T> {
    /// A value.
    Value(T),
    /// Null.
    Null(()),
}

impl<T: JsonSchema> JsonSchema for Nullable<T> {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> std::borrow::Cow<'static, str> {
        format!("Nullable_{}", T::schema_name()).into()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        generator.subschema_for::<Option<T>>()
    }
}

/// A number that its bounds do not allow.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OutOfBounds {
    expected: &'static str,
    found: Number,
}

impl fmt::Display for OutOfBounds {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "expected {}, found {}", self.expected, self.found)
    }
}

impl std::error::Error for OutOfBounds {}

/// Declares numbers with bounds: a row is the name, the bounds in words, as a test and as schema keywords.
macro_rules! bounded {
    ($($(#[$doc:meta])* $name:ident, $words:literal, $test:expr, $schema:tt;)*) => {$(
        $(#[$doc])*
        #[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
        #[serde(try_from = "Number", into = "Number")]
        pub struct $name(Number);

        impl $name {
            /// The number as it was written.
            #[must_use]
            pub fn get(&self) -> &Number {
                &self.0
            }
        }

        impl TryFrom<Number> for $name {
            type Error = OutOfBounds;

            fn try_from(number: Number) -> Result<Self, OutOfBounds> {
                let test: fn(f64) -> bool = $test;
                if number.as_f64().is_some_and(test) {
                    Ok(Self(number))
                } else {
                    Err(OutOfBounds { expected: $words, found: number })
                }
            }
        }

        impl From<$name> for Number {
            fn from(bounded: $name) -> Self {
                bounded.0
            }
        }

        impl JsonSchema for $name {
            fn inline_schema() -> bool {
                true
            }

            fn schema_name() -> std::borrow::Cow<'static, str> {
                stringify!($name).into()
            }

            fn json_schema(_: &mut SchemaGenerator) -> Schema {
                json_schema!($schema)
            }
        }
    )*};
}

bounded! {
    /// A number from 0 to 1.
    Probability, "a number from 0 to 1", |value| (0.0..=1.0).contains(&value),
        {"type": "number", "minimum": 0, "maximum": 1};
    /// A number above 0.
    Positive, "a number above 0", |value| value > 0.0, {"type": "number", "exclusiveMinimum": 0};
    /// A number of at least 0.
    NonNegative, "a number of at least 0", |value| value >= 0.0, {"type": "number", "minimum": 0};
}
