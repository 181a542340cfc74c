//! The sizes of the weight that an adapter's tensors at a layer of PEFT are for, as far as they tell them.

use crate::dialects::peft::PeftType::{
    Adalora, Adamss, AdaptionPrompt, Beft, Boft, Bone, C3a, Cartridge, Cpt, Deft, Delora, Fourierft, Frod, Glora,
    Gralora, Hira, Hra, Ia3, Lily, LnTuning, Loha, Lokr, Lora, Miss, MultitaskPromptTuning, Oft, Osf, PTuning, Peanut,
    Poly, PrefixTuning, PromptTuning, Psoft, Pvera, Randlora, Road, Shadow, Shira, Supertuning, Tinylora,
    TrainableTokens, Unilora, Vblora, Vera, Waveft, Xlora,
};
use crate::dialects::peft::updates::Settings;
use crate::methods::parameters::Parameters;
use crate::methods::updates::triangular_root;
use crate::value::Value;

/// The largest weight that is computed, in numbers: half a gigabyte in double precision.
pub(super) const MOST: usize = 1 << 26;

/// Rows and columns of a weight.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Sizes {
    pub(super) outputs: usize,
    pub(super) inputs: usize,
    /// Whether there may be more of both.
    pub(super) is_part: bool,
    /// Whether what is there of rows, and of columns, is repeated over a weight of any size.
    repeats: (bool, bool),
}

/// Rows or columns that are as good as any number of them, since each is treated alike and by itself.
const ANY: usize = 16;

/// As many as tell two networks apart, of which a unit may be silent for any of them.
const SAMPLES: usize = 96;

impl Sizes {
    fn new(outputs: usize, inputs: usize) -> Self {
        Self { outputs, inputs, is_part: false, repeats: (false, false) }
    }

    /// The sizes of a weight that both are for; none if there is no such weight.
    pub(super) fn of_both(self, other: Self) -> Option<Self> {
        let common = |one: usize, other: usize, repeats: (bool, bool)| match repeats {
            // As far as both together repeat.
            (true, true) => one.checked_div(gcd(one, other))?.checked_mul(other),
            (true, false) => Some(other),
            (false, true) => Some(one),
            (false, false) => Some(one.max(other)),
        };
        let outputs = common(self.outputs, other.outputs, (self.repeats.0, other.repeats.0))?;
        let inputs = common(self.inputs, other.inputs, (self.repeats.1, other.repeats.1))?;
        let fits = |own: Self| {
            own.is_part || (own.repeats.0 || own.outputs == outputs) && (own.repeats.1 || own.inputs == inputs)
        };
        let both = Self { is_part: self.is_part && other.is_part, ..Self::new(outputs, inputs) };
        (fits(self) && fits(other)).then_some(both)
    }

    /// The sizes that tensors tell, and keys where those say which side a tensor is of.
    pub(super) fn told(config: Settings<'_>, module: &str, tensors: &Parameters<f64>) -> Option<Self> {
        let of = Tensors(tensors);
        match config.peft_type() {
            Some(Lora) if config.truth("use_bdlora") => block_diagonal(config, module, of),
            Some(Lora) => {
                of.pair("lora_B.weight", "lora_A.weight").or_else(|| of.pair("lora_embedding_B", "lora_embedding_A"))
            }
            Some(Adalora) => of.pair("lora_B", "lora_A"),
            Some(Delora) => of.pair("delora_B", "delora_A"),
            Some(Hira) => of.pair("hira_B", "hira_A").or_else(|| of.pair("hira_embedding_B", "hira_embedding_A")),
            Some(Deft) => of.pair("deft_P", "deft_R"),
            Some(Tinylora) => of.pair("tinylora_B", "tinylora_A"),
            Some(Unilora) => of.pair("unilora_indices_B", "unilora_indices_A"),
            Some(Supertuning) => of.pair("supertuning_lora_B.weight", "supertuning_lora_A.weight"),
            Some(Osf) => of.pair("osf_svd_params.U_low", "osf_svd_params.V_low"),
            Some(Vera) => Some(Self::new(of.count("vera_lambda_b")?, of.width("vera_A")?)),
            Some(Pvera) => Some(Self::new(of.count("pvera_lambda_b")?, of.width("pvera_A")?)),
            Some(Randlora) => of.pair("randlora_B", "randlora_A"),
            Some(Vblora) => vector_bank(of),
            Some(Gralora) => gralora(of),
            Some(C3a) => circulant(of),
            Some(Loha) => of.factors("hada_w1_a", "hada_w1_b", "hada_t1").map(Self::from),
            Some(Lokr) => kronecker(of),
            Some(Oft) if !config.truth("block_share") => oft(of),
            Some(Boft) => {
                Some(Self::new(of.count("boft_s")?, of.size("boft_R", 1)?.checked_mul(of.size("boft_R", 2)?)?))
            }
            Some(Hra) => Some(Self::new(ANY, of.rows("hra_u")?)),
            Some(Road) => road(config, of),
            Some(Ia3) => ia3(config, module, of),
            // Every column of the weight goes through the network by itself.
            Some(Peanut) => Some(Self::new(of.width("peanut_A.weight")?, SAMPLES)),
            // A row of the weight is turned into another by itself, but for the lengths of columns.
            Some(Frod) => Some(Self::new(SAMPLES, of.count("frod_lambda_l")?)),
            Some(Miss) => miss(config, of),
            Some(Beft) => Some(Self::new(of.count("beft_bias")?, ANY)),
            Some(Glora) => glora(of),
            Some(Shira) => shira(tensors),
            // Nothing is told by the tensors of these, or they are no update. A new method has to be put somewhere.
            Some(
                PromptTuning
                | PrefixTuning
                | PTuning
                | AdaptionPrompt
                | MultitaskPromptTuning
                | Oft
                | Poly
                | LnTuning
                | Fourierft
                | Xlora
                | Cpt
                | Bone
                | TrainableTokens
                | Waveft
                | Adamss
                | Cartridge
                | Lily
                | Psoft
                | Shadow,
            )
            | None => None,
        }
    }
}

impl From<(usize, usize)> for Sizes {
    fn from((outputs, inputs): (usize, usize)) -> Self {
        Self::new(outputs, inputs)
    }
}

/// The tensors at a layer by their roles, and what their shapes say.
#[derive(Clone, Copy)]
struct Tensors<'t>(&'t Parameters<f64>);

impl<'t> Tensors<'t> {
    fn shape(self, role: &str) -> Option<&'t [usize]> {
        self.0.get(role).map(ndarray::ArrayBase::shape)
    }

    fn size(self, role: &str, axis: usize) -> Option<usize> {
        self.shape(role)?.get(axis).copied()
    }

    fn count(self, role: &str) -> Option<usize> {
        self.0.get(role).map(ndarray::ArrayBase::len)
    }

    fn rows(self, role: &str) -> Option<usize> {
        self.size(role, 0)
    }

    /// The kernel of a convolution is flattened behind the inputs.
    fn width(self, role: &str) -> Option<usize> {
        self.shape(role)?.get(1..).map(|rest| rest.iter().product())
    }

    /// Of a product of two matrices.
    fn pair(self, b: &str, a: &str) -> Option<Sizes> {
        Some(Sizes::new(self.rows(b)?, self.width(a)?))
    }

    /// Of a matrix that is there as it is.
    fn whole(self, role: &str) -> Option<(usize, usize)> {
        Some((self.rows(role)?, self.width(role)?))
    }

    /// Of a matrix of two factors, or of two and a core, whose factors are turned then.
    fn factors(self, a: &str, b: &str, core: &str) -> Option<(usize, usize)> {
        match self.shape(core) {
            Some([_, _, height, width]) => {
                Some((self.size(a, 1)?, self.size(b, 1)?.checked_mul(height.checked_mul(*width)?)?))
            }
            Some(_) => None,
            None => Some((self.rows(a)?, self.width(b)?)),
        }
    }
}

/// BD-LoRA: A, if it is of blocks along a diagonal, is saved as narrow as one of them.
fn block_diagonal(config: Settings<'_>, module: &str, of: Tensors<'_>) -> Option<Sizes> {
    let own = config.get("use_bdlora")?.as_map()?;
    let blocks = usize::try_from(own.get("nblocks").and_then(Value::as_u64).unwrap_or(1)).ok()?;
    // A pattern is found anywhere in the path.
    let patterns = own.get("target_modules_bd_a").and_then(Value::as_list);
    let mut patterns = patterns.into_iter().flatten().filter_map(Value::as_str);
    let blocks = if patterns.any(|pattern| module.contains(pattern)) { blocks } else { 1 };
    Some(Sizes::new(of.rows("lora_B.weight")?, of.width("lora_A.weight")?.checked_mul(blocks)?))
}

fn vector_bank(of: Tensors<'_>) -> Option<Sizes> {
    let length = of.size("vblora_vector_bank", 1)?;
    let parts = |side: &str, axis: usize| {
        let logits = format!("vblora_logits_{side}");
        let all = of.size(&logits, axis).or_else(|| of.size(&format!("{logits}_topk_indices"), axis));
        all?.checked_mul(length)
    };
    Some(Sizes::new(parts("B", 0)?, parts("A", 1)?))
}

fn gralora(of: Tensors<'_>) -> Option<Sizes> {
    let outputs = of.size("gralora_B", 0)?.checked_mul(of.size("gralora_B", 2)?)?;
    Some(Sizes::new(outputs, of.size("gralora_A", 0)?.checked_mul(of.size("gralora_A", 1)?)?))
}

fn circulant(of: Tensors<'_>) -> Option<Sizes> {
    let [outputs, inputs, size] = *of.shape("c3a_kernel")? else { return None };
    Some(Sizes::new(outputs.checked_mul(size)?, inputs.checked_mul(size)?))
}

fn kronecker(of: Tensors<'_>) -> Option<Sizes> {
    let one = of.whole("lokr_w1").or_else(|| of.factors("lokr_w1_a", "lokr_w1_b", ""))?;
    let two = of.whole("lokr_w2").or_else(|| of.factors("lokr_w2_a", "lokr_w2_b", "lokr_t2"))?;
    Some(Sizes::new(one.0.checked_mul(two.0)?, one.1.checked_mul(two.1)?))
}

/// Of a block the numbers above the diagonal are kept.
fn oft(of: Tensors<'_>) -> Option<Sizes> {
    let (blocks, kept) = of.whole("oft_R.weight")?;
    Some(Sizes::new(ANY, blocks.checked_mul(triangular_root(kept)?)?))
}

fn road(config: Settings<'_>, of: Tensors<'_>) -> Option<Sizes> {
    let angles = of.count("road_theta")?;
    let outputs = match config.text("variant") {
        "road_1" => angles.checked_mul(2)?,
        "road_2" => angles,
        _ => angles / 2,
    };
    Some(Sizes::new(outputs, ANY))
}

fn ia3(config: Settings<'_>, module: &str, of: Tensors<'_>) -> Option<Sizes> {
    let is_row = matches!(of.shape("ia3_l"), Some([1, _]));
    let is_before = config.is_feed_forward(module).ok()?.unwrap_or(is_row);
    let factors = of.count("ia3_l")?;
    Some(if is_before { Sizes::new(ANY, factors) } else { Sizes::new(factors, ANY) })
}

fn miss(config: Settings<'_>, of: Tensors<'_>) -> Option<Sizes> {
    match *of.shape("miss_block")? {
        [rank, width] => {
            let is_mini = config.text("init_weights") == "mini";
            Some(Sizes { repeats: (is_mini, true), ..Sizes::new(width, rank) })
        }
        [blocks, rank, _] => Some(Sizes { repeats: (false, true), ..Sizes::new(blocks.checked_mul(rank)?, rank) }),
        _ => None,
    }
}

fn glora(of: Tensors<'_>) -> Option<Sizes> {
    // A part that stands for a vector may be made of factors, too.
    let part = |name: &str| {
        let factors = of.rows(&format!("{name}.Xd")).zip(of.width(&format!("{name}.Xu")));
        let (rows, columns) = factors.or_else(|| of.whole(&format!("{name}.X"))).unwrap_or((1, 1));
        rows.checked_mul(columns).filter(|count| *count <= MOST).map(|_| (rows, columns))
    };
    let [a, b] = [part("glora_A")?, part("glora_B")?];
    let [c, d, e] = [part("glora_C")?, part("glora_D")?, part("glora_E")?];
    // Numbers stand for all outputs or inputs alike.
    let outputs = [a.0, b.0, d.0.max(d.1), e.0.max(e.1)].into_iter().max()?;
    Some(Sizes::new(outputs, a.1.max(b.1).max(c.0).max(c.1)))
}

/// The places of entries reach as far as the last of them: the weight may be larger.
fn shira(tensors: &Parameters<f64>) -> Option<Sizes> {
    let places = tensors.get("shira_indices")?;
    let mut lines = places.outer_iter().map(|line| {
        let places = line.iter().map(|number| place(*number)).collect::<Option<Vec<_>>>()?;
        places.into_iter().max().unwrap_or_default().checked_add(1)
    });
    Some(Sizes { is_part: true, ..Sizes::new(lines.next()??, lines.next()??) })
}

/// A place along a side of a weight; none if the number is no integer that double precision tells from its neighbours.
fn place(number: f64) -> Option<usize> {
    const LARGEST: f64 = (1_u64 << f64::MANTISSA_DIGITS) as f64;
    let is_place = (0.0..LARGEST).contains(&number) && number.fract().abs().to_bits() == 0;
    is_place.then_some(number as usize)
}

fn gcd(mut one: usize, mut other: usize) -> usize {
    while other != 0 {
        (one, other) = (other, one % other);
    }
    one
}

#[cfg(test)]
mod tests {
    use super::*;
    use ndarray::Array2;

    fn places(numbers: [f64; 2]) -> Option<Sizes> {
        let mut tensors = Parameters::new();
        let places = Array2::from_shape_vec((2, 2), vec![0.0, numbers[0], numbers[1], 1.0]).expect("four numbers");
        tensors.insert("shira_indices", places.into_dyn());
        shira(&tensors)
    }

    #[test]
    fn entries_reach_as_far_as_the_last() {
        let sizes = places([6.0, 0.0]).expect("places");
        assert_eq!((sizes.outputs, sizes.inputs), (7, 2));
    }

    #[test]
    fn what_is_no_place_tells_no_size() {
        for number in [1e30, f64::MAX, f64::INFINITY, f64::NAN, -1.0, 0.5] {
            assert_eq!(places([number, 0.0]), None, "{number}");
            assert_eq!(places([0.0, number]), None, "{number}");
        }
    }
}
