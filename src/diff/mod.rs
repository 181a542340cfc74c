//! Whether two saved adapters are the same function.
//!
//! Both are brought to one form, the names and the meaning of AdapterHub's newest release, by the [plan](crate::convert::Plan) of a
//! conversion; two adapters of PEFT stay as they are, but for the names of tensors. Then each tensor is held to its like.
//! Where other numbers can do the same, it is what they do that counts: the update that LoRA's factors make, the change
//! that any method of PEFT makes of a layer, the prefix that a network computes, a bottleneck with its units in any order.
//! Configs are compared by what their values do. A [`Run`] of a whole model with either says the same once more, on one
//! input.
//!
//! [Plan]: crate::convert::Plan

mod config;
mod effect;
mod entering;
mod error;
mod half;
mod hypercomplex;
mod intervention;
mod layers;
mod loaded;
mod low_rank;
mod measure;
mod mixed;
mod outcome;
mod run;
mod settled;
mod side;
mod sizes;
mod surrogate;
mod tensors;
mod unit;
mod update;

pub use error::DiffError;
pub use outcome::{Compared, Comparison, Key, Note, Numbers, Obstacle, Part, Run, State, Subject, Tensor, Which};
pub use run::Base;

use std::path::Path;

use self::error::RunError;
use self::half::{Half, Index};
use self::side::{Piece, Side};
use crate::checkpoint::Container;
use crate::convert::{self, Reft, Source, Target, adapterhub, peft};
use crate::dialects::adapterhub::Role;
use crate::dialects::adapterhub::release::Release;
use crate::findings::words::counted;
use crate::models::Model;

/// How two adapters are compared.
#[derive(Debug, Default)]
pub struct Options<'a> {
    /// The base model, where the files do not say enough of it.
    pub model: Option<Model>,
    /// Which ReFT both are, where a file cannot tell.
    pub reft: Option<Reft>,
    /// The largest difference that is none, relative to the largest magnitude in a tensor, or of what is computed of
    /// several, its terms taken without their signs. Without it: what rounding explains, one step of the coarser type in a
    /// tensor as it is, eight in what is computed. Numbers of half precision are then held each to its like: in a tensor, and
    /// in low-rank updates up to rank 32, whose factors have to be mixtures of one another.
    pub tolerance: Option<f64>,
    /// A whole model to run with either.
    pub base: Option<Base<'a>>,
}

/// Compares two saved adapters: folders, archives of one, or files of weights with the config beside them. `progress` is
/// told how many places have been compared, and of how many.
///
/// # Errors
/// If one cannot be read, or not be brought to the form in which they are compared.
pub fn compare(
    a: &Path,
    b: &Path,
    options: &Options<'_>,
    progress: &dyn Fn(usize, usize),
) -> Result<Comparison, DiffError> {
    let containers = (Container::open(a)?, Container::open(b)?);
    let raw = (peft::raw(&containers.0)?, peft::raw(&containers.1)?);
    let (mut one, mut other, run) = match raw {
        (Some(one), Some(other)) => {
            let run = options.base.as_ref().map(|_| Run::failed(&RunError::Peft));
            let model = options.model.as_ref();
            (Side::of_peft(one.file, one.weights, model), Side::of_peft(other.file, other.weights, model), run)
        }
        _ => {
            let wanted = convert::Options {
                model: options.model.clone(),
                reft: options.reft,
                ..convert::Options::to(Target::AdapterHub(Release::NEWEST))
            };
            let sources = [Source::of(&containers.0, a)?, Source::of(&containers.1, b)?];
            let run = options.base.as_ref().map(|base| run::run(base, &sources, &wanted, options.tolerance));
            let [one, other] = sources;
            (Side::of_source(one, &wanted)?, Side::of_source(other, &wanted)?, run)
        }
    };
    side::level_factors(&mut one, &mut other);
    side::leave_heads_out(&mut one, &mut other);
    let subject =
        |path: &Path, side: &Side| Subject { path: path.display().to_string(), release: side.release.clone() };
    let mut obstacles = obstacles(&one, &other);
    let mut notes = Vec::new();
    for (of, side, container) in [(Which::A, &one, &containers.0), (Which::B, &other, &containers.1)] {
        let others = adapterhub::others(container).into_iter();
        let others = others.map(|folder| format!("{folder} in it also holds an adapter, which is not compared"));
        notes.extend(side.notes.iter().cloned().chain(others).map(|what| Note { of, what }));
    }
    let mut parts = Vec::new();
    for role in Role::ALL {
        parts.extend(part(role, &one, &other, options.tolerance, &mut obstacles, progress)?);
    }
    obstacles.extend(untold(&parts).filter(|_| options.tolerance.is_none()));
    let same = obstacles.iter().all(|obstacle| obstacle.of.is_none())
        && parts.iter().all(Part::is_same)
        && run.as_ref().is_none_or(|run: &Run| run.failed.is_some() || run.same);
    Ok(Comparison { version: 1, a: subject(a, &one), b: subject(b, &other), same, obstacles, notes, parts, run })
}

/// What keeps either from being brought to the common form.
fn obstacles(one: &Side, other: &Side) -> Vec<Obstacle> {
    let of = |what: &String| match (one.losses.contains(what), other.losses.contains(what)) {
        (true, true) => None,
        (true, false) => Some(Which::A),
        _ => Some(Which::B),
    };
    let all = one.losses.union(&other.losses);
    let mut obstacles: Vec<_> = all.map(|what| Obstacle { of: of(what), what: what.clone() }).collect();
    // Two that cannot be loaded are no function that is the same, nor are two that are others each time.
    for (side, of) in [(one, Which::A), (other, Which::B)] {
        let all = side.refusals.iter().chain(&side.unsettled);
        obstacles.extend(all.map(|what| Obstacle { of: Some(of), what: what.clone() }));
    }
    obstacles.sort_unstable();
    obstacles
}

/// What rounding may hide in updates of half precision whose factors are other numbers in both.
fn untold(parts: &[Part]) -> Option<Obstacle> {
    const HALF: [&str; 2] = ["float16", "bfloat16"];
    // What computing explains, rounding to half precision is no part of.
    let is_rounded = |tensor: &&Tensor| {
        let is_half =
            |numbers: &Option<Numbers>| numbers.as_ref().is_some_and(|own| HALF.contains(&own.dtype.as_str()));
        tensor.state == State::Equivalent
            && tensor.compared == Compared::Update
            && (is_half(&tensor.a) || is_half(&tensor.b))
            && tensor.relative.is_some_and(|relative| relative > 1e-5)
    };
    let count = parts.iter().flat_map(|part| &part.tensors).filter(is_rounded).count();
    (count > 0).then(|| Obstacle {
        of: None,
        what: format!(
            "the updates are the same as far as rounding to half precision lets tell: in {}, a single number that is off \
             by few steps of its type, among others of its size, may not be noticed",
            counted(count, "tensor")
        ),
    })
}

/// Compares what both have of a role. Nothing if neither has it.
fn part(
    role: Role,
    one: &Side,
    other: &Side,
    tolerance: Option<f64>,
    obstacles: &mut Vec<Obstacle>,
    progress: &dyn Fn(usize, usize),
) -> Result<Option<Part>, DiffError> {
    let (a, b) = (one.pieces.get(&role), other.pieces.get(&role));
    if a.is_none() && b.is_none() {
        return Ok(None);
    }
    let name = |piece: Option<&Piece>| piece.map(|piece| piece.name.clone());
    let role_name = role.name().to_owned();
    let mut part = Part { role: role_name, a: name(a), b: name(b), config: Vec::new(), tensors: Vec::new() };
    let (Some(a), Some(b)) = (a, b) else { return Ok(Some(part)) };
    let (index_a, index_b) = (Index::new(a, b), Index::new(b, a));
    let (half_a, half_b) = (Half::new(one, a, &index_a), Half::new(other, b, &index_b));
    part.tensors = tensors::compare(half_a, half_b, tolerance, progress)?;
    if a.file.contains_key("peft_type") {
        part.config = config::compare_peft(a, b, obstacles);
        layers::judge(half_a, half_b, tolerance, &mut part, progress)?;
    } else {
        part.config = config::compare(role, a, b, obstacles);
        hypercomplex::judge(half_a, half_b, tolerance, &mut part)?;
    }
    if part.tensors.iter().any(|tensor| !tensor.state.is_same()) {
        config::doubt_shown(&mut part.config);
    }
    Ok(Some(part))
}
