//! What every engine asks in the same words. Parameters first appear in order: SQLite numbers `$n` by first
//! appearance, other engines by n.

pub(crate) const POWER: &str = "SELECT version, tag, root FROM power WHERE tenant = $1";
pub(crate) const POWER_ROWS: &str = "SELECT kind, id, body, tag FROM power_row WHERE tenant = $1 ORDER BY kind, id";
pub(crate) const FIELD_CENSUS: &str = "SELECT field, substr(sealed, 1, 3), count(*) FROM field WHERE tenant = $1 \
     GROUP BY 1, 2 ORDER BY 1, 2";
pub(crate) const PUT_PERSON: &str = "INSERT INTO person (tenant, id, role, name, team, token, tag) \
     VALUES ($1, $2, $3, $4, $5, $6, $7) \
     ON CONFLICT (tenant, id) DO UPDATE SET role = $3, name = $4, team = $5, token = $6, tag = $7";
pub(crate) const PUT_POWER_ROW: &str = "INSERT INTO power_row (tenant, kind, id, body, tag) \
     VALUES ($1, $2, $3, $4, $5) ON CONFLICT (tenant, kind, id) DO UPDATE SET body = $4, tag = $5";
pub(crate) const DROP_POWER_ROW: &str = "DELETE FROM power_row WHERE tenant = $1 AND kind = $2 AND id = $3";
pub(crate) const PERSONS: &str =
    "SELECT tenant, id, role, name, team, token, tag FROM person WHERE tenant = $1 ORDER BY name, id";

pub(crate) const INTERACTION: &str = "SELECT id, reference, channel, phase, person, customer, binding, started, ended, active, events, tag \
     FROM interaction WHERE tenant = $1 AND id = $2";
pub(crate) const INTERACTIONS: &str = "SELECT id, reference, channel, phase, person, customer, binding, started, ended, active, events, tag \
     FROM interaction WHERE tenant = $1 AND ($2 IS NULL OR person = $2) \
     AND (NOT $3 OR phase IN ('connected', 'held')) AND (active, id) < ($4, $5) ORDER BY active DESC, id DESC LIMIT $6";

pub(crate) const CUSTOMER: &str = "SELECT epoch, wrapped FROM customer WHERE tenant = $1 AND id = $2";
pub(crate) const CUSTOMERS: &str =
    "SELECT epoch, wrapped, id FROM customer WHERE tenant = $1 AND id > $2 ORDER BY id LIMIT $3";
pub(crate) const SHELF_CUSTOMER: &str = "SELECT n FROM customer WHERE tenant = $1 AND epoch = $2 LIMIT 1";
pub(crate) const FIELDS: &str =
    "SELECT field, instance, version, sealed FROM field WHERE tenant = $1 AND customer = $2 ORDER BY field, instance";
pub(crate) const SEALED_VALUES: &str = "SELECT field, instance, version, sealed, customer, epoch, wrapped \
     FROM field JOIN customer ON customer.tenant = field.tenant AND customer.id = field.customer \
     WHERE field.tenant = $1 AND (field.customer, field.field, field.instance) > ($2, $3, $4) \
     ORDER BY field.customer, field.field, field.instance LIMIT $5";
/// One for each value but the mask sheet.
pub(crate) const HELD_VALUES: &str = "SELECT field, instance, version FROM field \
    WHERE tenant = $1 AND customer = $2 AND field > 0 ORDER BY field, instance";
pub(crate) const INTERACTIONS_OF: &str = "SELECT id, reference, channel, phase, person, customer, binding, started, ended, active, events, tag \
     FROM interaction WHERE tenant = $1 AND customer = $2";
pub(crate) const INTERACTIONS_BY_ID: &str = "SELECT id, reference, channel, phase, person, customer, binding, started, ended, active, events, tag \
     FROM interaction WHERE tenant = $1 AND id > $2 ORDER BY id LIMIT $3";
pub(crate) const CUSTOMER_IS_THERE: &str = "SELECT id FROM customer WHERE tenant = $1 AND id = $2";
pub(crate) const DROP_INTERACTION: &str = "DELETE FROM interaction WHERE tenant = $1 AND id = $2";
/// The next rows that a sweep looks at, and how many customers there are of each. Counted for each row: a join would read all
/// customers in every step, because an engine that knows no better takes the rest of the index for many rows.
pub(crate) const SWEPT_INDEX: &str = "SELECT kind, mac, customer, \
     (SELECT count(*) FROM customer WHERE customer.tenant = blind_index.tenant AND customer.id = blind_index.customer) \
     FROM blind_index WHERE tenant = $1 AND (kind, mac, customer) > ($2, $3, $4) ORDER BY kind, mac, customer LIMIT $5";
/// For engines without arrays.
pub(crate) const DROP_INDEX: &str =
    "DELETE FROM blind_index WHERE tenant = $1 AND kind = $2 AND mac = $3 AND customer = $4";
pub(crate) const LOOK_UP: &str =
    "SELECT customer, tag FROM blind_index WHERE tenant = $1 AND kind = $2 AND mac = $3 LIMIT $4";
pub(crate) const BUDGET: &str = "SELECT total, history, last, tag FROM budget WHERE tenant = $1 AND counter = $2";
pub(crate) const BUDGETS: &str = "SELECT total, history, last, tag, counter FROM budget WHERE tenant = $1";
pub(crate) const HOURLY_BUDGETS: &str =
    "SELECT counter, since, used, last, tag FROM hourly_budget WHERE tenant = $1 AND since >= $2";
pub(crate) const PROGRESS: &str = "SELECT done FROM import WHERE tenant = $1 AND id = $2";

pub(crate) const ENTRY: &str = "SELECT id, leaf, audit, customer, place FROM entry \
     LEFT JOIN placed ON placed.tenant = entry.tenant AND placed.entry = id WHERE entry.tenant = $1 AND id = $2";
pub(crate) const ENTRIES: &str = "SELECT id, leaf, audit, customer, place FROM placed \
     JOIN entry ON entry.tenant = placed.tenant AND id = placed.entry \
     WHERE placed.tenant = $1 AND place < $2 ORDER BY place DESC LIMIT $3";
pub(crate) const ENTRIES_BETWEEN: &str = "SELECT id, leaf, audit, customer, place FROM entry \
     LEFT JOIN placed ON placed.tenant = entry.tenant AND placed.entry = id \
     WHERE entry.tenant = $1 AND id >= $2 AND id < $3 ORDER BY id DESC LIMIT $4";
pub(crate) const PENDING: &str =
    "SELECT entry, leaf FROM pending WHERE tenant = $1 AND entry >= $2 ORDER BY entry LIMIT $3";
pub(crate) const STRAYS: &str = "SELECT id FROM entry WHERE tenant = $1 \
     AND NOT EXISTS (SELECT 1 FROM placed WHERE placed.tenant = $1 AND placed.entry = id) \
     AND NOT EXISTS (SELECT 1 FROM pending WHERE pending.tenant = $1 AND pending.entry = id) \
     UNION ALL SELECT entry FROM pending WHERE tenant = $1 AND (NOT EXISTS (SELECT 1 FROM entry \
     WHERE entry.tenant = $1 AND id = pending.entry AND entry.leaf = pending.leaf) \
     OR EXISTS (SELECT 1 FROM placed WHERE placed.tenant = $1 AND placed.entry = pending.entry)) LIMIT $2";
pub(crate) const HEAD: &str = "SELECT size, checkpoint, fence FROM log_head WHERE tenant = $1";
pub(crate) const TILE: &str = "SELECT data FROM tile WHERE tenant = $1 AND level = $2 AND place = $3";
pub(crate) const COSIGNED: &str =
    "SELECT witness, size, note FROM cosigned_checkpoint WHERE tenant = $1 ORDER BY witness";
pub(crate) const PUT_COSIGNED: &str = "INSERT INTO cosigned_checkpoint (tenant, witness, size, note) \
     VALUES ($1, $2, $3, $4) ON CONFLICT (tenant, witness) DO UPDATE SET size = $3, note = $4 \
     WHERE cosigned_checkpoint.size <= $3";

pub(crate) const CLOSES: &str = "SELECT number, entry, list, covers, at, size, root FROM close \
     WHERE tenant = $1 AND number < $2 ORDER BY number DESC LIMIT $3";
pub(crate) const CLOSE_PAGE: &str = "SELECT p.data FROM close c JOIN close_page p ON p.tenant = c.tenant \
     AND p.number = c.number AND p.list = c.list WHERE c.tenant = $1 AND c.number = $2 AND p.page = $3";
pub(crate) const PUT_CLOSE_PAGE: &str = "INSERT INTO close_page (tenant, number, list, page, data) \
     SELECT $1, $2, $3, $4, $5 WHERE NOT EXISTS (SELECT 1 FROM close WHERE tenant = $1 AND number >= $2) \
     ON CONFLICT (tenant, number, list, page) DO UPDATE SET data = $5 RETURNING page";
pub(crate) const DROP_OTHER_PAGES: &str = "DELETE FROM close_page WHERE tenant = $1 AND number = $2 AND list <> $3";
pub(crate) const PUT_CLOSE: &str = "INSERT INTO close (tenant, number, entry, list, covers, at, size, root) \
     VALUES ($1, $2, $3, $4, $5, $6, $7, $8) ON CONFLICT DO NOTHING";

pub(crate) const ADMISSION: &str =
    "SELECT kind, id, body, expires, tag FROM admission WHERE tenant = $1 AND kind = $2 AND id = $3";
pub(crate) const ADMISSIONS: &str = "SELECT kind, id, body, expires, tag FROM admission \
     WHERE tenant = $1 AND kind = $2 AND id > $3 ORDER BY id LIMIT $4";
/// For engines without arrays.
pub(crate) const ADMISSIONS_UNDER: &str = "SELECT kind, id, body, expires, tag FROM admission \
     WHERE tenant = $1 AND kind = $2 AND id >= $3 AND id <= $4";
/// For engines without arrays.
pub(crate) const PUT_ADMISSION: &str = "INSERT INTO admission VALUES ($1, $2, $3, $4, $5, $6) \
     ON CONFLICT (tenant, kind, id) DO UPDATE SET body = $4, expires = $5, tag = $6";
pub(crate) const RENEW_ADMISSION: &str = "UPDATE admission SET body = $1, expires = $2, tag = $3 \
     WHERE tenant = $4 AND kind = $5 AND id = $6 AND tag = $7 RETURNING kind";
pub(crate) const SWEEP_ADMISSIONS: &str = "DELETE FROM admission WHERE tenant = $1 AND expires < $2 RETURNING kind";
