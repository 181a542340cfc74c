//! Laws of all pictures, on random configs in several models.

use std::collections::BTreeSet;

use adapter_spec::dialects::adapterhub::load::{Kind, Resolved};
use adapter_spec::dialects::adapterhub::modules::{Module, members};
use adapter_spec::dialects::adapterhub::slots::{Placed, Site, place};
use adapter_spec::draw::scene::{Mark, Paint, Scene, Shape};
use adapter_spec::draw::{self, Base, Bounds};
use adapter_spec::models::Model;
use proptest::prelude::*;
use proptest::sample::{select, subsequence};

use super::load;

const MODELS: [&str; 9] = [
    "bert-base-uncased",
    "gpt2",
    "facebook/bart-base",
    "t5-small",
    "meta-llama/Llama-3.2-1B",
    "EleutherAI/gpt-j-6B",
    "google/vit-base-patch16-224",
    "openai/clip-vit-base-patch32",
    "facebook/xmod-base",
];

/// No two lines of text overlap, and all are on the page.
pub(super) fn check_layout(scene: &Scene) -> Result<(), String> {
    let drawing = draw::lay_out(scene);
    let texts: Vec<_> = drawing.texts().collect();
    for (index, (text, bounds)) in texts.iter().enumerate() {
        let inside = bounds.left >= 0.0 && bounds.top >= 0.0;
        if !inside || bounds.right > drawing.width || bounds.bottom > drawing.height {
            return Err(format!("{:?} is not on the page", text.line));
        }
        if let Some((other, _)) = texts[..index].iter().find(|(_, other)| overlap(other, bounds)) {
            return Err(format!("{:?} overlaps {:?}", text.line, other.line));
        }
    }
    Ok(())
}

/// Whether the two have more than an edge in common.
fn overlap(one: &Bounds, other: &Bounds) -> bool {
    one.left < other.right && other.left < one.right && one.top < other.bottom && other.top < one.bottom
}

/// Well-formed, named and described, without scripts.
pub(super) fn check_svg(svg: &str) -> Result<(), String> {
    let document = roxmltree::Document::parse(svg).map_err(|error| error.to_string())?;
    let root = document.root_element();
    if root.attribute("role") != Some("img") {
        return Err("it has no role".to_owned());
    }
    for id in root.attribute("aria-labelledby").unwrap_or_default().split(' ') {
        let named = root.children().find(|child| child.attribute("id") == Some(id));
        if named.and_then(|named| named.text()).is_none_or(str::is_empty) {
            return Err(format!("{id:?} says nothing"));
        }
    }
    let known = ["svg", "title", "desc", "style", "rect", "circle", "path", "text", "tspan"];
    match root.descendants().find(|node| node.is_element() && !known.contains(&node.tag_name().name())) {
        Some(odd) => Err(format!("there is a {:?}", odd.tag_name())),
        None => Ok(()),
    }
}

fn flag() -> impl Strategy<Value = &'static str> {
    select(vec!["True", "False"])
}

fn layers() -> impl Strategy<Value = String> {
    subsequence((0..6).collect::<Vec<u32>>(), 0..4).prop_map(|layers| format!("{layers:?}"))
}

fn bottleneck() -> impl Strategy<Value = String> {
    let flags = proptest::collection::vec(flag(), 10);
    let residual = select(vec!["True", "False", "'post_add'"]);
    let scaling = select(vec!["1.0", "4.0", "'learned'", "'channel'"]);
    let factor = select(vec!["16", "2", "{'1': 8, 'default': 16}"]);
    let inverse = select(vec!["", ",inv_adapter='nice',inv_adapter_reduction_factor=2"]);
    (flags, residual, scaling, factor, inverse, layers()).prop_map(|(f, residual, scaling, factor, inverse, layers)| {
        format!(
            "seq_bn[mh_adapter={},output_adapter={},cross_adapter={},original_ln_before={},original_ln_after={},\
             ln_before={},ln_after={},adapter_residual_before_ln={},is_parallel={},use_gating={},\
             residual_before_ln={residual},\
             scaling={scaling},reduction_factor={factor},leave_out={layers}{inverse}]",
            f[0], f[1], f[2], f[3], f[4], f[5], f[6], f[7], f[8], f[9]
        )
    })
}

fn lora() -> impl Strategy<Value = String> {
    let names = select(vec!["lora", "ia3", "dora", "vera", "mtl_lora"]);
    let matrices = subsequence(vec!["'q'", "'k'", "'v'"], 1..=3);
    (names, matrices, flag(), flag(), flag(), flag(), layers()).prop_map(|(name, matrices, a, b, c, gating, layers)| {
        let matrices = matrices.join(",");
        format!(
            "{name}[attn_matrices=[{matrices}],selfattn_lora={a},intermediate_lora={b},output_lora={c},\
             use_gating={gating},leave_out={layers}]"
        )
    })
}

fn others() -> impl Strategy<Value = String> {
    let prefix = (flag(), flag(), flag(), flag()).prop_map(|(flat, gating, encoder, cross)| {
        format!("prefix_tuning[flat={flat},use_gating={gating},encoder_prefix={encoder},cross_prefix={cross}]")
    });
    let reft = layers().prop_map(|layers| format!("loreft[layers={layers}]"));
    prop_oneof![prefix, reft, Just("prompt_tuning".to_owned())]
}

fn config() -> impl Strategy<Value = String> {
    let one = prop_oneof![3 => bottleneck(), 2 => lora(), 2 => others()];
    let union = (bottleneck(), lora(), others()).prop_map(|(a, b, c)| format!("{a}|{b}|{c}"));
    prop_oneof![3 => one, 1 => union]
}

/// The modules that a picture has to show: all but what is shared, and gates, which are said beside their prefixes.
fn expected(placed: &[Placed]) -> BTreeSet<Mark> {
    let shown = placed.iter().filter(|placed| !matches!(placed.site, Site::Shared | Site::PrefixGate { .. }));
    let mark = |placed: &Placed| Mark {
        site: match &placed.site {
            Site::Prefixes { location, .. } => format!("prefixes:{location}"),
            site => site.name().to_owned(),
        },
        member: placed.member,
    };
    shown.map(mark).collect()
}

/// Every layer norm of the adapters' own in the picture, and every one that they have.
fn own_norms(scene: &Scene, placed: &[Placed]) -> Result<(), String> {
    for column in &scene.columns {
        let steps: Vec<_> = column.flow.all_steps().collect();
        let drawn = steps.iter().filter(|step| step.text == "Norm" && matches!(step.paint, Paint::Member(_))).count();
        let adapters = steps.iter().filter(|step| step.shape == Shape::Hourglass).count();
        let parameters = placed.iter().find_map(|placed| match &placed.module {
            Module::Bottleneck(adapter) => Some(adapter.parameters()),
            _ => None,
        });
        let norms =
            parameters.iter().flatten().filter(|own| ["ln_before.weight", "ln_after.weight"].contains(&&*own.role));
        let norms = norms.count();
        if drawn != adapters * norms {
            return Err(format!("{drawn} norms are drawn of {adapters} adapters with {norms} each"));
        }
    }
    Ok(())
}

fn drawn(text: &str, name: &str) -> Option<(Resolved, Model, Scene)> {
    let config = load(Kind::Adapter, text);
    let model = Model::well_known(name).expect("a well-known model");
    let scene = draw::adapter(text, &config, Some(Base { name, model: &model }));
    // What the library refuses has no picture.
    scene.ok().map(|scene| (config, model, scene))
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 96, ..ProptestConfig::default() })]

    #[test]
    fn a_picture_shows_what_the_library_builds(text in config(), name in select(MODELS.to_vec())) {
        // Too many that are refused fail the test.
        let Some((config, model, scene)) = drawn(&text, name) else { return Err(TestCaseError::reject("refused")) };
        let members = members(&config).expect("it was drawn");
        let placed = place(&members, "x", &model).expect("it was drawn");
        let shown: BTreeSet<Mark> = scene.columns.iter().flat_map(|column| column.flow.marks().cloned()).collect();
        // Of a picture that leaves kinds of layers out, which it says, all that it shows is there.
        let is_whole = !scene.notes.iter().any(|note| note.contains("more kinds of layers"));
        let built = expected(&placed);
        prop_assert!(if is_whole { shown == built } else { shown.is_subset(&built) }, "{shown:?}, not {built:?}");
        if let Err(why) = own_norms(&scene, &placed) {
            return Err(TestCaseError::fail(why));
        }
    }

    #[test]
    fn text_does_not_overlap(text in config(), name in proptest::option::of(select(MODELS.to_vec()))) {
        let scene = match name {
            Some(name) => drawn(&text, name).map(|(.., scene)| scene),
            None => draw::adapter(&text, &load(Kind::Adapter, &text), None).ok(),
        };
        let Some(scene) = scene else { return Err(TestCaseError::reject("refused")) };
        let checked = check_layout(&scene).and_then(|()| check_svg(&draw::svg(&scene, &draw::lay_out(&scene), None)));
        prop_assert_eq!(checked, Ok(()));
    }

    #[test]
    fn any_title_is_only_text(title in "\\PC{0,60}|[<>&\"'\u{0}-\u{1f}\u{202e}\u{ffff}]{0,20}") {
        let config = load(Kind::Adapter, "seq_bn");
        let scene = draw::adapter(&title, &config, None).expect("it can be drawn");
        let svg = draw::svg(&scene, &draw::lay_out(&scene), None);
        let named = if title.is_empty() { svg.replace("<title id=\"title\"></title>", "<title id=\"title\">x</title>") } else { svg };
        prop_assert_eq!(check_svg(&named).and_then(|()| check_layout(&scene)), Ok(()));
    }
}
