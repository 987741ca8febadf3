//! Changes to the rows that make the log, in a small centre's database: an entry's, a tile's, the head's, the queue's.

use crate::log_mutations::Count;
use crate::log_world::Chance;
use app::verify;
use rusqlite::Connection;
use rusqlite::types::Value as Cell;
use testkit::{FIRST, TestWorld, block_on, name_and_phone};
use transparency::verify_checkpoint;
use vault::TenantConfig;

/// The tables, their columns, and where a row's key ends.
const TABLES: [(&str, &[&str]); 5] = [
    ("entry", &["id", "leaf", "audit", "customer"]),
    ("placed", &["place", "entry"]),
    ("pending", &["entry", "leaf"]),
    ("tile", &["level", "place", "data"]),
    ("log_head", &["size", "checkpoint", "fence"]),
];

/// Everything that lies in these tables for one tenant.
type Rows = Vec<Vec<Vec<Cell>>>;

struct Centre {
    world: TestWorld,
    tenant: TenantConfig,
    database: Connection,
    /// The tables as they were at an earlier time.
    earlier: Rows,
    now: Rows,
}

/// What is verified of a database: the signed tree, and who did what in the audit halves.
#[derive(Debug, PartialEq, Eq)]
struct Said {
    size: u64,
    root: [u8; 32],
    lines: usize,
}

impl Centre {
    fn new(seed: u64) -> Self {
        let world = TestWorld::new(seed);
        let add = |count: u32| {
            for number in 0..count {
                let _ = world.add(name_and_phone("Ann Other", &format!("+44207946{number:04}")));
            }
        };
        add(6);
        world.sequence(FIRST);
        let database = Connection::open(world.directory().join("ringfence.db")).unwrap();
        // What is changed here need not outlive the test: thousands of syncs would only cost time.
        database.pragma_update(None, "synchronous", "OFF").unwrap();
        let earlier = read(&database);
        add(9);
        world.sequence(FIRST);
        // Some wait for their place.
        add(3);
        let tenant = TenantConfig { id: FIRST, slug: "first".to_owned(), origin: "example.org/log/1".to_owned() };
        let now = read(&database);
        Self { world, tenant, database, earlier, now }
    }

    fn check(&self) -> Result<Said, app::failure::Failure> {
        let keys = self.world.log_keys(FIRST);
        let store = &*self.world.store;
        let found = block_on(verify::rows(store, Some(&self.world.vault), &self.tenant, &keys))?;
        let head = block_on(self.world.vault.log_head(FIRST)).unwrap();
        let checkpoint = verify_checkpoint(&head.checkpoint, &keys).unwrap();
        assert_eq!(found["entries"].as_u64(), Some(checkpoint.size));
        let lines = usize::try_from(found["audit_halves"].as_u64().unwrap()).unwrap();
        Ok(Said { size: checkpoint.size, root: checkpoint.root, lines })
    }

    /// Changes rows; says how, or nothing if the database refused.
    fn change(&self, chance: &mut Chance) -> Option<String> {
        let table = chance.below(TABLES.len());
        let (name, columns) = TABLES[table];
        let row = chance.below(self.now[table].len());
        let cells = &self.now[table][row];
        let column = chance.below(columns.len());
        let what = format!("{name} row {row} column {}", columns[column]);
        let done = match chance.below(6) {
            0 => self.delete(name, columns, cells),
            1 => {
                // Another row's cell.
                let other = &self.now[table][chance.below(self.now[table].len())][column];
                self.set(name, columns, cells, column, other)
            }
            2 => self.exchange(table, row, chance.below(self.now[table].len()), columns.len() - 1),
            3 => {
                // What lay there earlier: the row, or the whole table.
                let earlier = &self.earlier[table];
                match chance.below(2) {
                    0 => self
                        .database
                        .execute(&format!("DELETE FROM {name} WHERE tenant = 1"), [])
                        .and_then(|_| earlier.iter().try_fold(1, |_, row| self.insert(name, row))),
                    _ => earlier.get(row).map_or(Ok(0), |old| {
                        self.delete(name, columns, cells)?;
                        self.insert(name, old)
                    }),
                }
            }
            _ => self.set(name, columns, cells, column, &spoilt(&cells[column + 1], chance)),
        };
        done.is_ok_and(|changed| changed > 0).then_some(what)
    }

    fn place(columns: &[&str]) -> String {
        let same = columns.iter().enumerate().map(|(at, column)| format!("{column} IS ?{}", at + 2));
        same.collect::<Vec<_>>().join(" AND ")
    }

    fn delete(&self, table: &str, columns: &[&str], row: &[Cell]) -> rusqlite::Result<usize> {
        let sql = format!("DELETE FROM {table} WHERE tenant = ?1 AND {}", Self::place(columns));
        self.database.execute(&sql, rusqlite::params_from_iter(row))
    }

    fn insert(&self, table: &str, row: &[Cell]) -> rusqlite::Result<usize> {
        let marks = vec!["?"; row.len()].join(",");
        self.database.execute(&format!("INSERT INTO {table} VALUES ({marks})"), rusqlite::params_from_iter(row))
    }

    fn set(&self, table: &str, columns: &[&str], row: &[Cell], at: usize, to: &Cell) -> rusqlite::Result<usize> {
        let changed: Vec<Cell> =
            row.iter().enumerate().map(|(cell, old)| if cell == at + 1 { to.clone() } else { old.clone() }).collect();
        if changed == row {
            return Ok(0);
        }
        self.delete(table, columns, row)?;
        self.insert(table, &changed)
    }

    /// Two rows exchange their last cell: places, leaves, tiles.
    fn exchange(&self, table: usize, one: usize, other: usize, at: usize) -> rusqlite::Result<usize> {
        let (name, columns) = TABLES[table];
        let (one, other) = (&self.now[table][one], &self.now[table][other]);
        if one[at + 1] == other[at + 1] {
            return Ok(0);
        }
        self.delete(name, columns, one)?;
        self.delete(name, columns, other)?;
        let with = |row: &[Cell], cell: &Cell| {
            let mut row = row.to_vec();
            row[at + 1] = cell.clone();
            row
        };
        self.insert(name, &with(one, &other[at + 1]))?;
        self.insert(name, &with(other, &one[at + 1]))
    }
}

fn read(database: &Connection) -> Rows {
    let table = |(name, columns): (&str, &[&str])| {
        let sql = format!("SELECT tenant, {} FROM {name} WHERE tenant = 1", columns.join(", "));
        let mut all = database.prepare(&sql).unwrap();
        let line = |row: &rusqlite::Row<'_>| (0..=columns.len()).map(|at| row.get(at)).collect();
        all.query_map([], line).unwrap().map(Result::unwrap).collect()
    };
    TABLES.map(table).into()
}

fn spoilt(cell: &Cell, chance: &mut Chance) -> Cell {
    match cell {
        Cell::Blob(bytes) => Cell::Blob(chance.spoil(bytes)),
        Cell::Text(text) => Cell::Text(String::from_utf8_lossy(&chance.spoil(text.as_bytes())).into_owned()),
        Cell::Integer(number) => match chance.below(4) {
            0 => Cell::Integer(number + 1),
            1 => Cell::Integer(number - 1),
            2 => Cell::Integer((chance.next() % 40) as i64),
            _ => Cell::Null,
        },
        Cell::Null => Cell::Integer((chance.next() % 40) as i64),
        Cell::Real(number) => Cell::Real(-number),
    }
}

/// Changes rows, checks the database, and takes the change back.
pub(crate) fn rows(seed: u64, rounds: u64) -> Count {
    let centre = Centre::new(seed);
    let honest = centre.check().unwrap();
    assert!(centre.now.iter().all(|rows| !rows.is_empty()), "every table has rows to change");
    let mut count = Count::default();
    let mut round = 0;
    while ((count.noticed + count.harmless) as u64) < rounds {
        round += 1;
        let seed = seed + (3 << 32) + round;
        centre.database.execute_batch("SAVEPOINT whole").unwrap();
        let changed = centre.change(&mut Chance(seed));
        let Some(what) = changed else {
            centre.database.execute_batch("ROLLBACK TO whole; RELEASE whole").unwrap();
            continue;
        };
        centre.database.execute_batch("RELEASE whole").unwrap();
        count.ours(centre.check(), &honest, &format!("rows, seed {seed}: {what}"));
        centre.database.execute_batch("BEGIN").unwrap();
        for ((name, _), rows) in TABLES.iter().zip(&centre.now) {
            centre.database.execute(&format!("DELETE FROM {name} WHERE tenant = 1"), []).unwrap();
            rows.iter().for_each(|row| assert_eq!(centre.insert(name, row).unwrap(), 1));
        }
        centre.database.execute_batch("COMMIT").unwrap();
    }
    assert_eq!(centre.check().unwrap(), honest, "put back");
    count
}
