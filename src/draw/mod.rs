//! Pictures of what a config does to a Transformer layer.
//!
//! A config and a base model become modules at their places, as the library builds them; [`build`] makes of these a
//! [`Scene`], a picture without coordinates; [`lay_out`] gives it coordinates, and [`svg`] and [`png`] write it down.
//!
//! ```
//! use adapter_spec::dialects::adapterhub::load::Loader;
//! use adapter_spec::draw::{Base, adapter, lay_out, svg};
//! use adapter_spec::models::Model;
//!
//! let config = Loader::default().load_text("seq_bn", &[])?.expect("the text is not empty");
//! let model = Model::well_known("bert-base-uncased").expect("a well-known model");
//! let scene = adapter("seq_bn", &config, Some(Base { name: "bert-base-uncased", model: &model }))?;
//! let picture = svg(&scene, &lay_out(&scene), None);
//! assert!(picture.starts_with("<svg") && picture.contains("768 → 48 → 768"));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! [`build`]: adapter

mod build;
mod drawing;
mod font;
mod layout;
mod png;
pub mod scene;
mod svg;
mod theme;

pub use build::{Base, DrawError, adapter, fusion};
pub use drawing::{Bounds, Drawing, Fill, Item, Outline, Text};
pub use layout::lay_out;
pub use png::{PngError, write as png};
pub use scene::Scene;
pub use svg::write as svg;
pub use theme::{Colour, Colours, Theme, Tint};
