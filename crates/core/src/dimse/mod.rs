//! Storage associations over a byte stream (PS3.8 9, PS3.7 9.1.1): what moves images between devices in bulk.
//!
//! Only C-STORE and C-ECHO are spoken here. Who may connect, which classes are accepted and what becomes of a received
//! object is decided by the caller; this module moves the bytes, bounds what a peer may cost, and acknowledges an object
//! only after the caller said that it is kept.

pub mod associate;
pub mod command;
pub mod meta;
pub mod pdu;
pub mod receive;
pub mod send;
pub mod transport;

/// Verification (PS3.4 A).
pub const VERIFICATION: &str = "1.2.840.10008.1.1";
/// The DICOM application context (PS3.7 A.2.1).
pub const APPLICATION_CONTEXT: &str = "1.2.840.10008.3.1.1.1";
