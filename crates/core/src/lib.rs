//! DICOM bytes, without Python: tokens, tables of elements, dictionaries, header scanning, frames and rewriting.
//!
//! The crate follows the standard's own order: [`token`] and [`vr`] are PS3.5, [`part10`] is PS3.10, [`dictionary`] is PS3.6.
//! Nothing in here decides what an object means.

pub mod compare;
pub mod context;
pub mod deidentify;
pub mod describe;
pub mod dictionary;
pub mod dimse;
pub mod error;
pub mod file;
pub mod frames;
pub mod gather;
pub mod groups;
pub mod inflate;
pub mod limits;
pub mod part10;
pub mod path;
pub mod pixels;
pub mod reslice;
pub mod rewrite;
pub mod rle;
pub mod samples;
pub mod scan;
pub mod show;
pub mod source;
pub mod stream;
pub mod table;
pub mod tag;
pub mod text;
pub mod token;
pub mod value;
pub mod vr;
