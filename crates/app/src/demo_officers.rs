//! What the demo's security officers do before anybody looks: they have passkeys, in software, and one of them has proposed
//! a change of the rules, which waits for the other's signature; a second one of the same officer's was refused.

use super::secrets::Secrets;
use crate::ambient::SystemClock;
use crate::commands::init::write_private;
use crate::failure::Failure;
use crate::soft_passkey::SoftPasskey;
use domain::{Clock as _, PersonId, TenantId};
use std::path::Path;
use vault::{Approved, BoardSecret, Governing, Operator, PowerWish, Vault, VaultError};

/// The file of rules that the proposal adds to.
const FILE: &str = "2-fields.cedar";
const RULE: &str = "drivers-ring-by-themselves";
const PROPOSED: &str = r#"
@id("drivers-ring-by-themselves")
@refusal("purpose-not-allowed")
@says("A phone number isn't shown for a delivery")
@why("Whoever delivers has the number already; nobody here needs to read it out.")
@next("Tell the customer that the driver rings. To ring back yourself, choose that purpose.")
@cure("choose-purpose")
forbid (principal, action == Action::"reveal", resource == Field::"phone")
when { context.purpose == Purpose::"delivery" };
"#;

/// An officer who can sign.
pub(super) struct Officer {
    token: String,
    passkey: SoftPasskey,
}

impl Officer {
    /// Their bearer token.
    pub(super) fn token(&self) -> &str {
        &self.token
    }
}

/// The officers with passkeys that count, made now if nobody has any. Nobody, where whoever looked at this demo before made some
/// of their own.
pub(super) async fn seated(
    vault: &Vault,
    operator: &Operator,
    tenant: TenantId,
    secrets: &mut Secrets,
    people: &[PersonId],
) -> Result<Vec<Officer>, Failure> {
    if vault.needs_officer(tenant).await? {
        let mut changes = Vec::new();
        for person in people {
            let token = vault.issue_token(operator, *person).await?;
            let passkey = SoftPasskey::new()?;
            secrets.keep_token(*person, &token);
            secrets.keep_passkey(*person, &passkey.print()?);
            changes.push(passkey.enrolled(*person, SystemClock.now()));
        }
        // What counts must be known tomorrow as well.
        secrets.save()?;
        vault.set_up_power(operator, changes).await?;
    }
    let known = people.iter().filter_map(|person| {
        let (token, key) = (secrets.token(*person)?, secrets.passkey(*person)?);
        Some(Officer { token: token.to_owned(), passkey: SoftPasskey::read(key)? })
    });
    Ok(known.collect())
}

/// Whoever of these is of the board has a key of their own in the demo's directory, and signs nothing else here.
pub(super) async fn report_to_the_board(
    vault: &Vault,
    officers: &mut Vec<Officer>,
    folder: &Path,
) -> Result<(), Failure> {
    let mut others = Vec::new();
    for one in officers.drain(..) {
        let scope = vault.authenticate(&one.token).await?;
        if !vault.uses_board_line(&scope) {
            others.push(one);
            continue;
        }
        let file = folder.join("board.key");
        let secret = BoardSecret::generate().filter(|_| !file.exists());
        if let Some((secret, public)) = secret.and_then(|secret| secret.public().map(|public| (secret, public))) {
            write_private(&file, secret.text().as_bytes())?;
            one.passkey.register_board_key(vault, &scope, (public, None)).await?;
        }
    }
    *officers = others;
    Ok(())
}

/// The first officer proposes the change, signs it, and tries to sign for the other as well; unless something is proposed
/// already, or it is a rule by now.
pub(super) async fn propose(vault: &Vault, officers: &[Officer]) -> Result<(), Failure> {
    let Some(first) = officers.first() else { return Ok(()) };
    let scope = vault.authenticate(&first.token).await?;
    let mut files = vault.texts(&scope).rules;
    let Some((_, text)) = files.iter_mut().find(|(name, _)| name == FILE) else { return Ok(()) };
    if text.contains(RULE) || !vault.power_proposals(&scope).await?.is_empty() {
        return Ok(());
    }
    text.push_str(PROPOSED);
    let draft = vault.draft_power(&scope, PowerWish::Governing(Governing::Rules { files })).await?;
    let signed = Some(first.passkey.sign(&draft.challenge)?);
    let Approved::Waits(waiting) = vault.approve_power(&scope, &draft.bytes, signed).await? else { return Ok(()) };
    let again = Some(first.passkey.sign(&waiting.challenge)?);
    match vault.sign_proposal(&scope, waiting.id, again).await {
        Ok(_) | Err(VaultError::Refused { .. }) => Ok(()),
        Err(error) => Err(error.into()),
    }
}
