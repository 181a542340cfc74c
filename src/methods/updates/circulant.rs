use ndarray::{Array2, Array3};

use crate::methods::{MethodError, Scalar};

/// The change of C3A (Chen et al. 2024, arXiv:2407.19342): circulant blocks of a kernel `[out / b, in / b, b]`, over the
/// number of inputs (`tuners/c3a/utils.py`, `get_circulant_fast`):
///
/// ```text
/// ΔW[m·b + i, n·b + j] = kernel[m, n, (j - i) mod b] / in
/// ```
///
/// | tensor | shape | |
/// |---|---|---|
/// | `c3a_kernel` | `[out / b, in / b, b]`, `b` = `block_size` | `kernel` |
///
/// # Errors
/// If the kernel does not cover the weight.
pub fn circulant<T: Scalar>(kernel: &Array3<T>, (outputs, inputs): (usize, usize)) -> Result<Array2<T>, MethodError> {
    let (m, n, size) = kernel.dim();
    if size == 0 || m.checked_mul(size) != Some(outputs) || n.checked_mul(size) != Some(inputs) {
        return Err(MethodError::input(format!(
            "a kernel of shape {:?} for a weight of {outputs} × {inputs}",
            kernel.dim()
        )));
    }
    let divisor = T::of(inputs as f64);
    Ok(Array2::from_shape_fn((outputs, inputs), |(row, column)| {
        let along = (column % size + size - row % size) % size;
        kernel[(row / size, column / size, along)] / divisor
    }))
}
