//! A security officer's approval of one change, made with a passkey.

use crate::passkey::Answer;
use crate::problem::{Failed, Fault};
use crate::state::Web;
use vault::Warrant;

/// The most approvals of one change.
const MOST: usize = 8;

/// The right to a change: officers' approvals; without any, the setting up, which ends when officers have passkeys.
pub(super) fn warrant(web: &Web, approvals: Vec<Answer>) -> Result<Warrant, Failed> {
    if approvals.is_empty() {
        return Ok(Warrant::Setup);
    }
    if approvals.len() > MOST {
        return Err(web.fault(Fault::UNPROCESSABLE.detail("approvals are at most eight")));
    }
    Ok(Warrant::Officers(approvals.into_iter().map(Into::into).collect()))
}
