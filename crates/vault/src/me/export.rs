//! A customer takes their data with them: all values in the open, for them alone.
//!
//! What the plan has no export of today, or one with the customer's yes only, which they haven't said, stays, and is named, so that the customer learns of it and can ask for it; so
//! does an account that was corrected lately. Cards and notes go as their masks: a card's number is shown to nobody, and a note may tell
//! of others, so that a person looks through it first.

use super::scope::CustomerScope;
use crate::consent::Agreement;
use crate::error::VaultError;
use crate::private::entry::Kind;
use crate::private::plaintext::Plaintext;
use crate::private::release::{Committed, Done};
use crate::private::sheet::Masked;
use crate::wiring::{Act, Vault};
use domain::{BudgetKind, Counter, EntryId, FieldKind, Refusal};
use std::collections::{BTreeMap, BTreeSet};
use store::{Condition, FieldRef, SHEET};

/// How many copies one customer takes in any sixty minutes.
const COPIES: u32 = 6;

/// What a customer takes with them.
pub struct OwnExport {
    /// The values, in the order of their kinds.
    pub values: Vec<(FieldKind, u32, Plaintext)>,
    /// What goes as its mask.
    pub masks: Vec<Masked>,
    /// What is held and not handed out, and why.
    pub withheld: Vec<(FieldKind, u32, WhyWithheld)>,
    /// The entry.
    pub receipt: EntryId,
}

/// Why something isn't handed out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WhyWithheld {
    /// The plan has no export of it today.
    NotPlanned,
    /// The plan has one with the customer's yes only, and they haven't said it.
    NotAgreed,
    /// It is an account that was corrected less than three days ago.
    NotYet,
}

impl WhyWithheld {
    /// The stable name.
    #[must_use]
    pub fn slug(self) -> &'static str {
        match self {
            Self::NotPlanned => "not_planned",
            Self::NotAgreed => "not_agreed",
            Self::NotYet => "not_yet",
        }
    }

    fn of(refusal: Refusal) -> Self {
        if refusal == Refusal::NotAgreed { Self::NotAgreed } else { Self::NotPlanned }
    }
}

/// Of each kind on what condition it is handed out, if on any; or why it isn't.
type Exported = BTreeMap<FieldKind, Result<Option<Condition>, WhyWithheld>>;

impl OwnExport {
    /// Which values it hands out, as they are or as their masks.
    #[must_use]
    pub fn places(&self) -> BTreeSet<(FieldKind, u32)> {
        let values = self.values.iter().map(|(kind, instance, _)| (*kind, *instance));
        values.chain(self.masks.iter().map(|masked| (masked.field, masked.instance))).collect()
    }
}

impl Vault {
    /// Gives a customer a copy of what is held of them and planned to be handed out, under one entry, durable before anything is
    /// opened.
    ///
    /// # Errors
    /// `Refused(AttemptsExhausted)` after six in an hour; as [`Vault::own_record`].
    pub async fn own_export(&self, scope: &CustomerScope) -> Result<OwnExport, VaultError> {
        let customer = scope.customer;
        let keys = self.entry_keys(scope.tenant, customer).await?.ok_or(VaultError::Unauthenticated)?;
        let own = Counter::customer(BudgetKind::Code, self.own_name(&keys, b"copies"));
        let act = self.own_act(scope, Kind::OwnExport).await?;
        let own = Self::attempt(&act, own, COPIES, Refusal::AttemptsExhausted);
        let mut act = act.spend(own);
        let (mut kinds, mut withheld) = (Vec::new(), Vec::new());
        let exported = self.exported(scope).await?;
        for row in self.store.fields(scope.tenant, customer).await?.iter().filter(|row| row.field != SHEET) {
            let Some(kind) = FieldKind::from_code(row.field) else { continue };
            let condition = match exported.get(&kind) {
                Some(Ok(_)) if kind == FieldKind::BankAccount && !self.is_settled(row.version) => {
                    withheld.push((kind, row.instance, WhyWithheld::NotYet));
                    continue;
                }
                Some(Ok(condition)) => condition,
                Some(Err(why)) => {
                    withheld.push((kind, row.instance, *why));
                    continue;
                }
                None => continue,
            };
            act = condition.iter().cloned().fold(act, Act::when);
            if !as_mask(kind) {
                kinds.push((kind, row.instance));
                act = act.read(FieldRef { customer, field: row.field, instance: row.instance });
            }
        }
        act = act.read(FieldRef { customer, field: SHEET, instance: 0 });
        let Done::Committed { entry, mut values, .. } = self.commit(act).await? else {
            return Err(VaultError::Unknown);
        };
        let mut masks = values.pop().ok_or(VaultError::Damaged)?.open_sheet()?;
        masks.retain(|masked| as_mask(masked.field) && exported.get(&masked.field).is_some_and(Result::is_ok));
        let open = |((kind, instance), value): ((FieldKind, u32), Committed)| Ok((kind, instance, value.open()?));
        let values = kinds.into_iter().zip(values).map(open).collect::<Result<_, VaultError>>()?;
        Ok(OwnExport { values, masks, withheld, receipt: entry })
    }

    /// What the plan lets be handed to this customer today.
    async fn exported(&self, scope: &CustomerScope) -> Result<Exported, VaultError> {
        let mut exported = BTreeMap::new();
        for kind in FieldKind::ALL {
            let wanted = (kind, plan::Act::Export, None);
            let Agreement { condition, .. } = self.planned_for(scope.tenant, scope.customer, wanted).await?;
            let judged = match condition {
                Some(Condition::Never(refusal)) => Err(WhyWithheld::of(refusal)),
                condition => Ok(condition),
            };
            exported.insert(kind, judged);
        }
        Ok(exported)
    }
}

/// Does it go as its mask?
pub(crate) fn as_mask(kind: FieldKind) -> bool {
    matches!(kind, FieldKind::Card | FieldKind::Note)
}
