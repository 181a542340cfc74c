//! Compacter's layers of parametrised hypercomplex multiplication (PHM).

use ndarray::{Array1, Array2, Array3, ArrayView3, Axis, Ix1, Ix3};

use super::linear::product;
use super::parameters::{Parameter, Parameters};
use super::{MethodError, Scalar};

/// What a PHM layer consists of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Architecture {
    /// `n`, the number of Kronecker products.
    pub products: usize,
    /// Whether each small factor `A_i` is a column times a row.
    pub factorized_rule: bool,
    /// Whether the small factors belong to all layers together.
    pub shared_rule: bool,
    /// `r`, if each large factor `B_i` is a product of two thin matrices of this rank.
    pub rank: Option<usize>,
    /// Whether the large factors belong to all layers together, one set for down- and one for up-projections.
    pub shared_weight: bool,
    /// Whether there is a bias.
    pub bias: bool,
    /// Whether the small factors are trained.
    pub trained_rule: bool,
}

impl Architecture {
    /// The parameters of one layer from `inputs` to `outputs`, without what all layers share.
    #[must_use]
    pub fn parameters(&self, inputs: usize, outputs: usize) -> Vec<Parameter> {
        let mut parameters = Vec::new();
        if !self.shared_rule {
            parameters.extend(self.rule());
        }
        if !self.shared_weight {
            parameters.extend(self.large_factors("", inputs, outputs));
        }
        if self.bias {
            parameters.push(Parameter::trained("bias", &[("out", outputs)]));
        }
        parameters
    }

    /// The parameters that all layers of an adapter share, `hidden` being the model's size and `width` that of the
    /// bottleneck.
    #[must_use]
    pub fn shared_parameters(&self, hidden: usize, width: usize) -> Vec<Parameter> {
        let mut parameters = Vec::new();
        if self.shared_weight {
            parameters.extend(self.large_factors("down.", hidden, width));
            parameters.extend(self.large_factors("up.", width, hidden));
        }
        if self.shared_rule {
            parameters.extend(self.rule());
        }
        parameters
    }

    fn rule(&self) -> Vec<Parameter> {
        let n = ("n", self.products);
        let whole = if self.factorized_rule {
            vec![
                Parameter::trained("rule.left", &[n, n, ("1", 1)]),
                Parameter::trained("rule.right", &[n, ("1", 1), n]),
            ]
        } else {
            vec![Parameter::trained("rule", &[n, n, n])]
        };
        if self.trained_rule { whole } else { whole.into_iter().map(Parameter::frozen).collect() }
    }

    fn large_factors(&self, position: &str, inputs: usize, outputs: usize) -> Vec<Parameter> {
        let n = ("n", self.products);
        let (rows, columns) = (("in/n", inputs / self.products), ("out/n", outputs / self.products));
        match self.rank {
            Some(rank) => vec![
                Parameter::trained(format!("{position}weight.left"), &[n, rows, ("r", rank)]),
                Parameter::trained(format!("{position}weight.right"), &[n, ("r", rank), columns]),
            ],
            None => vec![Parameter::trained(format!("{position}weight"), &[n, rows, columns])],
        }
    }
}

/// A PHM layer (Zhang et al. 2021, arXiv:2102.08597, equation 3; with low-rank factors Mahabadi et al. 2021,
/// arXiv:2106.04647, equations 4 and 6):
///
/// ```text
/// y = x · H + b        H = Σ_i A_i ⊗ B_i,  i = 1 … n        B_i = s_i · t_i  if factorised
/// ```
///
/// `A_i` (the *rule*) is `[n, n]`, `B_i` is `[in/n, out/n]`, so that `H` is `[in, out]`, not transposed, and takes
/// about `1/n` of the parameters of a linear map. `A_i ⊗ B_i` consists of `n × n` blocks, `B_i` times each number of
/// `A_i`. If the rule is factorised, `A_i` is a column times a row (`methods/modeling.py`, `PHMLayer`, adapters 1.3.0).
#[derive(Debug, Clone, PartialEq)]
pub struct Hypercomplex<T> {
    /// `H`, `[in, out]`.
    pub weight: Array2<T>,
    /// `b`, `[out]`.
    pub bias: Option<Array1<T>>,
}

impl<T: Scalar> Hypercomplex<T> {
    /// Builds `H` from the layer's own parameters and those that all layers share. `position` is `down` or `up`.
    ///
    /// # Errors
    /// If a parameter is missing or has another shape.
    pub fn new(
        architecture: &Architecture,
        (inputs, outputs): (usize, usize),
        position: &str,
        own: &Parameters<T>,
        shared: &Parameters<T>,
    ) -> Result<Self, MethodError> {
        let n = architecture.products;
        if n == 0 || !inputs.is_multiple_of(n) || !outputs.is_multiple_of(n) {
            let detail = format!("a PHM layer of {n} products cannot map {inputs} numbers to {outputs}");
            return Err(MethodError::undefined(detail));
        }
        own.check(&architecture.parameters(inputs, outputs))?;
        let rule = factor(if architecture.shared_rule { shared } else { own }, "rule", architecture.factorized_rule)?;
        let (source, role) = match architecture.shared_weight {
            true => (shared, format!("{position}.weight")),
            false => (own, "weight".to_owned()),
        };
        let large = factor(source, &role, architecture.rank.is_some())?;
        let weight = sum_of_kronecker_products(&rule, &large)?;
        if weight.dim() != (inputs, outputs) {
            let found = vec![weight.nrows(), weight.ncols()];
            return Err(MethodError::Shape { role, expected: vec![inputs, outputs], found });
        }
        let bias = architecture.bias.then(|| own.take::<Ix1>("bias")).transpose()?;
        Ok(Self { weight, bias })
    }

    /// Applies the layer to `x`, `[batch, sequence, in]`.
    #[must_use]
    pub fn forward(&self, x: ArrayView3<'_, T>) -> Array3<T> {
        let mut y = product(&x, &self.weight);
        if let Some(bias) = &self.bias {
            y += bias;
        }
        y
    }
}

/// A stack of matrices, given as a whole or as a product of a left and a right stack.
fn factor<T: Scalar>(parameters: &Parameters<T>, role: &str, factorized: bool) -> Result<Array3<T>, MethodError> {
    if !factorized {
        return parameters.take::<Ix3>(role);
    }
    let left = parameters.take::<Ix3>(&format!("{role}.left"))?;
    let right = parameters.take::<Ix3>(&format!("{role}.right"))?;
    if left.dim().0 != right.dim().0 || left.dim().2 != right.dim().1 {
        return Err(MethodError::input(format!("the factors of `{role}` do not fit each other")));
    }
    let mut whole = Array3::zeros((left.dim().0, left.dim().1, right.dim().2));
    for ((mut product, left), right) in whole.outer_iter_mut().zip(left.outer_iter()).zip(right.outer_iter()) {
        product.assign(&left.dot(&right));
    }
    Ok(whole)
}

/// `Σ_i A_i ⊗ B_i`.
fn sum_of_kronecker_products<T: Scalar>(a: &Array3<T>, b: &Array3<T>) -> Result<Array2<T>, MethodError> {
    if a.dim().0 != b.dim().0 {
        return Err(MethodError::input("there are not as many small factors as large ones"));
    }
    let ((_, rows, columns), (_, inner_rows, inner_columns)) = (a.dim(), b.dim());
    let mut sum = Array2::zeros((rows * inner_rows, columns * inner_columns));
    for (a, b) in a.axis_iter(Axis(0)).zip(b.axis_iter(Axis(0))) {
        for ((row, column), sum) in sum.indexed_iter_mut() {
            *sum += a[(row / inner_rows, column / inner_columns)] * b[(row % inner_rows, column % inner_columns)];
        }
    }
    Ok(sum)
}
