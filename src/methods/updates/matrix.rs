//! Matrix arithmetic that says so where shapes do not meet.

use nalgebra::DMatrix;
use ndarray::{Array1, Array2, ArrayBase, ArrayD, ArrayView2, Axis, Data, Ix2, s};

use crate::methods::parameters::Parameters;
use crate::methods::{MethodError, Scalar};

fn mismatch(what: &str, a: &[usize], b: &[usize]) -> MethodError {
    MethodError::input(format!("{what} of shapes {a:?} and {b:?}"))
}

/// `a · b`.
pub(crate) fn dot<T, S, R>(a: &ArrayBase<S, Ix2>, b: &ArrayBase<R, Ix2>) -> Result<Array2<T>, MethodError>
where
    T: Scalar,
    S: Data<Elem = T>,
    R: Data<Elem = T>,
{
    if a.ncols() == b.nrows() { Ok(T::product(a, b)) } else { Err(mismatch("a product", a.shape(), b.shape())) }
}

/// Element by element.
pub(crate) fn zip<T: Scalar, S: Data<Elem = T>>(
    mut a: Array2<T>,
    b: &ArrayBase<S, Ix2>,
    operation: impl Fn(T, T) -> T,
) -> Result<Array2<T>, MethodError> {
    if a.dim() != b.dim() {
        return Err(mismatch("a sum or product", a.shape(), b.shape()));
    }
    a.zip_mut_with(b, |a, b| *a = operation(*a, *b));
    Ok(a)
}

/// `a + b`.
pub(crate) fn plus<T: Scalar, S: Data<Elem = T>>(
    a: Array2<T>,
    b: &ArrayBase<S, Ix2>,
) -> Result<Array2<T>, MethodError> {
    zip(a, b, |a, b| a + b)
}

/// `a - b`.
pub(crate) fn minus<T: Scalar>(a: Array2<T>, b: &Array2<T>) -> Result<Array2<T>, MethodError> {
    zip(a, b, |a, b| a - b)
}

/// `a ⊙ b`.
pub(crate) fn times<T: Scalar>(a: Array2<T>, b: &Array2<T>) -> Result<Array2<T>, MethodError> {
    zip(a, b, |a, b| a * b)
}

/// `diag(v) · a`.
pub(crate) fn rows<T: Scalar>(v: &Array1<T>, mut a: Array2<T>) -> Result<Array2<T>, MethodError> {
    if v.len() != a.nrows() {
        return Err(mismatch("rows and factors", a.shape(), v.shape()));
    }
    for (mut row, &factor) in a.rows_mut().into_iter().zip(v) {
        row *= factor;
    }
    Ok(a)
}

/// `a · diag(v)`.
pub(crate) fn columns<T: Scalar>(mut a: Array2<T>, v: &Array1<T>) -> Result<Array2<T>, MethodError> {
    if v.len() != a.ncols() {
        return Err(mismatch("columns and factors", a.shape(), v.shape()));
    }
    a *= &v.view();
    Ok(a)
}

/// `a ⊙ b` of vectors.
pub(crate) fn vector_times<T: Scalar>(a: &Array1<T>, b: &Array1<T>) -> Result<Array1<T>, MethodError> {
    if a.len() == b.len() { Ok(a * b) } else { Err(mismatch("a product", a.shape(), b.shape())) }
}

/// The first rows and columns.
pub(crate) fn cut<T: Scalar>(a: &ArrayView2<'_, T>, rows: usize, columns: usize) -> Result<Array2<T>, MethodError> {
    if rows > a.nrows() || columns > a.ncols() {
        return Err(mismatch("a part and the whole", &[rows, columns], a.shape()));
    }
    Ok(a.slice(s![..rows, ..columns]).to_owned())
}

/// `a ⊗ b`: every number of `a` times the whole of `b`.
pub(crate) fn kronecker<T: Scalar>(a: &Array2<T>, b: &Array2<T>) -> Array2<T> {
    let (rows, columns) = b.dim();
    if rows == 0 || columns == 0 {
        return Array2::zeros((a.nrows() * rows, a.ncols() * columns));
    }
    Array2::from_shape_fn((a.nrows() * rows, a.ncols() * columns), |(i, j)| {
        a[(i / rows, j / columns)] * b[(i % rows, j % columns)]
    })
}

/// `a · blockdiag(blocks)`, the last block repeated as often as there is need: a single one serves all.
pub(crate) fn times_blocks<T: Scalar>(a: &Array2<T>, blocks: &[Array2<T>]) -> Result<Array2<T>, MethodError> {
    let size = blocks.first().map_or(0, Array2::nrows);
    if size == 0 || !a.ncols().is_multiple_of(size) || !(blocks.len() == 1 || blocks.len() * size == a.ncols()) {
        return Err(mismatch("a weight and blocks", a.shape(), &[blocks.len(), size, size]));
    }
    let mut out = Array2::zeros(a.dim());
    for (at, mut part) in out.axis_chunks_iter_mut(Axis(1), size).enumerate() {
        let block = blocks.get(at).or(blocks.first()).ok_or_else(|| MethodError::input("there is no block"))?;
        part.assign(&dot(&a.slice(s![.., at * size..(at + 1) * size]), block)?);
    }
    Ok(out)
}

/// The skew matrix whose numbers above the diagonal are these, row by row.
pub(crate) fn skew<T: Scalar>(upper: &[T], size: usize) -> Array2<T> {
    let mut matrix = Array2::zeros((size, size));
    let places = (0..size).flat_map(|row| (row + 1..size).map(move |column| (row, column)));
    for ((row, column), &value) in places.zip(upper) {
        matrix[(row, column)] = value;
        matrix[(column, row)] = -value;
    }
    matrix
}

/// Cayley's rotation `(I - S) · (I + S)⁻¹` of a skew matrix, solved in double precision.
pub(crate) fn cayley<T: Scalar>(skew: &Array2<T>) -> Result<Array2<T>, MethodError> {
    let n = skew.nrows();
    let identity = DMatrix::<f64>::identity(n, n);
    let s = DMatrix::from_fn(n, n, |row, column| skew[(row, column)].wide());
    // X · (I + S) = I - S is (I + S)ᵀ · Xᵀ = (I - S)ᵀ.
    let solved = (&identity + &s).transpose().lu().solve(&(&identity - &s).transpose());
    let solved = solved.ok_or_else(|| MethodError::undefined("I + S cannot be inverted"))?;
    Ok(Array2::from_shape_fn((n, n), |(row, column)| T::of(solved[(column, row)])))
}

/// The start of the series `(I + S) · (I + S + S² + …)` for Cayley's rotation of `-S`, as PEFT sums it: of one term `I`, of
/// two `I + 2S`, then `I + 2S + 2S² + … + S^(terms - 1)`, the last power once. Three terms are as four.
pub(crate) fn neumann<T: Scalar>(skew: &Array2<T>, terms: usize) -> Array2<T> {
    let mut sum = Array2::eye(skew.nrows());
    let two = T::of(2.0);
    if terms > 1 {
        sum.scaled_add(two, skew);
    }
    if terms > 2 {
        let mut power = T::product(skew, skew);
        sum.scaled_add(two, &power);
        for _ in 3..terms.saturating_sub(1) {
            power = T::product(&power, skew);
            sum.scaled_add(two, &power);
        }
        sum += &T::product(&power, skew);
    }
    sum
}

/// The orthonormal factor of a tall matrix, with the signs that LAPACK's reflections give.
pub(crate) fn orthonormal<T: Scalar>(tall: &Array2<T>) -> Array2<T> {
    let (n, k) = tall.dim();
    let k = k.min(n);
    let mut rest = tall.clone();
    let mut reflections = Vec::with_capacity(k);
    for i in 0..k {
        let mut v = rest.column(i).to_owned();
        v.slice_mut(s![..i]).fill(T::zero());
        let length = v.dot(&v).sqrt();
        let below = v.slice(s![i + 1..]).iter().any(|value| *value != T::zero());
        if !below {
            reflections.push(None);
            continue;
        }
        let signed = if v[i] < T::zero() { -length } else { length };
        v[i] += signed;
        let tau = T::of(2.0) / v.dot(&v);
        reflect(&mut rest, &v, tau);
        reflections.push(Some((v, tau)));
    }
    let mut q = Array2::from_shape_fn((n, k), |(row, column)| if row == column { T::one() } else { T::zero() });
    for (v, tau) in reflections.iter().rev().flatten() {
        reflect(&mut q, v, *tau);
    }
    q
}

fn reflect<T: Scalar>(matrix: &mut Array2<T>, v: &Array1<T>, tau: T) {
    let along = v.dot(matrix);
    for (row, &component) in v.iter().enumerate() {
        matrix.row_mut(row).scaled_add(-(tau * component), &along);
    }
}

/// The array of a role as a matrix: all axes behind the first as one. The kernel of a convolution is a row of its own.
pub(crate) fn flat<T: Scalar>(parameters: &Parameters<T>, role: &str) -> Result<Array2<T>, MethodError> {
    let array = parameters.get(role).ok_or_else(|| MethodError::Missing { role: role.to_owned() })?;
    let first = array.shape().first().copied().unwrap_or(1);
    let rest = array.shape().iter().skip(1).product();
    reshaped(array.clone(), (first, rest), role)
}

/// The array of a role as a vector.
pub(crate) fn vector<T: Scalar>(parameters: &Parameters<T>, role: &str) -> Result<Array1<T>, MethodError> {
    let array = parameters.get(role).ok_or_else(|| MethodError::Missing { role: role.to_owned() })?;
    Ok(array.iter().copied().collect())
}

pub(crate) fn reshaped<T: Scalar>(
    array: ArrayD<T>,
    shape: (usize, usize),
    role: &str,
) -> Result<Array2<T>, MethodError> {
    let found = array.shape().to_vec();
    let values: Vec<T> = array.into_iter().collect();
    Array2::from_shape_vec(shape, values).map_err(|_| MethodError::Shape {
        role: role.to_owned(),
        expected: vec![shape.0, shape.1],
        found,
    })
}

/// Whole numbers that are held as floating ones: positions, below `bound`.
pub(crate) fn positions<T: Scalar>(
    parameters: &Parameters<T>,
    role: &str,
    bound: usize,
) -> Result<Vec<usize>, MethodError> {
    let position = |value: T| {
        let wide = value.wide();
        let fits = wide >= 0.0 && wide < bound as f64 && wide.fract() == 0.0;
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a whole number below the bound")]
        let at = wide as usize;
        fits.then_some(at).ok_or_else(|| MethodError::input(format!("`{role}` names the place {wide} of {bound}")))
    };
    vector(parameters, role)?.into_iter().map(position).collect()
}
