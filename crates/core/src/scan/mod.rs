//! Many files at once: found, recognized, and their wanted attributes picked by several threads, in a stable order.
//!
//! A [`Scanner`] works ahead in the background and gives one [`Chunk`] after the other. What the attributes mean is left to
//! the caller.

pub mod archive;
pub mod columns;
pub mod folder;
pub mod pick;
pub mod rows;
mod skim;
mod threads;
pub mod value;

pub use columns::Columns;
pub use rows::{shared, Cell, Chunk, Entry, Instance, Outcome, Place};
pub use threads::{Job, Next, Scanner};
