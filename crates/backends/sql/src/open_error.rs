//! Why a store can't be opened.

/// Why a store can't be opened or made. Messages never hold another library's words.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// SQLite says no.
    #[error("the database can't be opened: {0}")]
    Sqlite(#[from] rusqlite::Error),
    /// Its log can't be opened.
    #[error("the database's log can't be opened: {0}")]
    Log(#[from] std::io::Error),
    /// There is none.
    #[error("there is no Ringfence database here; make one with: ringfence init")]
    Missing,
    /// There is one already, where a new one was to be made.
    #[error("there is a Ringfence in this database already; nothing was touched")]
    Taken,
    /// Made by a newer Ringfence.
    #[error("the database was made by a newer Ringfence (schema {0}); run that one")]
    Newer(usize),
    /// The database's address can't be used.
    #[error("{0}")]
    Address(&'static str),
    /// The database's address would let any server pass for the right one.
    #[error("{0}")]
    Unverified(&'static str),
    /// A file with certificates or a key can't be used.
    #[error("{0}")]
    Certificates(&'static str),
    /// The database server isn't surely the right one. Nothing was told to it, no password either.
    #[error("the database server {0}")]
    Untrusted(&'static str),
    /// The database server can't be reached, or says no.
    #[error("the database server {0}")]
    Server(&'static str),
}
