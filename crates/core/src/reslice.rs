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

    /// Two values that lie `step` apart.
    #[inline]
    fn pair(&self, index: usize, step: usize) -> (f32, f32) {
        match self.values.get(index..=index + step) {
            Some([first, .., last]) => (first.float(), last.float()),
            // At the end of an axis of one voxel, which is its own neighbor.
            _ => (self.at(index), self.at(index)),
        }
    }

    /// Value at a point, which is moved to the nearest voxel where it is outside.
    #[inline]
    fn linear(&self, point: Vector, sample: usize) -> f32 {
        let [slices, rows, columns, samples] = self.shape;
        let (left, across, x) = corner(point[0], columns);
        let (top, down, y) = corner(point[1], rows);
        let (lower, along, z) = corner(point[2], slices);
        let width = columns * samples;
        let (across, down, along) = (across * samples, down * width, along * width * rows);
        let start = (lower * rows + top) * width + left * samples + sample;
        let row = |start: usize| {
            let (first, second) = self.pair(start, across);
            mix(first, second, x)
        };
        let below = mix(row(start), row(start + down), y);
        let above = mix(row(start + along), row(start + along + down), y);
        mix(below, above, z)
    }

    #[inline]
    fn nearest(&self, point: Vector, sample: usize) -> f32 {
        let [slices, rows, columns, samples] = self.shape;
        let place = |coordinate: f64, count: usize| ((coordinate + 0.5).max(0.0) as usize).min(count - 1);
        let voxel = (place(point[2], slices) * rows + place(point[1], rows)) * columns + place(point[0], columns);
        self.at(voxel * samples + sample)
    }

    /// Call `take` with the number and the value of each of the points `range` of a line.
    #[inline]
    fn line(
        &self,
        (start, step): (Vector, Vector),
        range: std::ops::Range<usize>,
        between: Between,
        mut take: impl FnMut(usize, f32),
    ) {
        let samples = self.shape[3];
        if between == Between::Linear && samples == 1 && step[1].abs() + step[2].abs() < 1e-12 {
            return self.row((start, step[0]), range, take);
        }
        for number in range {
            let point = moved(start, step, number as f64);
            for sample in 0..samples {
                let value = match between {
                    Between::Linear => self.linear(point, sample),
                    Between::Nearest => self.nearest(point, sample),
                };
                take(number * samples + sample, value);
            }
        }
    }

    /// The same along the rows of the array, of which the same four are met all the way.
    #[inline]
    fn row(&self, (start, step): (Vector, f64), range: std::ops::Range<usize>, mut take: impl FnMut(usize, f32)) {
        let [slices, rows, columns, _] = self.shape;
        let (top, down, y) = corner(start[1], rows);
        let (lower, along, z) = corner(start[2], slices);
        let row = |slice: usize, row: usize| {
            let first = (slice * rows + row) * columns;
            self.values.get(first..first + columns).unwrap_or_default()
        };
        let near = (row(lower, top), row(lower, top + down));
        let far = (row(lower + along, top), row(lower + along, top + down));
        let value = |line: &[T], index: usize| line.get(index).map_or(f32::NAN, |value| value.float());
        let across = |index: usize| {
            // Where planes lie on slices, half of the work or more makes no difference.
            let below = if y > 0.0 { mix(value(near.0, index), value(near.1, index), y) } else { value(near.0, index) };
            if z <= 0.0 {
                return below;
            }
            let above = if y > 0.0 { mix(value(far.0, index), value(far.1, index), y) } else { value(far.0, index) };
            mix(below, above, z)
        };
        for number in range {
            let (left, right, x) = corner(start[0] + step * number as f64, columns);
            take(number, if x > 0.0 { mix(across(left), across(left + right), x) } else { across(left) });
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

/// The voxel before a coordinate, how far the next one is (0 where there is only one), and the share of that.
#[inline]
fn corner(coordinate: f64, count: usize) -> (usize, usize, f32) {
    if count < 2 {
        return (0, 0, 0.0);
    }
    let place = coordinate.max(0.0).min((count - 1) as f64);
    let first = (place as usize).min(count - 2);
    (first, 1, (place - first as f64) as f32)
}

#[inline]
fn mix(first: f32, second: f32, share: f32) -> f32 {
    first + (second - first) * share
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
    let width = rays.columns * samples;
    by_rows(out, width, threads, |row, line| {
        let start = moved(rays.origin, rays.down, row as f64);
        let mut sums = vec![(0.0_f64, 0_u32); if blend == Blend::Mean { width } else { 0 }];
        line.fill(f32::NAN);
        // Layer by layer: neighbors in a picture are neighbors in memory more often than points of a ray are.
        for step in 0..rays.steps {
            let point = moved(start, rays.through, step as f64);
            let (first, end) = voxels.inside(point, rays.right, rays.columns);
            let points = (point, rays.right);
            match blend {
                Blend::Maximum => voxels.line(points, first..end, between, |at, value| {
                    if let Some(pixel) = line.get_mut(at) {
                        *pixel = pixel.max(value);
                    }
                }),
                Blend::Minimum => voxels.line(points, first..end, between, |at, value| {
                    if let Some(pixel) = line.get_mut(at) {
                        *pixel = pixel.min(value);
                    }
                }),
                Blend::Mean => voxels.line(points, first..end, between, |at, value| {
                    if let Some(sum) = sums.get_mut(at) {
                        *sum = (sum.0 + f64::from(value), sum.1 + 1);
                    }
                }),
            }
        }
        for (pixel, (sum, count)) in line.iter_mut().zip(&sums) {
            // Of nothing it is 0 / 0: not a number, as wanted.
            *pixel = (sum / f64::from(*count)) as f32;
        }
    });
}

/// Fill `out`, an array of (row, column, [red, green, blue, opacity]), with light that comes along the rays.
///
/// Surfaces are lit from the viewer's side, a little from the upper left; light is premultiplied by opacity.
pub fn cast<T: Voxel>(voxels: Voxels<'_, T>, rays: Rays, transfer: Transfer<'_>, threads: usize, out: &mut [f32]) {
    let blocks = Blocks::new(&voxels, &transfer, threads);
    by_rows(out, rays.columns * 4, threads, |row, line| {
        let start = moved(rays.origin, rays.down, row as f64);
        for (column, pixel) in line.chunks_exact_mut(4).enumerate() {
            let point = moved(start, rays.right, column as f64);
            pixel.copy_from_slice(&transfer.ray(&voxels, &blocks, point, rays));
        }
    });
}

/// Where an array is clear, in blocks of voxels: rays pass through those in one step.
struct Blocks {
    clear: Vec<bool>,
    counts: [usize; 3],
}

impl Blocks {
    /// Voxels along a side.
    const SIDE: usize = 8;

    fn new<T: Voxel>(voxels: &Voxels<'_, T>, transfer: &Transfer<'_>, threads: usize) -> Self {
        let [slices, rows, columns, _] = voxels.shape;
        let counts = [columns, rows, slices].map(|length| length.div_ceil(Self::SIDE));
        let opaque = transfer.opaque();
        let mut ends = vec![0.0_f32; counts[0] * counts[1] * counts[2]];
        by_rows(&mut ends, counts[0], threads, |number, line| {
            let (y, z) = (number % counts[1], number / counts[1]);
            for (x, flag) in line.iter_mut().enumerate() {
                let (low, high) = Self::ends(voxels, [x, y, z]);
                *flag = f32::from(u8::from(transfer.clear(&opaque, low, high)));
            }
        });
        Self { clear: ends.iter().map(|&flag| flag > 0.5).collect(), counts }
    }

    /// Least and greatest value of a block and of the voxels next to it, which points inside it are mixed with.
    fn ends<T: Voxel>(voxels: &Voxels<'_, T>, block: [usize; 3]) -> (f32, f32) {
        let [slices, rows, columns, _] = voxels.shape;
        let range = |number: usize, count: usize| {
            (number * Self::SIDE).saturating_sub(1)..((number + 1) * Self::SIDE + 1).min(count)
        };
        let (across, down, along) = (range(block[0], columns), range(block[1], rows), range(block[2], slices));
        let (mut low, mut high) = (f32::INFINITY, f32::NEG_INFINITY);
        for slice in along {
            for row in down.clone() {
                let start = (slice * rows + row) * columns;
                let line = voxels.values.get(start + across.start..start + across.end).unwrap_or_default();
                for value in line {
                    low = low.min(value.float());
                    high = high.max(value.float());
                }
            }
        }
        (low, high)
    }

    /// How many steps of a ray from a point lie in the same clear block; 0 where the block is not clear.
    #[inline]
    fn skipped(&self, point: Vector, through: Vector) -> usize {
        let side = Self::SIDE as f64;
        let mut block = [0; 3];
        let mut steps = f64::INFINITY;
        for axis in 0..3 {
            let (place, step) = (point[axis], through[axis]);
            block[axis] = ((place.max(0.0) / side) as usize).min(self.counts[axis] - 1);
            let low = block[axis] as f64 * side;
            if step > 1e-12 {
                steps = steps.min((low + side - place) / step);
            } else if step < -1e-12 {
                steps = steps.min((low - place) / step);
            }
        }
        let index = (block[2] * self.counts[1] + block[1]) * self.counts[0] + block[0];
        if self.clear.get(index) != Some(&true) {
            return 0;
        }
        // At least one: this point is clear itself.
        (steps.max(0.0) as usize).saturating_add(1)
    }
}

impl Transfer<'_> {
    /// How many entries before each one are not clear.
    fn opaque(&self) -> Vec<u32> {
        let mut count = 0;
        let mut found = vec![0];
        for entry in self.table {
            count += u32::from(entry[3] > 0.0);
            found.push(count);
        }
        found
    }

    /// Whether all values from `low` to `high` are clear.
    fn clear(&self, opaque: &[u32], low: f32, high: f32) -> bool {
        let (one, other) = (self.place(low), self.place(high));
        let (first, last) = (one.min(other), one.max(other));
        opaque.get(first) == opaque.get(last + 1)
    }

    fn ray<T: Voxel>(&self, voxels: &Voxels<'_, T>, blocks: &Blocks, start: Vector, rays: Rays) -> [f32; 4] {
        let (first, end) = voxels.inside(start, rays.through, rays.steps);
        let mut light = [0.0_f32; 4];
        let mut step = first;
        while step < end {
            let point = moved(start, rays.through, step as f64);
            let skipped = blocks.skipped(point, rays.through);
            if skipped > 0 {
                step = step.saturating_add(skipped);
                continue;
            }
            step += 1;
            let [red, green, blue, opacity] = self.entry(voxels.linear(point, 0));
            let share = opacity * (1.0 - light[3]);
            if share <= 0.0 {
                continue;
            }
            // What is hardly seen needs no surface.
            let (bright, shine) = if share > 0.002 { self.shade(voxels, point) } else { (self.ambient, 0.0) };
            for (sum, color) in light.iter_mut().zip([red, green, blue]) {
                *sum += share * (color * bright + shine);
            }
            light[3] += share;
            if light[3] > 0.99 {
                break;
            }
        }
        light
    }

    /// Number of the entry of a value.
    #[inline]
    fn place(&self, value: f32) -> usize {
        let last = self.table.len().saturating_sub(1);
        // Not a number becomes 0.
        let place = (value - self.low) / (self.high - self.low) * last as f32;
        (place.max(0.0) as usize).min(last)
    }

    #[inline]
    fn entry(&self, value: f32) -> [f32; 4] {
        self.table.get(self.place(value)).copied().unwrap_or_default()
    }

    /// Diffuse and specular light at a point.
    #[inline]
    fn shade<T: Voxel>(&self, voxels: &Voxels<'_, T>, point: Vector) -> (f32, f32) {
        const LIGHT: [f32; 3] = [-0.302, -0.402, -0.864];
        let size = voxels.size();
        // Around the volume there is air: where it cuts through a body, the cut is a surface.
        let beside = |axis: usize, step: f64| {
            let mut place = point;
            place[axis] += step;
            let inside = place[axis] > -0.5 && place[axis] < size[axis] - 0.5;
            if inside {
                voxels.linear(place, 0)
            } else {
                self.low
            }
        };
        let gradient = [0, 1, 2].map(|axis| beside(axis, 1.0) - beside(axis, -1.0));
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
