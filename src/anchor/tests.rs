//! Places found again.
