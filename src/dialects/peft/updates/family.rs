//! One function a method: which tensors and keys make its update.

use nalgebra::DMatrix;
use ndarray::{Array1, Array2, Array3, Axis, Ix3, Ix4};
use serde_json::Value;

use super::chosen::permutation_start;
use super::{Boxed, Settings, Site, UpdateError};
use crate::dialects::adapterhub::config::Activation as Named;
use crate::dialects::adapterhub::modules::activation as function;
use crate::methods::activation::Activation;
use crate::methods::parameters::Parameters;
use crate::methods::updates::matrix::{cayley, columns, dot, flat, minus, neumann, positions, rows, skew, vector};
use crate::methods::updates::{self, LowRank, Replaced, Scaling};
use crate::methods::{MethodError, Scalar};

type Made<T> = Result<Boxed<T>, UpdateError>;

fn kept<T: Scalar>(delta: Array2<T>) -> Made<T> {
    Ok(Box::new(updates::Kept { delta, bias: None }))
}

fn block<T: Scalar>(parameters: &Parameters<T>, role: &str) -> Result<Array3<T>, MethodError> {
    parameters.take::<Ix3>(role)
}

pub(super) fn lora<T: Scalar>(config: Settings<'_>, site: &Site<'_, T>) -> Made<T> {
    let embedding = site.has("lora_embedding_A");
    let (a, b) = if embedding { ("lora_embedding_A", "lora_embedding_B") } else { ("lora_A.weight", "lora_B.weight") };
    let (mut a, mut b) = (flat(site.tensors, a)?, flat(site.tensors, b)?);
    let rank = a.nrows();
    let alpha = config.by_module(("alpha_pattern", "lora_alpha"), site.module, 8.0)?;
    let divisor = if config.truth("use_rslora", false) { (rank as f64).sqrt() } else { rank as f64 };
    if config.truth("use_bdlora", false) {
        let blocks = config.get("use_bdlora").and_then(|bd| bd.get("nblocks")).and_then(Value::as_u64);
        let blocks = usize::try_from(blocks.unwrap_or(1)).unwrap_or(usize::MAX);
        if a.ncols() != site.shape().1 {
            a = updates::block_diagonal(&a, blocks)?;
        }
        if b.ncols() != rank {
            b = updates::block_diagonal(&b, blocks)?;
        }
    }
    let bias = site.has("lora_B.bias").then(|| vector(site.tensors, "lora_B.bias")).transpose()?;
    let mut update = LowRank::new(alpha / divisor, a, b, bias);
    if config.get("kasa_config").is_some() {
        update = update.with_diagonal(&vector(site.tensors, "lora_diag")?)?;
    }
    if !config.truth("use_dora", false) {
        return Ok(Box::new(update));
    }
    let magnitude = ["lora_magnitude_vector", "lora_magnitude_vector.weight"].into_iter().find(|role| site.has(role));
    let magnitude = vector(site.tensors, magnitude.unwrap_or("lora_magnitude_vector"))?;
    Ok(Box::new(updates::Dora { update, magnitude }))
}

pub(super) fn adalora<T: Scalar>(config: Settings<'_>, site: &Site<'_, T>) -> Made<T> {
    let initial = config.number("init_r", 12.0);
    let alpha = config.number("lora_alpha", 8.0);
    let alpha = if alpha > 0.0 { alpha } else { initial };
    let (a, b) = (flat(site.tensors, "lora_A")?, flat(site.tensors, "lora_B")?);
    let update = LowRank::new(alpha / (initial + 1e-5), a, b, None);
    Ok(Box::new(update.with_diagonal(&vector(site.tensors, "lora_E")?)?))
}

pub(super) fn adamss<T: Scalar>(_: Settings<'_>, site: &Site<'_, T>) -> Made<T> {
    let (outputs, inputs) = site.shape();
    let basis = flat(site.tensors, "adamss_newB")?;
    let rows = positions(site.drawn, "rows", outputs)?;
    let mut whole = Array2::zeros((outputs, basis.ncols()));
    let mut rows = rows.into_iter();
    for cluster in 0.. {
        let (a, b) = (format!("adamss_A.{cluster}"), format!("adamss_B.{cluster}"));
        if !site.has(&a) {
            break;
        }
        let part = dot(&dot(&flat(site.tensors, &b)?, &flat(site.tensors, &a)?)?, &basis)?;
        for row in part.outer_iter() {
            let at = rows.next().ok_or_else(|| MethodError::input("more rows than the clusters have"))?;
            whole.row_mut(at).assign(&row);
        }
    }
    let delta = updates::matrix::cut(&whole, outputs, inputs)?;
    let bias = (whole.ncols() > inputs).then(|| whole.column(inputs).to_owned());
    Ok(Box::new(updates::Kept { delta, bias }))
}

pub(super) fn beft<T: Scalar>(_: Settings<'_>, site: &Site<'_, T>) -> Made<T> {
    let bias = vector(site.tensors, "beft_bias")?;
    Ok(Box::new(updates::Kept { delta: Array2::zeros(site.shape()), bias: Some(bias) }))
}

pub(super) fn boft<T: Scalar>(_: Settings<'_>, site: &Site<'_, T>) -> Made<T> {
    let blocks = site.tensors.take::<Ix4>("boft_R")?;
    if blocks.len_of(Axis(0)) != 1 {
        let detail = "more than one butterfly factor, which PEFT has only where its CUDA extension is built";
        return Err(MethodError::undefined(detail).into());
    }
    let blocks = blocks.index_axis_move(Axis(0), 0);
    Ok(Box::new(updates::boft(&blocks, vector(site.tensors, "boft_s")?)?))
}

pub(super) fn c3a<T: Scalar>(_: Settings<'_>, site: &Site<'_, T>) -> Made<T> {
    kept(updates::circulant(&block(site.tensors, "c3a_kernel")?, site.shape())?)
}

pub(super) fn deft<T: Scalar>(config: Settings<'_>, site: &Site<'_, T>) -> Made<T> {
    let projection = match config.text("decomposition_method", "relu") {
        "relu" => updates::Projection::Relu,
        "qr" => updates::Projection::Qr,
        other => return Err(MethodError::undefined(format!("there is no decomposition `{other}`")).into()),
    };
    let p = flat(site.tensors, "deft_P")?;
    let scaling = match config.number("alpha", 0.0) {
        0.0 => 1.0,
        // The rank is cut to the number of outputs, and so are the columns of P.
        alpha => alpha / p.ncols() as f64,
    };
    let put_in = match config.truth("para", false) {
        true => None,
        false => Some(flat(site.tensors, "deft_R")? * T::of(scaling)),
    };
    Ok(Box::new(updates::Deft::new(projection, p, put_in)))
}

pub(super) fn delora<T: Scalar>(_: Settings<'_>, site: &Site<'_, T>) -> Made<T> {
    let strength = vector(site.tensors, "delora_lambda")?.first().copied();
    let strength = strength.ok_or_else(|| MethodError::input("`delora_lambda` is empty"))?;
    let (a, b) = (flat(site.tensors, "delora_A")?, flat(site.tensors, "delora_B")?);
    Ok(Box::new(updates::delora(a, b, strength, &vector(site.tensors, "delora_w_norm")?)?))
}

/// Rows and columns of the entries: as given, or drawn as the library draws them.
fn entries<T: Scalar>(
    config: Settings<'_>,
    site: &Site<'_, T>,
    count: usize,
) -> Result<Vec<(usize, usize)>, UpdateError> {
    let (outputs, inputs) = site.shape();
    if site.drawn.get("indices").is_some() {
        return pairs(site.drawn, "indices", (outputs, inputs));
    }
    let seed = config.get("random_loc_seed").map_or(Some(777), Value::as_u64);
    let drawn = seed.and_then(|seed| permutation_start(seed, outputs.checked_mul(inputs)?, count));
    let drawn = drawn.ok_or_else(|| MethodError::undefined("entries that cannot be drawn as torch draws them"))?;
    Ok(drawn.into_iter().map(|at| (at / inputs, at % inputs)).collect())
}

/// A row of row numbers and one of column numbers.
fn pairs<T: Scalar>(
    parameters: &Parameters<T>,
    role: &str,
    (outputs, inputs): (usize, usize),
) -> Result<Vec<(usize, usize)>, UpdateError> {
    let all = positions(parameters, role, outputs.max(inputs))?;
    let (rows, columns) = all.split_at(all.len() / 2);
    Ok(rows.iter().copied().zip(columns.iter().copied()).collect())
}

pub(super) fn fourierft<T: Scalar>(config: Settings<'_>, site: &Site<'_, T>) -> Made<T> {
    let spectrum = vector(site.tensors, "fourierft_spectrum")?;
    let entries = entries(config, site, spectrum.len())?;
    kept(updates::fourier(config.number("scaling", 150.0), &spectrum, &entries, site.shape())?)
}

pub(super) fn waveft<T: Scalar>(config: Settings<'_>, site: &Site<'_, T>) -> Made<T> {
    let spectrum = vector(site.tensors, "waveft_spectrum")?;
    let entries = entries(config, site, spectrum.len())?;
    let scaling = config.number("scaling", 25.0);
    if !config.truth("use_idwt", true) {
        return kept(updates::scatter(&spectrum, &entries, site.shape())? * T::of(scaling));
    }
    kept(updates::wavelet(scaling, config.text("wavelet_family", "db1"), &spectrum, &entries, site.shape())?)
}

pub(super) fn frod<T: Scalar>(_: Settings<'_>, site: &Site<'_, T>) -> Made<T> {
    // Matrices are shared by modules whose names end in the same two parts.
    let parts: Vec<&str> = site.module.rsplit('.').take(3).collect();
    let category = match parts.as_slice() {
        ["dense", "output", "attention"] => "attention_output".to_owned(),
        [last, before, ..] if !before.bytes().all(|byte| byte.is_ascii_digit()) => format!("{before}_{last}"),
        [last, ..] => (*last).to_owned(),
        [] => String::new(),
    };
    let v = flat(site.tensors, &format!("frod_V.{category}"))?;
    let places = pairs(site.tensors, &format!("frod_s_indices.{category}"), v.dim())?;
    let mut middle = updates::scatter(&vector(site.tensors, "frod_lambda_s_values")?, &places, v.dim())?;
    let diagonal = vector(site.tensors, "frod_lambda_l")?;
    if diagonal.len() != v.nrows() {
        return Err(MethodError::input("a diagonal of another length than the matrix").into());
    }
    middle.diag_mut().zip_mut_with(&diagonal, |entry, value| *entry += *value);
    let u = match site.drawn.get("U") {
        Some(_) => flat(site.drawn, "U")?,
        None => directions(&site.base.weight, &v)?,
    };
    Ok(Box::new(Replaced::Whole(dot(&dot(&u, &middle)?, &v.t())?)))
}

/// `W · V⁻ᵀ` with columns of length one, or of none; in double precision, then cut to single as the library cuts it.
fn directions<T: Scalar>(weight: &Array2<T>, v: &Array2<T>) -> Result<Array2<T>, UpdateError> {
    let (n, outputs) = (v.nrows(), weight.nrows());
    if v.ncols() != n || weight.ncols() != n {
        return Err(MethodError::input("a shared matrix of another size than the inputs").into());
    }
    let matrix = DMatrix::from_fn(n, n, |row, column| v[(row, column)].wide());
    let right = DMatrix::from_fn(n, outputs, |row, column| weight[(column, row)].wide());
    let solved = matrix.lu().solve(&right).ok_or_else(|| MethodError::undefined("V cannot be inverted"))?;
    let lengths: Vec<f64> = solved.row_iter().map(|row| row.norm()).collect();
    Ok(Array2::from_shape_fn((outputs, n), |(row, column)| {
        let length = lengths[column];
        T::of(if length > 1e-12 { f64::from(f32::of(solved[(column, row)] / length)) } else { 0.0 })
    }))
}

pub(super) fn glora<T: Scalar>(_: Settings<'_>, site: &Site<'_, T>) -> Made<T> {
    let path = |name: &str| -> Result<Option<Array2<T>>, MethodError> {
        let (down, up, own) = (format!("{name}.Xd"), format!("{name}.Xu"), format!("{name}.X"));
        if site.has(&down) {
            return Ok(Some(dot(&flat(site.tensors, &down)?, &flat(site.tensors, &up)?)?));
        }
        site.has(&own).then(|| flat(site.tensors, &own)).transpose()
    };
    let line = |name: &str| -> Result<Option<Array1<T>>, MethodError> {
        Ok(path(name)?.map(|matrix| matrix.into_iter().collect()))
    };
    let [a, b] = [path("glora_A")?, path("glora_B")?];
    Ok(Box::new(updates::Glora { a, b, c: line("glora_C")?, d: line("glora_D")?, e: line("glora_E")? }))
}

pub(super) fn gralora<T: Scalar>(config: Settings<'_>, site: &Site<'_, T>) -> Made<T> {
    let a = block(site.tensors, "gralora_A")?;
    let mut delta = updates::gralora(&a, &block(site.tensors, "gralora_B")?)?;
    let hybrid = config.number("hybrid_r", 0.0);
    if hybrid > 0.0 {
        let (a, b) = ("gralora_A_general.weight", "gralora_B_general.weight");
        let plain = dot(&flat(site.tensors, b)?, &flat(site.tensors, a)?)?;
        delta = updates::matrix::plus(delta, &plain)?;
    }
    let rank = a.len_of(Axis(2)) as f64;
    kept(delta * T::of(config.number("alpha", 64.0) / (rank + hybrid)))
}

pub(super) fn hira<T: Scalar>(_: Settings<'_>, site: &Site<'_, T>) -> Made<T> {
    let (a, b) =
        if site.has("hira_embedding_A") { ("hira_embedding_A", "hira_embedding_B") } else { ("hira_A", "hira_B") };
    Ok(Box::new(updates::Hira { a: flat(site.tensors, a)?, b: flat(site.tensors, b)? }))
}

pub(super) fn hra<T: Scalar>(config: Settings<'_>, site: &Site<'_, T>) -> Made<T> {
    Ok(Box::new(updates::hra(&flat(site.tensors, "hra_u")?, config.truth("apply_GS", false))))
}

pub(super) fn ia3<T: Scalar>(config: Settings<'_>, site: &Site<'_, T>) -> Made<T> {
    let factors = vector(site.tensors, "ia3_l")?;
    let shape = site.tensors.get("ia3_l").map(|array| array.shape().to_vec()).unwrap_or_default();
    let before = config.is_feed_forward(site.module)?.unwrap_or(shape.first() == Some(&1) && shape.len() == 2);
    Ok(Box::new(if before { Scaling::Inputs(factors) } else { Scaling::Outputs(factors) }))
}

pub(super) fn ln_tuning<T: Scalar>(_: Settings<'_>, _: &Site<'_, T>) -> Made<T> {
    Err(MethodError::undefined("a layer norm is no affine map of rows").into())
}

pub(super) fn loha<T: Scalar>(config: Settings<'_>, site: &Site<'_, T>) -> Made<T> {
    let alpha = config.by_module(("alpha_pattern", "alpha"), site.module, 8.0)?;
    let rank = config.by_module(("rank_pattern", "r"), site.module, 8.0)?;
    let factor = |number: u8| -> Result<Array2<T>, MethodError> {
        let (a, b) = (format!("hada_w{number}_a"), format!("hada_w{number}_b"));
        let (a, b, core) = (flat(site.tensors, &a)?, flat(site.tensors, &b)?, format!("hada_t{number}"));
        if site.has(&core) { updates::cp(&site.tensors.take::<Ix4>(&core)?, &a, &b) } else { dot(&a, &b) }
    };
    kept(updates::hadamard(alpha / rank, factor(1)?, &factor(2)?)?)
}

pub(super) fn lokr<T: Scalar>(config: Settings<'_>, site: &Site<'_, T>) -> Made<T> {
    let alpha = config.by_module(("alpha_pattern", "alpha"), site.module, 8.0)?;
    let rank = config.by_module(("rank_pattern", "r"), site.module, 8.0)?;
    let factor = |name: &str, core: Option<&str>| -> Result<Array2<T>, MethodError> {
        if site.has(name) {
            return flat(site.tensors, name);
        }
        let (a, b) = (flat(site.tensors, &format!("{name}_a"))?, flat(site.tensors, &format!("{name}_b"))?);
        match core.filter(|core| site.has(core)) {
            Some(core) => updates::cp(&site.tensors.take::<Ix4>(core)?, &a, &b),
            None => dot(&a, &b),
        }
    };
    let (one, two) = (factor("lokr_w1", None)?, factor("lokr_w2", Some("lokr_t2"))?);
    kept(updates::lokr(alpha / rank, &one, &two, site.base.weight.len())?)
}

pub(super) fn miss<T: Scalar>(config: Settings<'_>, site: &Site<'_, T>) -> Made<T> {
    if config.get("init_weights").and_then(Value::as_str) == Some("bat") {
        return Ok(Box::new(updates::Bat { blocks: block(site.tensors, "miss_block")? }));
    }
    kept(updates::miss(&flat(site.tensors, "miss_block")?, site.shape())?)
}

pub(super) fn oft<T: Scalar>(config: Settings<'_>, site: &Site<'_, T>) -> Made<T> {
    let terms = config.truth("use_cayley_neumann", true).then(|| config.size("num_cayley_neumann_terms", 5));
    let constraint = config.truth("coft", false).then(|| config.number("eps", 6e-5));
    Ok(Box::new(updates::oft(&flat(site.tensors, "oft_R.weight")?, terms, constraint)?))
}

pub(super) fn osf<T: Scalar>(_: Settings<'_>, site: &Site<'_, T>) -> Made<T> {
    let product = |parameters: &Parameters<T>, prefix: &str| -> Result<Array2<T>, MethodError> {
        let role = |name: &str| format!("{prefix}{name}");
        let scaled = columns(flat(parameters, &role("U_low"))?, &vector(parameters, &role("S_low"))?)?;
        dot(&scaled, &flat(parameters, &role("V_low"))?)
    };
    kept(minus(product(site.tensors, "osf_svd_params.")?, &product(site.drawn, "")?)?)
}

pub(super) fn peanut<T: Scalar>(config: Settings<'_>, site: &Site<'_, T>) -> Made<T> {
    let name = config.text("act_fn", "relu");
    let named: Result<Named, _> = name.parse();
    let named = named.map_err(|error| MethodError::undefined(error.to_string()))?;
    let function = function(named);
    let series = |part: &str| -> Result<Vec<Array2<T>>, MethodError> {
        let role = |at: usize| format!("peanut_{part}.{at}.weight");
        (0..).take_while(|at| site.has(&role(*at))).map(|at| flat(site.tensors, &role(at))).collect()
    };
    Ok(Box::new(updates::Peanut {
        scaling: config.number("scaling", 1.0),
        activation: Activation::new(function, &Parameters::new())?,
        a: flat(site.tensors, "peanut_A.weight")?,
        b: flat(site.tensors, "peanut_B.weight")?,
        encoders: series("encoders")?,
        decoders: series("decoders")?,
    }))
}

pub(super) fn psoft<T: Scalar>(config: Settings<'_>, site: &Site<'_, T>) -> Made<T> {
    let (a, b) = (flat(site.drawn, "A")?, flat(site.drawn, "B")?);
    let rank = a.nrows();
    let mut turned = if config.truth("psoft_orth", true) {
        let mut s = skew(&vector(site.tensors, "psoft_R.weight")?.to_vec(), rank);
        if config.truth("use_cayley_neumann", false) {
            let length = s.iter().map(|value| *value * *value).sum::<T>().sqrt();
            if let Some(limit) = config.get("cayley_neumann_eps").and_then(Value::as_f64)
                && length > T::of(limit)
            {
                s *= T::of(limit) / (length + T::of(1e-12));
            }
            neumann(&s, config.size("num_cayley_neumann_terms", 5))
        } else {
            cayley(&-s)?
        }
    } else {
        flat(site.tensors, "psoft_R.weight")?
    };
    if site.has("psoft_R.vector_b") {
        turned = rows(&vector(site.tensors, "psoft_R.vector_b")?, turned)?;
    }
    if site.has("psoft_R.vector_a") {
        turned = columns(turned, &vector(site.tensors, "psoft_R.vector_a")?)?;
    }
    let change = minus(turned, &Array2::eye(rank))?;
    let scaling = config.number("psoft_alpha", 32.0) / rank as f64;
    Ok(Box::new(LowRank::new(scaling, a, b, None).with_middle(&change)?))
}

pub(super) fn vera<T: Scalar>(_: Settings<'_>, site: &Site<'_, T>) -> Made<T> {
    shared(site, "vera", 1)
}

pub(super) fn pvera<T: Scalar>(_: Settings<'_>, site: &Site<'_, T>) -> Made<T> {
    shared(site, "pvera", 2)
}

/// VeRA, and PVeRA whose first half is the mean.
fn shared<T: Scalar>(site: &Site<'_, T>, name: &str, parts: usize) -> Made<T> {
    let (a, b) = (flat(site.tensors, &format!("{name}_A"))?, flat(site.tensors, &format!("{name}_B"))?);
    let inner = vector(site.tensors, &format!("{name}_lambda_d"))?;
    let inner: Array1<T> = inner.iter().take(inner.len() / parts).copied().collect();
    let outer = vector(site.tensors, &format!("{name}_lambda_b"))?;
    Ok(Box::new(LowRank::shared(site.shape(), (&a, &b), (&inner, &outer))?))
}

pub(super) fn randlora<T: Scalar>(config: Settings<'_>, site: &Site<'_, T>) -> Made<T> {
    let (a, b) = (block(site.tensors, "randlora_A")?, block(site.tensors, "randlora_B")?);
    let (lambda, gamma) = (flat(site.tensors, "randlora_lambda")?, flat(site.tensors, "randlora_gamma")?);
    let scaling = config.number("randlora_alpha", 640.0) / lambda.nrows() as f64;
    Ok(Box::new(updates::randlora(scaling, site.shape(), (&a, &b), (&lambda, &gamma))?))
}

pub(super) fn road<T: Scalar>(config: Settings<'_>, site: &Site<'_, T>) -> Made<T> {
    let variant = match config.text("variant", "road_1") {
        "road_1" => updates::Variant::One,
        "road_2" => updates::Variant::Two,
        "road_4" => updates::Variant::Four,
        other => return Err(MethodError::undefined(format!("there is no variant `{other}`")).into()),
    };
    let (theta, alpha) = (vector(site.tensors, "road_theta")?, vector(site.tensors, "road_alpha")?);
    Ok(Box::new(updates::Road::new(variant, config.size("group_size", 64), &theta, &alpha)?))
}

pub(super) fn shira<T: Scalar>(_: Settings<'_>, site: &Site<'_, T>) -> Made<T> {
    let places = pairs(site.tensors, "shira_indices", site.shape())?;
    kept(updates::scatter(&vector(site.tensors, "shira_weight")?, &places, site.shape())?)
}

pub(super) fn supertuning<T: Scalar>(config: Settings<'_>, site: &Site<'_, T>) -> Made<T> {
    let (outputs, inputs) = site.shape();
    let places = positions(site.tensors, "supertuning_indices", outputs.saturating_mul(inputs))?;
    let places: Vec<_> = places.into_iter().map(|at| (at / inputs, at % inputs)).collect();
    let mut delta = updates::scatter(&vector(site.tensors, "supertuning_values")?, &places, site.shape())?;
    if config.number("r", 0.0) > 0.0 {
        let (a, b) = ("supertuning_lora_A.weight", "supertuning_lora_B.weight");
        let (a, b) = (flat(site.tensors, a)?, flat(site.tensors, b)?);
        let rank = a.nrows() as f64;
        let scaling = config.number("lora_alpha", 2.0 * rank) / rank;
        delta = updates::matrix::plus(delta, &(dot(&b, &a)? * T::of(scaling)))?;
    }
    kept(delta)
}

pub(super) fn tinylora<T: Scalar>(_: Settings<'_>, site: &Site<'_, T>) -> Made<T> {
    let part = |role: &str, drawn: &'static str| {
        if site.has(role) { flat(site.tensors, role) } else { flat(site.drawn, drawn) }
    };
    let (a, b) = (part("tinylora_A", "A")?, part("tinylora_B", "B")?);
    let pieces = part("tinylora_P", "P")?;
    let steering = vector(site.drawn, "v")?;
    let mixed = dot(&steering.view().insert_axis(Axis(0)), &pieces)?;
    let middle = updates::matrix::reshaped(mixed.into_dyn(), (a.nrows(), a.nrows()), "tinylora_P")?;
    Ok(Box::new(LowRank::new(1.0, a, b, None).with_middle(&middle)?))
}

pub(super) fn trainable_tokens<T: Scalar>(config: Settings<'_>, site: &Site<'_, T>) -> Made<T> {
    let tokens = config.get("token_indices").and_then(Value::as_array).cloned().unwrap_or_default();
    let tokens = tokens.iter().map(|token| token.as_u64().and_then(|token| usize::try_from(token).ok()));
    let tokens: Option<Vec<usize>> = tokens.collect();
    let tokens = tokens.ok_or_else(|| MethodError::input("a token that is no whole number above zero"))?;
    Ok(Box::new(Replaced::Tokens { tokens, rows: flat(site.tensors, "trainable_tokens_delta")? }))
}

pub(super) fn unilora<T: Scalar>(_: Settings<'_>, site: &Site<'_, T>) -> Made<T> {
    let theta = vector(site.tensors, "unilora_theta_d")?;
    let matrix = |side: &str| -> Result<Array2<T>, MethodError> {
        let saved = [format!("unilora_indices_{side}"), format!("unilora_scales_{side}")];
        let drawn = [format!("indices_{side}"), format!("scales_{side}")];
        let is_saved = saved.iter().all(|role| site.has(role));
        let (parameters, [indices, scales]) = if is_saved { (site.tensors, saved) } else { (site.drawn, drawn) };
        let mut scaled = flat(parameters, &scales)?;
        let chosen = positions(parameters, &indices, theta.len())?;
        if chosen.len() != scaled.len() {
            return Err(MethodError::input("another number of positions than of factors"));
        }
        scaled.iter_mut().zip(chosen).for_each(|(factor, at)| *factor *= theta[at]);
        Ok(scaled)
    };
    Ok(Box::new(LowRank::new(1.0, matrix("A")?, matrix("B")?, None)))
}

pub(super) fn vblora<T: Scalar>(config: Settings<'_>, site: &Site<'_, T>) -> Made<T> {
    let bank = flat(site.tensors, "vblora_vector_bank")?;
    let k = config.size("topk", 2);
    // Sub-vectors by their place in the logits: `[r, in / length]` for A, `[out / length, r]` for B.
    let side = |name: &str| -> Result<(Array2<T>, usize), MethodError> {
        let logits = format!("vblora_logits_{name}");
        if let Some(logits) = site.tensors.get(&logits) {
            let second = logits.shape().get(1).copied().unwrap_or_default();
            return Ok((updates::mixtures(logits, &bank, k)?, second));
        }
        let (indices, weights) = (format!("{logits}_topk_indices"), format!("{logits}_topk_weights"));
        let chosen = positions(site.tensors, &indices, bank.nrows())?;
        let second = site.tensors.get(&indices).and_then(|array| array.shape().get(1).copied()).unwrap_or_default();
        // With one vector each there are no weights to save.
        let none = ndarray::ArrayD::zeros(vec![0]);
        Ok((updates::saved_mixtures(&chosen, site.tensors.get(&weights).unwrap_or(&none), &bank, k)?, second))
    };
    let ((a, per_row), (b, rank)) = (side("A")?, side("B")?);
    let length = bank.ncols();
    let (outputs, inputs) = site.shape();
    let fits = per_row.checked_mul(length) == Some(inputs) && rank > 0 && a.nrows() == rank * per_row;
    if !fits || b.nrows() / rank * length != outputs {
        return Err(MethodError::input("sub-vectors that do not fill the matrices").into());
    }
    let a =
        Array2::from_shape_fn((rank, inputs), |(row, column)| a[(row * per_row + column / length, column % length)]);
    let b = Array2::from_shape_fn((outputs, rank), |(row, column)| b[(row / length * rank + column, row % length)]);
    Ok(Box::new(LowRank::new(1.0, a, b, None)))
}
