//! `reslice` and `cast`: planes, slabs and rays through a volume.

use hounsfield_core::reslice::{self as sampling, Between, Blend, Rays, Transfer, Vector, Voxel, Voxels};
use numpy::{PyReadonlyArray2, PyReadonlyArray4, PyReadwriteArray3, PyUntypedArrayMethods};
use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;

/// An array of any type that can be sampled.
#[derive(FromPyObject)]
enum VoxelsArgument<'py> {
    I16(PyReadonlyArray4<'py, i16>),
    U16(PyReadonlyArray4<'py, u16>),
    U8(PyReadonlyArray4<'py, u8>),
    F32(PyReadonlyArray4<'py, f32>),
    I8(PyReadonlyArray4<'py, i8>),
    I32(PyReadonlyArray4<'py, i32>),
    U32(PyReadonlyArray4<'py, u32>),
    F64(PyReadonlyArray4<'py, f64>),
}

/// Which points are sampled.
#[derive(FromPyObject)]
struct RaysArgument {
    origin: Vector,
    right: Vector,
    down: Vector,
    through: Vector,
    steps: usize,
}

/// How values become light.
#[derive(FromPyObject)]
struct TransferArgument<'py> {
    low: f32,
    high: f32,
    table: PyReadonlyArray2<'py, f32>,
    turn: [[f32; 3]; 3],
    ambient: f32,
}

macro_rules! with_voxels {
    ($voxels:expr, $array:ident => $body:expr) => {
        match $voxels {
            VoxelsArgument::I16($array) => $body,
            VoxelsArgument::U16($array) => $body,
            VoxelsArgument::U8($array) => $body,
            VoxelsArgument::F32($array) => $body,
            VoxelsArgument::I8($array) => $body,
            VoxelsArgument::I32($array) => $body,
            VoxelsArgument::U32($array) => $body,
            VoxelsArgument::F64($array) => $body,
        }
    };
}

fn checked<'a, T: Voxel>(values: &'a [T], shape: &[usize]) -> PyResult<Voxels<'a, T>> {
    <[usize; 4]>::try_from(shape)
        .ok()
        .and_then(|shape| Voxels::new(values, shape))
        .ok_or_else(|| PyValueError::new_err("the array is empty"))
}

impl RaysArgument {
    fn rays(&self, shape: &[usize], samples: usize) -> PyResult<Rays> {
        match *shape {
            [rows, columns, last] if last == samples && self.steps > 0 => Ok(Rays {
                origin: self.origin,
                right: self.right,
                down: self.down,
                through: self.through,
                rows,
                columns,
                steps: self.steps,
            }),
            _ => Err(PyValueError::new_err("the output has another number of samples")),
        }
    }
}

/// Sample `out`, (row, column, sample), from `voxels`, (slice, row, column, sample); NaN lies outside.
#[pyfunction]
fn reslice(
    py: Python<'_>,
    voxels: VoxelsArgument<'_>,
    rays: RaysArgument,
    blend: &str,
    nearest: bool,
    threads: usize,
    mut out: PyReadwriteArray3<'_, f32>,
) -> PyResult<()> {
    let blend = match blend {
        "mip" => Blend::Maximum,
        "minip" => Blend::Minimum,
        "mean" => Blend::Mean,
        _ => return Err(PyValueError::new_err("blend is mip, minip or mean")),
    };
    let between = if nearest { Between::Nearest } else { Between::Linear };
    let shape = out.shape().to_vec();
    let out = out.as_slice_mut()?;
    with_voxels!(voxels, array => {
        let found = checked(array.as_slice()?, array.shape())?;
        let rays = rays.rays(&shape, *array.shape().last().unwrap_or(&0))?;
        py.detach(|| sampling::reslice(found, rays, (blend, between), threads, out));
    });
    Ok(())
}

/// Cast rays through `voxels` into `out`, (row, column, [red, green, blue, opacity]).
#[pyfunction]
fn cast(
    py: Python<'_>,
    voxels: VoxelsArgument<'_>,
    rays: RaysArgument,
    transfer: TransferArgument<'_>,
    threads: usize,
    mut out: PyReadwriteArray3<'_, f32>,
) -> PyResult<()> {
    let table: Vec<[f32; 4]> =
        transfer.table.as_slice()?.chunks_exact(4).filter_map(|entry| <[f32; 4]>::try_from(entry).ok()).collect();
    let transfer = Transfer {
        low: transfer.low,
        high: transfer.high,
        table: &table,
        turn: transfer.turn,
        ambient: transfer.ambient,
    };
    let rays = rays.rays(out.shape(), 4)?;
    let out = out.as_slice_mut()?;
    with_voxels!(voxels, array => {
        let found = checked(array.as_slice()?, array.shape())?;
        py.detach(|| sampling::cast(found, rays, transfer, threads, out));
    });
    Ok(())
}

pub fn register(module: &Bound<'_, PyModule>) -> PyResult<()> {
    module.add_function(wrap_pyfunction!(reslice, module)?)?;
    module.add_function(wrap_pyfunction!(cast, module)?)
}
