//! Ringfence: serve customers without staff ever holding their data.
