//! Small shapes that typed files are built from: texts and lists with bounds, and choices by the value of a key.

use std::collections::BTreeMap;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

/// A value that may be absent, but not null.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Optional<T>(pub Option<T>);

impl<T> Optional<T> {
    /// Whether there is no value.
    #[must_use]
    pub fn is_absent(&self) -> bool {
        self.0.is_none()
    }
}

impl<T> Default for Optional<T> {
    fn default() -> Self {
        Self(None)
    }
}

impl<T: Serialize> Serialize for Optional<T> {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.0.serialize(serializer)
    }
}

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Optional<T> {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        T::deserialize(deserializer).map(|value| Self(Some(value)))
    }
}

impl<T: JsonSchema> JsonSchema for Optional<T> {
    fn inline_schema() -> bool {
        T::inline_schema()
    }

    fn schema_name() -> std::borrow::Cow<'static, str> {
        T::schema_name()
    }

    fn schema_id() -> std::borrow::Cow<'static, str> {
        T::schema_id()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        T::json_schema(generator)
    }
}

/// A text of at least `MIN` and at most `MAX` characters; `MAX` 0 stands for no bound.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Text<const MIN: usize, const MAX: usize>(String);

impl<const MIN: usize, const MAX: usize> Text<MIN, MAX> {
    /// The text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl<const MIN: usize, const MAX: usize> TryFrom<String> for Text<MIN, MAX> {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        let length = text.chars().count();
        if length < MIN || (MAX > 0 && length > MAX) {
            let most = if MAX > 0 { format!(" to {MAX}") } else { " or more".to_owned() };
            return Err(format!("expected {MIN}{most} characters, found {length}"));
        }
        Ok(Self(text))
    }
}

impl<const MIN: usize, const MAX: usize> From<Text<MIN, MAX>> for String {
    fn from(text: Text<MIN, MAX>) -> Self {
        text.0
    }
}

impl<const MIN: usize, const MAX: usize> JsonSchema for Text<MIN, MAX> {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> std::borrow::Cow<'static, str> {
        format!("Text_{MIN}_{MAX}").into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        let mut schema = json_schema!({"type": "string"});
        if MIN > 0 {
            schema.insert("minLength".to_owned(), json!(MIN));
        }
        if MAX > 0 {
            schema.insert("maxLength".to_owned(), json!(MAX));
        }
        schema
    }
}

/// A list with something in it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "Vec<T>", into = "Vec<T>", bound(serialize = "T: Clone + Serialize"))]
pub struct NonEmptyList<T>(Vec<T>);

impl<T> NonEmptyList<T> {
    /// The items.
    #[must_use]
    pub fn items(&self) -> &[T] {
        &self.0
    }
}

impl<T> TryFrom<Vec<T>> for NonEmptyList<T> {
    type Error = &'static str;

    fn try_from(items: Vec<T>) -> Result<Self, &'static str> {
        if items.is_empty() { Err("expected at least one item") } else { Ok(Self(items)) }
    }
}

impl<T> From<NonEmptyList<T>> for Vec<T> {
    fn from(list: NonEmptyList<T>) -> Self {
        list.0
    }
}

impl<T: JsonSchema> JsonSchema for NonEmptyList<T> {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> std::borrow::Cow<'static, str> {
        format!("NonEmptyList_{}", T::schema_name()).into()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        json_schema!({"type": "array", "items": generator.subschema_for::<T>(), "minItems": 1})
    }
}

/// A mapping of anything, with something in it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(try_from = "BTreeMap<String, Value>", into = "BTreeMap<String, Value>")]
pub struct NonEmptyMap(BTreeMap<String, Value>);

impl NonEmptyMap {
    /// The entries.
    #[must_use]
    pub fn entries(&self) -> &BTreeMap<String, Value> {
        &self.0
    }
}

impl TryFrom<BTreeMap<String, Value>> for NonEmptyMap {
    type Error = &'static str;

    fn try_from(entries: BTreeMap<String, Value>) -> Result<Self, &'static str> {
        if entries.is_empty() { Err("expected at least one key") } else { Ok(Self(entries)) }
    }
}

impl From<NonEmptyMap> for BTreeMap<String, Value> {
    fn from(map: NonEmptyMap) -> Self {
        map.0
    }
}

impl JsonSchema for NonEmptyMap {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> std::borrow::Cow<'static, str> {
        "NonEmptyMap".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({"type": "object", "minProperties": 1})
    }
}

/// A row of a choice by the value of a key: the value, what it means, and the schema of the variant.
pub(super) type Variant = (Value, &'static str, Schema);

/// The schema of a choice by the value of `key`: one condition for each row, so that a validator reports what is wrong
/// with the variant that was meant, not that none of them fits. The row for null also stands for an absent key.
pub(super) fn by_key(key: &str, about: &str, rows: &[Variant]) -> Schema {
    let values: Vec<&Value> = rows.iter().map(|(value, ..)| value).collect();
    let meanings: Vec<&str> = rows.iter().map(|(_, meaning, _)| meaning.trim()).collect();
    let condition = |value: &Value| {
        let mut condition = Map::new();
        condition.insert("properties".to_owned(), json!({ key: {"const": value} }));
        if !value.is_null() {
            condition.insert("required".to_owned(), json!([key]));
        }
        condition
    };
    let conditions: Vec<Value> =
        rows.iter().map(|(value, _, schema)| json!({"if": condition(value), "then": schema})).collect();
    let mut whole = Map::new();
    whole.insert("type".to_owned(), json!("object"));
    whole.insert(
        "properties".to_owned(),
        json!({ key: {"description": about, "enum": values, "enumDescriptions": meanings} }),
    );
    if !values.contains(&&Value::Null) {
        whole.insert("required".to_owned(), json!([key]));
    }
    whole.insert("allOf".to_owned(), Value::Array(conditions));
    Schema::from(whole)
}

/// The schema of `T`, an object without the key that tells the variants apart, with that key put in.
pub(super) fn with_tag<T: JsonSchema>(generator: &mut SchemaGenerator, key: &str, value: &str, about: &str) -> Schema {
    let mut schema = T::json_schema(generator);
    let mut properties = Map::new();
    properties.insert(key.to_owned(), json!({"description": about, "const": value}));
    if let Some(Value::Object(own)) = schema.remove("properties") {
        properties.extend(own);
    }
    let mut required = vec![json!(key)];
    if let Some(Value::Array(own)) = schema.remove("required") {
        required.extend(own);
    }
    schema.insert("properties".to_owned(), Value::Object(properties));
    schema.insert("required".to_owned(), Value::Array(required));
    schema
}

/// Declares a choice of objects by the value of one key, in serde's and in JSON Schema's terms: a row is that value,
/// the variant and its type.
macro_rules! tagged {
    ($(#[$doc:meta])* $name:ident $title:literal by $key:literal $about:literal {
        $($(#[doc = $row:literal])* $value:literal => $variant:ident($type:ty),)*
    }) => {
        $(#[$doc])*
        #[derive(Debug, Clone, PartialEq, serde::Serialize)]
        #[serde(tag = $key)]
        pub enum $name {
            $($(#[doc = $row])* #[serde(rename = $value)] $variant($type),)*
        }

        // serde's own would also take the number of a variant for its name.
        impl<'de> serde::Deserialize<'de> for $name {
            fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                use serde::de::Error as _;
                let mut keys = serde_json::Map::deserialize(deserializer)?;
                let tag = keys.shift_remove($key).ok_or_else(|| D::Error::missing_field($key))?;
                let rest = serde_json::Value::Object(keys);
                match tag.as_str() {
                    $(Some($value) => serde_json::from_value(rest).map(Self::$variant).map_err(D::Error::custom),)*
                    _ => Err(D::Error::custom(format!("unknown {} {tag}", $key))),
                }
            }
        }

        impl schemars::JsonSchema for $name {
            fn schema_name() -> std::borrow::Cow<'static, str> {
                $title.into()
            }

            fn json_schema(generator: &mut schemars::SchemaGenerator) -> schemars::Schema {
                use $crate::dialects::adapterhub::shapes::{by_key, with_tag};
                let rows =
                    vec![$((serde_json::json!($value), concat!($($row),*), with_tag::<$type>(generator, $key, $value, $about))),*];
                by_key($key, $about, &rows)
            }
        }
    };
}
pub(super) use tagged;
