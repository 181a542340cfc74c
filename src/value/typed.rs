//! Values to types of `serde`, with nothing lost on the way: a number that is not finite is itself.

use serde::de::value::{MapAccessDeserializer, MapDeserializer, SeqDeserializer, StrDeserializer};
use serde::de::{DeserializeOwned, Deserializer, Error as _, IntoDeserializer, Visitor};
use serde::forward_to_deserialize_any;

use super::{Map, Value};

impl Value {
    /// The value as a type, as `serde_json` reads it of the same text.
    ///
    /// # Errors
    /// If the type cannot be read from it.
    pub fn typed<T: DeserializeOwned>(&self) -> Result<T, serde_json::Error> {
        T::deserialize(Typed(self))
    }
}

impl Map {
    /// The mapping as a type, as [`Value::typed`] does it.
    pub fn typed<T: DeserializeOwned>(&self) -> Result<T, serde_json::Error> {
        T::deserialize(self.entries())
    }

    fn entries<'de>(
        &'de self,
    ) -> MapDeserializer<'de, impl Iterator<Item = (&'de str, Typed<'de>)>, serde_json::Error> {
        MapDeserializer::new(self.iter().map(|(key, value)| (key, Typed(value))))
    }
}

struct Typed<'de>(&'de Value);

impl<'de> IntoDeserializer<'de, serde_json::Error> for Typed<'de> {
    type Deserializer = Self;

    fn into_deserializer(self) -> Self {
        self
    }
}

impl<'de> Deserializer<'de> for Typed<'de> {
    type Error = serde_json::Error;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Self::Error> {
        match self.0 {
            Value::Null => visitor.visit_unit(),
            Value::Bool(truth) => visitor.visit_bool(*truth),
            Value::Int(int) => match (int.as_str().parse(), int.as_i64()) {
                (Ok(natural), _) => visitor.visit_u64(natural),
                (_, Some(negative)) => visitor.visit_i64(negative),
                _ => visitor.visit_f64(int.as_f64()),
            },
            Value::Float(float) => visitor.visit_f64(*float),
            Value::String(text) => visitor.visit_borrowed_str(text),
            Value::List(items) => SeqDeserializer::new(items.iter().map(Typed)).deserialize_any(visitor),
            Value::Map(map) => map.entries().deserialize_any(visitor),
        }
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Self::Error> {
        match self.0 {
            Value::Null => visitor.visit_none(),
            _ => visitor.visit_some(self),
        }
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(
        self,
        _name: &'static str,
        visitor: V,
    ) -> Result<V::Value, Self::Error> {
        visitor.visit_newtype_struct(self)
    }

    /// A variant without data is its name, one with data a mapping from the name.
    fn deserialize_enum<V: Visitor<'de>>(
        self,
        _name: &'static str,
        _variants: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Self::Error> {
        match self.0 {
            Value::String(name) => visitor.visit_enum(StrDeserializer::new(name)),
            Value::Map(map) if map.len() == 1 => visitor.visit_enum(MapAccessDeserializer::new(map.entries())),
            other => Err(Self::Error::custom(format!("invalid type: {}, expected an enum", other.type_name()))),
        }
    }

    forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf unit unit_struct seq tuple
        tuple_struct map struct identifier ignored_any
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::document::{Document, Format};

    #[derive(Debug, PartialEq, serde::Deserialize)]
    #[serde(rename_all = "lowercase")]
    enum Shape {
        Plain,
        Sized(u8),
    }

    #[derive(Debug, PartialEq, serde::Deserialize)]
    struct Config {
        scaling: f64,
        r: Option<u64>,
        shapes: Vec<Shape>,
        #[serde(default)]
        rest: Option<String>,
    }

    fn value(text: &str) -> Value {
        Document::read(text.as_bytes().to_vec(), Format::Json).root.expect("a value").to_value()
    }

    #[test]
    fn numbers_that_are_not_finite_are_kept() {
        let text = r#"{"scaling": -Infinity, "r": 8, "shapes": ["plain", {"sized": 3}], "rest": null}"#;
        let expected =
            Config { scaling: f64::NEG_INFINITY, r: Some(8), shapes: vec![Shape::Plain, Shape::Sized(3)], rest: None };
        assert_eq!(value(text).typed::<Config>().expect("it has the type"), expected);
    }

    #[test]
    fn the_rest_is_read_as_serde_json_reads_it() {
        for text in [
            r#"{"scaling": 2, "r": null, "shapes": []}"#,
            r#"{"scaling": null, "shapes": []}"#,
            r#"{"scaling": 1.5, "r": 8.0, "shapes": []}"#,
            r#"{"scaling": 123456789012345678901234567890, "r": -1, "shapes": []}"#,
            r#"{"scaling": 1.0, "shapes": ["other"]}"#,
            r#"{"shapes": []}"#,
            r#"["scaling"]"#,
        ] {
            let (ours, theirs) = (value(text).typed::<Config>(), serde_json::from_str::<serde_json::Value>(text));
            let theirs = serde_json::from_value::<Config>(theirs.expect("it is JSON"));
            assert_eq!(ours.map_err(|error| error.to_string()), theirs.map_err(|error| error.to_string()), "{text}");
        }
    }
}
