//! A PostgreSQL server of a test's own, from Debian's packages: made in a temporary directory, on a socket in there, and
//! gone with the test, however that ends. And PgBouncer in front of it.

use crate::slow_disk::SlowDisk;
use sql::Address;
use std::fs;
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{Ipv4Addr, TcpListener};
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

/// Where Debian puts the programs of version 15.
pub const PROGRAMS: &str = "/usr/lib/postgresql/15/bin";

/// A program that refuses to be root: run as the user `postgres` where this process is root.
#[must_use]
pub fn as_postgres(program: impl AsRef<std::ffi::OsStr>) -> Command {
    let root = fs::metadata("/proc/self").is_ok_and(|own| std::os::unix::fs::MetadataExt::uid(&own) == 0);
    let mut command = Command::new(if root { "setpriv".as_ref() } else { program.as_ref() });
    if root {
        command.args(["--reuid=postgres", "--regid=postgres", "--init-groups"]).arg(program);
    }
    command.current_dir("/");
    command
}

/// Lets the server's user read a folder.
pub(crate) fn readable(folder: &Path) {
    use std::os::unix::fs::PermissionsExt as _;
    fs::set_permissions(folder, fs::Permissions::from_mode(0o755)).unwrap();
}

/// A running server.
#[derive(Debug)]
pub struct PostgresServer {
    folder: PathBuf,
    databases: AtomicU32,
    /// While this pipe is open the server runs: the kernel closes it when this process ends.
    lives: Option<ChildStdin>,
    keeper: Child,
    _disk: Option<SlowDisk>,
}

/// Makes a cluster in a new folder, tells where, serves until its standard input ends, and takes all away.
const KEEPER: &str = r#"
set -e
folder=$(mktemp -d "${TMPDIR:-/tmp}/ringfence-postgresql.XXXXXX" 2>/dev/null || mktemp -d /tmp/ringfence-postgresql.XXXXXX)
trap 'rm -rf "$folder"' EXIT
"$1/initdb" --no-sync --auth=trust --username=postgres --encoding=UTF8 --locale=C --no-instructions -D "$folder/data" >"$folder/initdb.log" 2>&1 || { cat "$folder/initdb.log" >&2; exit 1; }
[ -z "$3" ] || install -m 600 "$3"/* "$folder/data"
# Whoever tests may connect to the socket; the data stays the server's own.
chmod 711 "$folder"
[ -z "$4" ] || export LD_PRELOAD="$4"
"$1/postgres" -D "$folder/data" -k "$folder" -c listen_addresses= -c max_connections=200 $2 >"$folder/log" 2>&1 &
echo "$folder"
cat >/dev/null
# It may have been restarted: whoever is there now is stopped, without writing what is thrown away.
unset LD_PRELOAD
"$1/pg_ctl" -D "$folder/data" -m immediate -w -s stop || true
wait
"#;

impl PostgresServer {
    /// Starts one.
    ///
    /// # Panics
    /// If it doesn't come up: without the server there is no test.
    #[must_use]
    pub fn start() -> Self {
        Self::start_with("")
    }

    /// Starts one with further arguments, as in `-c name=value`.
    ///
    /// # Panics
    /// If it doesn't come up.
    #[must_use]
    pub fn start_with(arguments: &str) -> Self {
        Self::start_laid(arguments, None, None)
    }

    /// Starts one whose disk takes that much longer for each flush, which must be under a second.
    ///
    /// # Panics
    /// If it doesn't come up.
    #[must_use]
    pub fn on_a_slow_disk(delay: Duration) -> Self {
        Self::start_laid("", None, Some(SlowDisk::new(delay)))
    }

    /// Starts one with a folder's files laid into its data directory.
    pub(crate) fn start_laid(arguments: &str, laid: Option<&Path>, disk: Option<SlowDisk>) -> Self {
        assert!(
            Path::new(PROGRAMS).join("initdb").exists(),
            "PostgreSQL 15 is missing: apt-get install -y postgresql-15 pgbouncer"
        );
        let mut keeper = as_postgres("sh")
            .args(["-c", KEEPER, "keeper", PROGRAMS, arguments])
            .arg(laid.unwrap_or(Path::new("")))
            .arg(disk.as_ref().map_or(Path::new(""), SlowDisk::library))
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("sh and setpriv are there");
        let lives = keeper.stdin.take().unwrap();
        let mut folder = String::new();
        BufReader::new(keeper.stdout.take().unwrap()).read_line(&mut folder).unwrap();
        let folder = PathBuf::from(folder.trim_end());
        let server = Self { folder, databases: AtomicU32::new(0), lives: Some(lives), keeper, _disk: disk };
        eventually("PostgreSQL answers", || server.sql("postgres", "SELECT 1").is_ok());
        server
    }

    /// The folder with its socket.
    #[must_use]
    pub fn socket(&self) -> &Path {
        &self.folder
    }

    /// What it said so far.
    ///
    /// # Panics
    /// If that can't be read.
    #[must_use]
    pub fn log(&self) -> String {
        fs::read_to_string(self.folder.join("log")).unwrap()
    }

    /// A new, empty database.
    ///
    /// # Panics
    /// If the server refuses.
    pub fn database(&self) -> String {
        let name = format!("test_{}", self.databases.fetch_add(1, Ordering::Relaxed));
        self.sql("postgres", &format!("CREATE DATABASE {name}")).unwrap();
        self.empty(&name);
        name
    }

    /// Empties a database: quicker than making a new one.
    ///
    /// # Panics
    /// If the server refuses.
    pub fn empty(&self, database: &str) {
        // Edits in tests are written as SQLite understands them.
        let statement = "DROP SCHEMA public CASCADE; CREATE SCHEMA public; \
             CREATE FUNCTION zeroblob(bigint) RETURNS bytea IMMUTABLE LANGUAGE sql \
             AS $$ SELECT decode(repeat('00', $1::int), 'hex') $$; \
             CREATE FUNCTION randomblob(bigint) RETURNS bytea LANGUAGE sql \
             AS $$ SELECT substr(uuid_send(gen_random_uuid()), 1, $1::int) $$; CREATE DOMAIN blob AS bytea";
        self.sql(database, statement).unwrap();
    }

    /// The address of a database, on the socket.
    #[must_use]
    pub fn address(&self, database: &str) -> String {
        format!("postgres:///{database}?host={}&user=postgres", self.folder.display())
    }

    /// Runs SQL by `psql`; gives the rows without decoration.
    ///
    /// # Errors
    /// What psql says.
    pub fn sql(&self, database: &str, statement: &str) -> Result<String, String> {
        let mut command = Command::new(Path::new(PROGRAMS).join("psql"));
        command.args(["-X", "-q", "-t", "-A", "-v", "ON_ERROR_STOP=1", "-U", "postgres", "-h"]).arg(&self.folder);
        let output = command.args(["-d", database, "-c", statement]).output().unwrap();
        let text = |bytes: Vec<u8>| String::from_utf8_lossy(&bytes).into_owned();
        if output.status.success() { Ok(text(output.stdout)) } else { Err(text(output.stderr)) }
    }

    /// Stops it, `fast` (sessions are ended, files are written) or `immediate` (as in a crash), and starts it again.
    ///
    /// # Panics
    /// If it doesn't come up again.
    pub fn restart(&self, how: &str) {
        let mut command = as_postgres(Path::new(PROGRAMS).join("pg_ctl"));
        command.arg("-D").arg(self.folder.join("data")).arg("-l").arg(self.folder.join("data/restarted"));
        let status = command.args(["-m", how, "-w", "-s", "restart"]).status().unwrap();
        assert!(status.success(), "PostgreSQL restarts: {status}");
    }

    /// Takes every connection that is left; they are free again when what this gives is dropped.
    ///
    /// # Panics
    /// If the server is gone.
    #[must_use]
    pub fn occupy(&self, database: &str) -> Vec<UnixStream> {
        let parameters = format!("\0\x03\0\0user\0postgres\0database\0{database}\0\0");
        let length = u32::try_from(parameters.len() + 4).unwrap().to_be_bytes();
        let mut taken = Vec::new();
        loop {
            let mut stream = UnixStream::connect(self.folder.join(".s.PGSQL.5432")).unwrap();
            stream.write_all(&[&length, parameters.as_bytes()].concat()).unwrap();
            let mut answer = [0];
            stream.read_exact(&mut answer).unwrap();
            match answer[0] {
                // Signed in, or no more.
                b'R' => taken.push(stream),
                _ => return taken,
            }
        }
    }

    /// PgBouncer in front of it, in transaction mode.
    ///
    /// # Panics
    /// If it doesn't come up.
    #[must_use]
    pub fn bouncer(&self) -> Bouncer {
        Bouncer::start(&self.folder)
    }
}

impl Drop for PostgresServer {
    fn drop(&mut self) {
        self.lives = None;
        drop(self.keeper.wait());
    }
}

/// A running PgBouncer.
pub struct Bouncer {
    port: u16,
    child: Child,
}

impl Bouncer {
    fn start(server: &Path) -> Self {
        let port = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap().local_addr().unwrap().port();
        let settings = format!(
            "[databases]\n* = host={} user=postgres\n[pgbouncer]\nlisten_addr = 127.0.0.1\nlisten_port = {port}\n\
             unix_socket_dir =\nauth_type = any\npool_mode = transaction\ndefault_pool_size = 4\nmax_client_conn = 500\n",
            server.display()
        );
        let file = server.join(format!("pgbouncer-{port}.ini"));
        let mut write =
            as_postgres("sh").args(["-c", "cat >\"$1\"", "sh"]).arg(&file).stdin(Stdio::piped()).spawn().unwrap();
        write.stdin.take().unwrap().write_all(settings.as_bytes()).unwrap();
        assert!(write.wait().unwrap().success());
        let child = as_postgres("/usr/sbin/pgbouncer")
            .arg("-q")
            .arg(&file)
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .expect("PgBouncer is there: apt-get install -y pgbouncer");
        let bouncer = Self { port, child };
        eventually("PgBouncer listens", || std::net::TcpStream::connect((Ipv4Addr::LOCALHOST, port)).is_ok());
        bouncer
    }

    /// The address of a database behind it.
    #[must_use]
    pub fn address(&self, database: &str) -> String {
        format!("postgres://postgres@127.0.0.1:{}/{database}", self.port)
    }
}

impl Drop for Bouncer {
    fn drop(&mut self) {
        drop(self.child.kill());
        drop(self.child.wait());
    }
}

/// An address that must be right.
///
/// # Panics
/// If it isn't.
#[must_use]
pub fn address(text: &str) -> Address {
    Address::parse(text).unwrap()
}

fn eventually(what: &str, mut holds: impl FnMut() -> bool) {
    for _ in 0..3_000 {
        if holds() {
            return;
        }
        std::thread::park_timeout(Duration::from_millis(10));
    }
    panic!("not within half a minute: {what}");
}

/// The tables of the contract in a database.
///
/// # Panics
/// If the server refuses.
#[must_use]
pub fn tables(server: &PostgresServer, database: &str) -> Vec<String> {
    // What the engine keeps for itself isn't part of the contract.
    let names = "SELECT tablename FROM pg_tables WHERE schemaname = 'public' AND tablename NOT IN ('schema_version', 'schema_reach') ORDER BY 1";
    server.sql(database, names).unwrap().lines().map(str::to_owned).collect()
}

/// The tables of which some row holds these bytes in some column.
///
/// # Panics
/// If the server refuses.
#[must_use]
pub fn tables_holding(server: &PostgresServer, database: &str, needle: &[u8]) -> Vec<String> {
    let hex: String = needle.iter().map(|byte| format!("{byte:02x}")).collect();
    // A row's text shows bytes in hexadecimal digits, and text as it is.
    let mut holds = format!("position('{hex}' IN one::text) > 0");
    if std::str::from_utf8(needle).is_ok_and(|text| !text.contains('\0')) {
        holds.push_str(&format!(" OR position(convert_from('\\x{hex}', 'UTF8') IN one::text) > 0"));
    }
    let found = |table: &String| {
        let count = format!("SELECT count(*) FROM {table} AS one WHERE {holds}");
        server.sql(database, &count).unwrap().trim() != "0"
    };
    tables(server, database).into_iter().filter(found).collect()
}

/// Runs one statement, written as SQLite understands it, in a database; says how many rows changed.
///
/// # Panics
/// If the server refuses.
pub fn edit(server: &PostgresServer, database: &str, statement: &str) -> usize {
    let statement = in_its_words(statement);
    let count = format!("WITH changed AS ({statement} RETURNING 1) SELECT count(*) FROM changed");
    server.sql(database, &count).unwrap().trim().parse().unwrap()
}

/// `x'…'`, `zeroblob(…)` and `char(…)` in PostgreSQL's words.
pub(crate) fn in_its_words(statement: &str) -> String {
    let mut said = String::new();
    let mut rest = statement;
    while let Some(at) = rest.find("x'") {
        let end = at + 2 + rest[at + 2..].find('\'').unwrap();
        said.push_str(&format!("{}'\\x{}'::bytea", &rest[..at], &rest[at + 2..end]));
        rest = &rest[end + 1..];
    }
    said.push_str(rest);
    said.replace("char(", "chr(")
}
