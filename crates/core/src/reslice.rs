//! Planes, slabs and rays through a volume, sampled trilinearly. Positions are (column, row, slice) indices.

// Positions are small next to what floating-point numbers hold, and are clamped before they become indices.
#![allow(clippy::cast_precision_loss, clippy::cast_sign_loss)]

use std::sync::{Mutex, PoisonError};

/// A point or a direction in (column, row, slice) indices.
pub type Vector = [f64; 3];

/// A stored value that can be sampled.
pub trait Voxel: Copy + Sync {
    /// The same as a 32-bit float.
    fn float(self) -> f32;
}

macro_rules! voxels {
    ($($kind:ty),*) => {$(
        impl Voxel for $kind {
            #[inline]
            #[allow(clippy::cast_lossless)]
            fn float(self) -> f32 {
                self as f32
            }
        }
    )*};
}

voxels!(u8, i8, u16, i16, u32, i32, f32, f64);

/// An array of (slice, row, column, sample), C-ordered.
#[derive(Clone, Copy, Debug)]
pub struct Voxels<'a, T> {
    values: &'a [T],
    shape: [usize; 4],
}

/// Which points are sampled: `rows` x `columns` rays of `steps` points each.
#[derive(Clone, Copy, Debug)]
pub struct Rays {
    /// First point of the first ray.
    pub origin: Vector,
    /// From one column of the picture to the next.
    pub right: Vector,
    /// From one row of the picture to the next.
    pub down: Vector,
    /// From one point of a ray to the next.
    pub through: Vector,
    /// Rows of the picture.
    pub rows: usize,
    /// Columns of the picture.
    pub columns: usize,
    /// Points of a ray, at least 1.
    pub steps: usize,
}

/// What becomes of the points of a ray.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Blend {
    /// The greatest.
    Maximum,
    /// The least.
    Minimum,
    /// Their mean.
    Mean,
}

/// Between voxels.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Between {
    /// Weighted by distance along the three axes.
    Linear,
    /// The nearest voxel, for labels.
    Nearest,
}

/// How values become light: entries of (red, green, blue, opacity of one step), from `low` to `high`.
#[derive(Clone, Copy, Debug)]
pub struct Transfer<'a> {
    /// Value of the first entry.
    pub low: f32,
    /// Value of the last entry.
    pub high: f32,
    /// The entries.
    pub table: &'a [[f32; 4]],
    /// From a gradient along the axes of the array to one along the axes of the picture (right, down, through).
    pub turn: [[f32; 3]; 3],
    /// How much of the light does not depend on the direction of a surface.
    pub ambient: f32,
}

impl<'a, T: Voxel> Voxels<'a, T> {
    /// Take an array of `shape`; `None` where it has not as many values, or none.
    #[must_use]
    pub fn new(values: &'a [T], shape: [usize; 4]) -> Option<Self> {
        let count = shape.iter().try_fold(1_usize, |product, &length| product.checked_mul(length));
        (count == Some(values.len()) && !values.is_empty()).then_some(Self { values, shape })
    }

    fn size(&self) -> [f64; 3] {
        let [slices, rows, columns, _] = self.shape;
        [columns as f64, rows as f64, slices as f64]
    }

    #[inline]
    fn at(&self, index: usize) -> f32 {
        self.values.get(index).map_or(f32::NAN, |value| value.float())
    }

    /// Value at a point, which is moved to the nearest voxel where it is outside.
    #[inline]
    fn linear(&self, point: Vector, sample: usize) -> f32 {
        let [slices, rows, columns, samples] = self.shape;
        let (left, right, x) = corner(point[0], columns);
        let (top, bottom, y) = corner(point[1], rows);
        let (lower, upper, z) = corner(point[2], slices);
        let mix = |first: f32, second: f32, share: f32| first + (second - first) * share;
        let row = |slice: usize, row: usize| {
            let start = (slice * rows + row) * columns;
            mix(self.at((start + left) * samples + sample), self.at((start + right) * samples + sample), x)
        };
        let below = mix(row(lower, top), row(lower, bottom), y);
        let above = mix(row(upper, top), row(upper, bottom), y);
        mix(below, above, z)
    }

    #[inline]
    fn nearest(&self, point: Vector, sample: usize) -> f32 {
        let [slices, rows, columns, samples] = self.shape;
        let place = |coordinate: f64, count: usize| ((coordinate + 0.5).max(0.0) as usize).min(count - 1);
        let voxel = (place(point[2], slices) * rows + place(point[1], rows)) * columns + place(point[0], columns);
        self.at(voxel * samples + sample)
    }

    #[inline]
    fn value(&self, point: Vector, sample: usize, between: Between) -> f32 {
        match between {
            Between::Linear => self.linear(point, sample),
            Between::Nearest => self.nearest(point, sample),
        }
    }

    /// First and last step of a ray, plus one, that lie within half a voxel of the array.
    fn inside(&self, start: Vector, through: Vector, steps: usize) -> (usize, usize) {
        let (mut first, mut last) = (0.0_f64, steps as f64 - 1.0);
        for ((origin, step), length) in start.iter().zip(through).zip(self.size()) {
            let (low, high) = (-0.5 - 1e-6 - origin, length - 0.5 + 1e-6 - origin);
            if step.abs() < 1e-12 {
                // Not a number is outside, too.
                if (low..=high).contains(&0.0) {
                    continue;
                }
                return (0, 0);
            }
            let (near, far) = if step > 0.0 { (low / step, high / step) } else { (high / step, low / step) };
            first = first.max(near);
            last = last.min(far);
        }
        // Not a number: nothing is inside.
        if first <= last {
            (first.ceil() as usize, (last.floor() as usize + 1).min(steps))
        } else {
            (0, 0)
        }
    }
}

/// The voxels on both sides of a coordinate, and how far it is from the first to the second.
#[inline]
fn corner(coordinate: f64, count: usize) -> (usize, usize, f32) {
    let last = count - 1;
    let place = coordinate.max(0.0).min(last as f64);
    let first = place as usize;
    (first, (first + 1).min(last), (place - first as f64) as f32)
}

#[inline]
fn moved(start: Vector, step: Vector, count: f64) -> Vector {
    [start[0] + step[0] * count, start[1] + step[1] * count, start[2] + step[2] * count]
}

/// Fill `out`, an array of (row, column, sample), on `threads` threads; what lies outside becomes NaN.
pub fn reslice<T: Voxel>(
    voxels: Voxels<'_, T>,
    rays: Rays,
    (blend, between): (Blend, Between),
    threads: usize,
    out: &mut [f32],
) {
    let samples = voxels.shape[3];
    by_rows(out, rays.columns * samples, threads, |row, line| {
        let start = moved(rays.origin, rays.down, row as f64);
        for (column, pixel) in line.chunks_exact_mut(samples).enumerate() {
            let point = moved(start, rays.right, column as f64);
            let (first, end) = voxels.inside(point, rays.through, rays.steps);
            for (sample, place) in pixel.iter_mut().enumerate() {
                let values =
                    (first..end).map(|step| voxels.value(moved(point, rays.through, step as f64), sample, between));
                *place = blended(values, blend, end - first);
            }
        }
    });
}

#[inline]
fn blended(values: impl Iterator<Item = f32>, blend: Blend, count: usize) -> f32 {
    match blend {
        Blend::Maximum => values.fold(f32::NAN, f32::max),
        Blend::Minimum => values.fold(f32::NAN, f32::min),
        // Of nothing it is 0 / 0: not a number, as wanted.
        Blend::Mean => (values.map(f64::from).sum::<f64>() / count as f64) as f32,
    }
}

/// Fill `out`, an array of (row, column, [red, green, blue, opacity]), with light that comes along the rays.
///
/// Surfaces are lit from the viewer's side, a little from the upper left; light is premultiplied by opacity.
pub fn cast<T: Voxel>(voxels: Voxels<'_, T>, rays: Rays, transfer: Transfer<'_>, threads: usize, out: &mut [f32]) {
    by_rows(out, rays.columns * 4, threads, |row, line| {
        let start = moved(rays.origin, rays.down, row as f64);
        for (column, pixel) in line.chunks_exact_mut(4).enumerate() {
            let point = moved(start, rays.right, column as f64);
            pixel.copy_from_slice(&transfer.ray(&voxels, point, rays));
        }
    });
}

impl Transfer<'_> {
    fn ray<T: Voxel>(&self, voxels: &Voxels<'_, T>, start: Vector, rays: Rays) -> [f32; 4] {
        let (first, end) = voxels.inside(start, rays.through, rays.steps);
        let mut light = [0.0_f32; 4];
        for step in first..end {
            let point = moved(start, rays.through, step as f64);
            let [red, green, blue, opacity] = self.entry(voxels.linear(point, 0));
            if opacity <= 0.0 {
                continue;
            }
            let (bright, shine) = self.shade(voxels, point);
            let share = opacity * (1.0 - light[3]);
            for (sum, color) in light.iter_mut().zip([red, green, blue]) {
                *sum += share * (color * bright + shine);
            }
            light[3] += share;
            if light[3] > 0.995 {
                break;
            }
        }
        light
    }

    #[inline]
    fn entry(&self, value: f32) -> [f32; 4] {
        let last = self.table.len().saturating_sub(1);
        let place = (value - self.low) / (self.high - self.low) * last as f32;
        // Not a number becomes 0.
        self.table.get((place.max(0.0) as usize).min(last)).copied().unwrap_or_default()
    }

    /// Diffuse and specular light at a point.
    #[inline]
    fn shade<T: Voxel>(&self, voxels: &Voxels<'_, T>, point: Vector) -> (f32, f32) {
        const LIGHT: [f32; 3] = [-0.302, -0.402, -0.864];
        let slope =
            |step: Vector| voxels.linear(moved(point, step, 1.0), 0) - voxels.linear(moved(point, step, -1.0), 0);
        let gradient = [slope([1.0, 0.0, 0.0]), slope([0.0, 1.0, 0.0]), slope([0.0, 0.0, 1.0])];
        let turned = self.turn.map(|line| dot(line, gradient));
        let length = dot(turned, turned).sqrt();
        if length.is_nan() || length < 1e-6 {
            return (1.0, 0.0);
        }
        // A surface looks to where values fall.
        let facing = (-dot(turned, LIGHT) / length).abs();
        (self.ambient + (1.0 - self.ambient) * facing, 0.12 * facing.powi(24))
    }
}

#[inline]
fn dot(first: [f32; 3], second: [f32; 3]) -> f32 {
    first[0] * second[0] + first[1] * second[1] + first[2] * second[2]
}

/// Call `fill` with each row of `out`, on several threads.
fn by_rows(out: &mut [f32], width: usize, threads: usize, fill: impl Fn(usize, &mut [f32]) + Sync) {
    if width == 0 {
        return;
    }
    let work = Mutex::new(out.chunks_exact_mut(width).enumerate());
    std::thread::scope(|scope| {
        for _ in 0..threads.clamp(1, 64) {
            scope.spawn(|| loop {
                let next = work.lock().unwrap_or_else(PoisonError::into_inner).next();
                let Some((row, line)) = next else { break };
                fill(row, line);
            });
        }
    });
}

#[cfg(test)]
mod tests {
    use super::*;

    const STILL: Vector = [0.0; 3];

    fn rays(origin: Vector, through: Vector, steps: usize) -> Rays {
        Rays { origin, right: [1.0, 0.0, 0.0], down: [0.0, 1.0, 0.0], through, rows: 1, columns: 1, steps }
    }

    fn one(values: &[i16], shape: [usize; 4], rays: Rays, how: (Blend, Between)) -> f32 {
        let mut out = [0.0];
        if let Some(voxels) = Voxels::new(values, shape) {
            reslice(voxels, rays, how, 1, &mut out);
        }
        out[0]
    }

    #[test]
    fn values_between_voxels_are_weighted() {
        let values = [0, 10, 20, 30, 40, 50, 60, 70];
        let how = (Blend::Mean, Between::Linear);
        let at = |point| one(&values, [2, 2, 2, 1], rays(point, STILL, 1), how);
        assert!((at([0.5, 0.5, 0.5]) - 35.0).abs() < 1e-5);
        assert!((at([0.25, 0.0, 0.0]) - 2.5).abs() < 1e-5);
        assert!((at([-0.4, 0.0, 0.0])).abs() < 1e-5);
        assert!(at([-0.6, 0.0, 0.0]).is_nan());
        assert!(at([0.0, 0.0, f64::NAN]).is_nan());
    }

    #[test]
    fn slabs_blend_what_is_inside() {
        let values = [5, 1, 9];
        let ray = rays([0.0, 0.0, -3.0], [0.0, 0.0, 1.0], 100);
        let blend = |blend| one(&values, [3, 1, 1, 1], ray, (blend, Between::Linear));
        assert!((blend(Blend::Maximum) - 9.0).abs() < 1e-6);
        assert!((blend(Blend::Minimum) - 1.0).abs() < 1e-6);
        assert!((blend(Blend::Mean) - 5.0).abs() < 1e-6);
    }

    #[test]
    fn labels_are_not_mixed() {
        let found = one(&[1, 200], [1, 1, 2, 1], rays([0.6, 0.0, 0.0], STILL, 1), (Blend::Mean, Between::Nearest));
        assert!((found - 200.0).abs() < 1e-6);
    }

    #[test]
    fn an_array_of_another_size_is_refused() {
        assert!(Voxels::new(&[1_u8, 2], [1, 1, 3, 1]).is_none());
        assert!(Voxels::<u8>::new(&[], [0, 1, 1, 1]).is_none());
    }
}
