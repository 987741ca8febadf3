//! Code in the database that isn't ours. A trigger, a rule or a policy can swallow what is written, though the statement that
//! writes it succeeds. We use none of them, so any that is there is somebody else's.

use super::Postgres;
use store::StoreError;

/// In the schemas in which our tables are found. Those that the server itself makes (for keys) don't count, nor does what
/// makes a view a view.
const FOREIGN_CODE: &str = "SELECT EXISTS (SELECT 1 FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace \
    WHERE n.nspname = ANY(current_schemas(false)) AND (c.relrowsecurity \
    OR EXISTS (SELECT 1 FROM pg_trigger t WHERE t.tgrelid = c.oid AND NOT t.tgisinternal) \
    OR EXISTS (SELECT 1 FROM pg_rewrite r WHERE r.ev_class = c.oid AND r.rulename <> '_RETURN')))";

impl Postgres {
    pub(super) async fn has_foreign_code(&self) -> Result<bool, StoreError> {
        let rows = self.pool.ask(FOREIGN_CODE, &[]).await?;
        rows.first().and_then(|row| row.try_get(0).ok()).ok_or(StoreError::Damaged("the database's tables"))
    }
}
