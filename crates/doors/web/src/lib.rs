//! The web door: the /v1 API and the pages. Translates, decides nothing.
