//! Ways out without seeing.
