//! Fixed clock, seeded randomness and ready-made worlds for tests.
