//! A picture as data: what is there, what flows where, and what is written beside it. No coordinates.

/// A picture of what a config does to a base model.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Scene {
    /// What is drawn.
    pub title: String,
    /// What is known of it, one line each: the base model, the number of parameters.
    pub facts: Vec<String>,
    /// One layer of each kind, side by side.
    pub columns: Vec<Column>,
    /// The insides of the modules, one panel a member of the config.
    pub panels: Vec<Panel>,
    /// What the colours of members mean that have no panel.
    pub legend: Vec<(Paint, String)>,
    /// What is worth knowing and cannot be drawn.
    pub notes: Vec<String>,
    /// The picture in words.
    pub description: String,
}

/// A kind of layer, from its input at the bottom to its output at the top.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Column {
    /// What the layer is: `Encoder layer`.
    pub heading: String,
    /// Which layers are like this.
    pub layers: String,
    /// What happens in it.
    pub flow: Flow,
}

/// The inside of a module.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Panel {
    /// The method.
    pub heading: String,
    /// The member's number, which is its colour.
    pub member: usize,
    /// What it computes.
    pub flow: Flow,
    /// Its keys.
    pub keys: Vec<Key>,
}

/// A key of the config with its value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Key {
    /// The key.
    pub name: String,
    /// The value as JSON.
    pub value: String,
    /// Why it does not matter here, if it does not.
    pub idle: Option<String>,
}

/// Steps from the bottom to the top, and what leads past them.
///
/// Step `i` stands between the points `i` and `i + 1`; wires begin at points.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Flow {
    /// The steps, the first at the bottom.
    pub steps: Vec<Step>,
    /// Connections past steps.
    pub wires: Vec<Wire>,
    /// Computations beside steps.
    pub branches: Vec<Branch>,
    /// The steps that are the layer itself: a frame stands around them.
    pub frame: Option<(usize, usize)>,
}

/// Something that is done to the state.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Step {
    /// Its shape.
    pub shape: Shape,
    /// Whose it is.
    pub paint: Paint,
    /// What stands in it.
    pub text: String,
    /// The parts in it that a method can change.
    pub chips: Vec<Chip>,
    /// What stands beside it.
    pub label: Vec<Line>,
    /// The module of the adapter that it is.
    pub mark: Option<Mark>,
    /// Whether the state from below does not enter here: a wire brings another one.
    pub fed_by_wire: bool,
}

/// A module of the adapter in the picture: the name of its site and the member that asks for it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Mark {
    /// The name of the [site](crate::dialects::adapterhub::slots::Site::name), for prefixes with their kind.
    pub site: String,
    /// The member.
    pub member: usize,
}

/// The shape of a step.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Shape {
    /// A box.
    Box,
    /// A sum: a circle with a cross.
    Sum,
    /// A product: a circle with a diagonal cross.
    Product,
    /// A map to fewer units.
    Down,
    /// A map to more units.
    Up,
    /// A bottleneck: down and up again.
    Hourglass,
    /// Nothing but text: where a flow begins or ends.
    Text,
}

/// Whose a part of the picture is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Paint {
    /// The base model's.
    Base,
    /// A layer norm of the base model.
    Norm,
    /// The adapter's, by its member.
    Member(usize),
    /// What could be there and is not.
    Ghost,
}

/// A part of a step.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Chip {
    /// What stands in it.
    pub text: String,
    /// Whose it is: [`Paint::Base`] if no method changes it.
    pub paint: Paint,
    /// The update that it carries.
    pub mark: Option<Mark>,
    /// The prefix in front of it.
    pub prefix: Option<Mark>,
}

/// A line of text in pieces.
pub type Line = Vec<Span>;

/// A piece of text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Span {
    /// How it looks.
    pub style: Style,
    /// The text.
    pub text: String,
}

/// How text looks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Style {
    /// As text.
    Plain,
    /// As something less important.
    Muted,
    /// As a key of a config.
    Key,
    /// As a heading.
    Heading,
    /// As the title.
    Title,
    /// In the colour of a member.
    Member(usize),
    /// As something that needs attention.
    Warning,
}

/// A connection past steps.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Wire {
    /// The point where it begins.
    pub from: usize,
    /// The step where it ends.
    pub to: usize,
    /// Whose it is.
    pub paint: Paint,
    /// What it carries.
    pub text: String,
    /// Whether it runs on the right.
    pub right: bool,
}

/// A computation beside steps, on the right.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Branch {
    /// The point where it begins.
    pub from: usize,
    /// The step where it ends.
    pub to: usize,
    /// Its steps, the first at the bottom.
    pub steps: Vec<Step>,
    /// Whose it is.
    pub paint: Paint,
}

impl Step {
    /// A step of this shape.
    #[must_use]
    pub fn new(shape: Shape, paint: Paint, text: impl Into<String>) -> Self {
        let (chips, label, mark) = (Vec::new(), Vec::new(), None);
        Self { shape, paint, text: text.into(), chips, label, mark, fed_by_wire: false }
    }

    /// The same with lines beside it.
    #[must_use]
    pub fn with(mut self, label: impl IntoIterator<Item = Line>) -> Self {
        self.label.extend(label);
        self
    }

    /// The same as a module of the adapter.
    #[must_use]
    pub fn marked(mut self, site: &str, member: usize) -> Self {
        self.mark = Some(Mark { site: site.to_owned(), member });
        self
    }
}

impl Flow {
    /// Puts a step on top, and says which it is.
    pub fn push(&mut self, step: Step) -> usize {
        self.steps.push(step);
        self.steps.len() - 1
    }

    /// The point above all steps so far.
    #[must_use]
    pub fn top(&self) -> usize {
        self.steps.len()
    }

    /// Every step, those of branches included.
    pub fn all_steps(&self) -> impl Iterator<Item = &Step> {
        self.steps.iter().chain(self.branches.iter().flat_map(|branch| &branch.steps))
    }

    /// The modules of the adapter in it.
    pub fn marks(&self) -> impl Iterator<Item = &Mark> {
        self.all_steps().flat_map(|step| {
            let chips = step.chips.iter().flat_map(|chip| chip.mark.iter().chain(&chip.prefix));
            step.mark.iter().chain(chips)
        })
    }
}

impl Span {
    /// A piece of text.
    #[must_use]
    pub fn new(style: Style, text: impl Into<String>) -> Self {
        Self { style, text: text.into() }
    }
}

/// A line of one piece.
#[must_use]
pub fn line(style: Style, text: impl Into<String>) -> Line {
    vec![Span::new(style, text)]
}

/// A line with a key and its value.
#[must_use]
pub fn key(name: &str, value: &str) -> Line {
    vec![Span::new(Style::Key, name), Span::new(Style::Plain, format!(" {value}"))]
}
