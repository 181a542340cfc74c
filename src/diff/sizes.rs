//! The sizes of the weight that an adapter's tensors at a layer of PEFT are for, as far as they tell them.

use serde_json::Value;

use crate::dialects::peft::updates::Settings;
use crate::methods::parameters::Parameters;

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
        let shape = |role: &str| tensors.get(role).map(ndarray::ArrayBase::shape);
        let size = |role: &str, axis: usize| shape(role)?.get(axis).copied();
        let count = |role: &str| tensors.get(role).map(ndarray::ArrayBase::len);
        let rows = |role: &str| size(role, 0);
        // The kernel of a convolution is flattened behind the inputs.
        let width = |role: &str| shape(role)?.get(1..).map(|rest| rest.iter().product::<usize>());
        let pair = |b: &str, a: &str| Some(Self::new(rows(b)?, width(a)?));
        // A matrix of two factors, or of two and a core, whose factors are turned then.
        let factors = |a: &str, b: &str, core: &str| match shape(core) {
            Some([_, _, height, width]) => Some((size(a, 1)?, size(b, 1)?.checked_mul(height.checked_mul(*width)?)?)),
            Some(_) => None,
            None => Some((rows(a)?, width(b)?)),
        };
        match config.peft_type() {
            "LORA" if config.truth("use_bdlora", false) => {
                let own = config.get("use_bdlora")?;
                let blocks = usize::try_from(own.get("nblocks").and_then(Value::as_u64).unwrap_or(1)).ok()?;
                // A pattern is found anywhere in the path.
                let patterns = own.get("target_modules_bd_a").and_then(Value::as_array);
                let mut patterns = patterns.into_iter().flatten().filter_map(Value::as_str);
                let blocks = if patterns.any(|pattern| module.contains(pattern)) { blocks } else { 1 };
                Some(Self::new(rows("lora_B.weight")?, width("lora_A.weight")?.checked_mul(blocks)?))
            }
            "LORA" => pair("lora_B.weight", "lora_A.weight").or_else(|| pair("lora_embedding_B", "lora_embedding_A")),
            "ADALORA" => pair("lora_B", "lora_A"),
            "DELORA" => pair("delora_B", "delora_A"),
            "HIRA" => pair("hira_B", "hira_A").or_else(|| pair("hira_embedding_B", "hira_embedding_A")),
            "DEFT" => pair("deft_P", "deft_R"),
            "TINYLORA" => pair("tinylora_B", "tinylora_A"),
            "UNILORA" => pair("unilora_indices_B", "unilora_indices_A"),
            "SUPERTUNING" => pair("supertuning_lora_B.weight", "supertuning_lora_A.weight"),
            "VERA" => Some(Self::new(count("vera_lambda_b")?, width("vera_A")?)),
            "PVERA" => Some(Self::new(count("pvera_lambda_b")?, width("pvera_A")?)),
            "RANDLORA" => Some(Self::new(rows("randlora_B")?, width("randlora_A")?)),
            "VBLORA" => {
                let length = size("vblora_vector_bank", 1)?;
                let parts = |side: &str, axis: usize| {
                    let logits = format!("vblora_logits_{side}");
                    let all = size(&logits, axis).or_else(|| size(&format!("{logits}_topk_indices"), axis));
                    all?.checked_mul(length)
                };
                Some(Self::new(parts("B", 0)?, parts("A", 1)?))
            }
            "GRALORA" => {
                let outputs = size("gralora_B", 0)?.checked_mul(size("gralora_B", 2)?)?;
                Some(Self::new(outputs, size("gralora_A", 0)?.checked_mul(size("gralora_A", 1)?)?))
            }
            "C3A" => {
                let [outputs, inputs, size] = *shape("c3a_kernel")? else { return None };
                Some(Self::new(outputs.checked_mul(size)?, inputs.checked_mul(size)?))
            }
            "LOHA" => {
                let (outputs, inputs) = factors("hada_w1_a", "hada_w1_b", "hada_t1")?;
                Some(Self::new(outputs, inputs))
            }
            "LOKR" => {
                let whole = |role: &str| Some((rows(role)?, width(role)?));
                let one = whole("lokr_w1").or_else(|| factors("lokr_w1_a", "lokr_w1_b", ""))?;
                let two = whole("lokr_w2").or_else(|| factors("lokr_w2_a", "lokr_w2_b", "lokr_t2"))?;
                Some(Self::new(one.0.checked_mul(two.0)?, one.1.checked_mul(two.1)?))
            }
            "OFT" if !config.truth("block_share", false) => {
                // Of a block of n rows the n(n-1)/2 numbers above the diagonal are kept.
                let (blocks, kept) = (rows("oft_R.weight")?, width("oft_R.weight")?);
                let length = (1..=kept.saturating_add(1)).find(|n| n * (n - 1) / 2 >= kept)?;
                Some(Self::new(ANY, blocks.checked_mul(length)?))
            }
            "BOFT" => Some(Self::new(count("boft_s")?, size("boft_R", 1)?.checked_mul(size("boft_R", 2)?)?)),
            "HRA" => Some(Self::new(ANY, rows("hra_u")?)),
            "ROAD" => {
                let angles = count("road_theta")?;
                let outputs = match config.text("variant", "road_1") {
                    "road_1" => angles.checked_mul(2)?,
                    "road_2" => angles,
                    _ => angles / 2,
                };
                Some(Self::new(outputs, ANY))
            }
            "IA3" => {
                let is_row = matches!(shape("ia3_l"), Some([1, _]));
                let is_before = config.is_feed_forward(module).ok()?.unwrap_or(is_row);
                let factors = count("ia3_l")?;
                Some(if is_before { Self::new(ANY, factors) } else { Self::new(factors, ANY) })
            }
            "OSF" => pair("osf_svd_params.U_low", "osf_svd_params.V_low"),
            // Every column of the weight goes through the network by itself.
            "PEANUT" => Some(Self::new(width("peanut_A.weight")?, SAMPLES)),
            // A row of the weight is turned into another by itself, but for the lengths of columns.
            "FROD" => Some(Self::new(SAMPLES, count("frod_lambda_l")?)),
            "MISS" => match *shape("miss_block")? {
                [rank, width] => {
                    let is_mini = config.text("init_weights", "") == "mini";
                    Some(Self { repeats: (is_mini, true), ..Self::new(width, rank) })
                }
                [blocks, rank, _] => {
                    Some(Self { repeats: (false, true), ..Self::new(blocks.checked_mul(rank)?, rank) })
                }
                _ => None,
            },
            "BEFT" => Some(Self::new(count("beft_bias")?, ANY)),
            "GLORA" => {
                let part = |name: &str| {
                    let factors = rows(&format!("{name}.Xd")).zip(width(&format!("{name}.Xu")));
                    let whole = || rows(&format!("{name}.X")).zip(width(&format!("{name}.X")));
                    factors.or_else(whole).unwrap_or((1, 1))
                };
                let [a, b] = [part("glora_A"), part("glora_B")];
                let [c, d, e] = ["glora_C", "glora_D", "glora_E"].map(part);
                // Numbers stand for all outputs or inputs alike.
                let outputs = [a.0, b.0, d.0.max(d.1), e.0.max(e.1)].into_iter().max()?;
                Some(Self::new(outputs, a.1.max(b.1).max(c.0).max(c.1)))
            }
            "SHIRA" => {
                let places = tensors.get("shira_indices")?;
                let mut lines = places.outer_iter().map(|line| line.iter().copied().fold(0.0, f64::max) as usize + 1);
                Some(Self { is_part: true, ..Self::new(lines.next()?, lines.next()?) })
            }
            _ => None,
        }
    }
}

fn gcd(mut one: usize, mut other: usize) -> usize {
    while other != 0 {
        (one, other) = (other, one % other);
    }
    one
}
