//! What a request's row says.

use super::{Glass, GlassId, Stage};
use domain::{CustomerId, Emergency, FieldKind, Finding, Millis, PersonId};
use keys::power::Assertion;
use minicbor::{Decoder, Encoder};
use store::AdmissionRow;

type Encoded = Result<(), minicbor::encode::Error<core::convert::Infallible>>;

impl Glass {
    /// CBOR: `[asker, customer, field, instance, reason, asked, browser, sealed note, since, [stage, what it has…]]`.
    pub(super) fn encode(&self) -> Vec<u8> {
        let mut out = Vec::with_capacity(256 + self.note.len());
        // Writing to a vector can't fail: the error type has no values.
        let _: Encoded = self.write(&mut Encoder::new(&mut out));
        out
    }

    fn write(&self, e: &mut Encoder<&mut Vec<u8>>) -> Encoded {
        e.array(10)?.bytes(&self.asker.0)?.bytes(&self.customer.0)?.u16(self.field.code())?.u32(self.instance)?;
        e.u8(self.reason as u8)?.i64(self.asked.0)?.bytes(&self.browser)?.bytes(&self.note)?.i64(self.since.0)?;
        match &self.stage {
            Stage::Asked => e.array(1)?.u8(1)?.ok(),
            Stage::Declined { second } => e.array(2)?.u8(2)?.bytes(&second.0)?.ok(),
            Stage::Agreed { second, assertion } => {
                let Assertion { credential, client_data, authenticator_data, signature } = assertion;
                e.array(6)?.u8(3)?.bytes(&second.0)?;
                e.bytes(credential)?.bytes(client_data)?.bytes(authenticator_data)?.bytes(signature)?.ok()
            }
            Stage::Broken { second } => e.array(2)?.u8(4)?.bytes(&second.0)?.ok(),
            Stage::Reviewed { second, broken, by, finding } => {
                e.array(5)?.u8(5)?.bytes(&second.0)?.i64(broken.0)?.bytes(&by.0)?.u8(*finding as u8)?.ok()
            }
        }
    }

    /// The request of a row; `None` if its body is none.
    pub(super) fn read(row: &AdmissionRow) -> Option<Self> {
        let mut d = Decoder::new(&row.body);
        (d.array().ok()? == Some(10)).then_some(())?;
        let glass = Self {
            id: GlassId(row.key.id),
            asker: PersonId(id(&mut d)?),
            customer: CustomerId(id(&mut d)?),
            field: FieldKind::from_code(d.u16().ok()?)?,
            instance: d.u32().ok()?,
            reason: Emergency::from_code(d.u8().ok()?)?,
            asked: Millis(d.i64().ok()?),
            browser: id(&mut d)?,
            note: d.bytes().ok()?.to_vec(),
            since: Millis(d.i64().ok()?),
            stage: stage(&mut d)?,
            tag: row.tag,
        };
        (d.position() == row.body.len()).then_some(glass)
    }
}

fn stage(d: &mut Decoder<'_>) -> Option<Stage> {
    let length = d.array().ok()??;
    let stage = match (d.u8().ok()?, length) {
        (1, 1) => Stage::Asked,
        (2, 2) => Stage::Declined { second: PersonId(id(d)?) },
        (3, 6) => Stage::Agreed {
            second: PersonId(id(d)?),
            assertion: Assertion {
                credential: d.bytes().ok()?.to_vec(),
                client_data: d.bytes().ok()?.to_vec(),
                authenticator_data: d.bytes().ok()?.to_vec(),
                signature: d.bytes().ok()?.to_vec(),
            },
        },
        (4, 2) => Stage::Broken { second: PersonId(id(d)?) },
        (5, 5) => Stage::Reviewed {
            second: PersonId(id(d)?),
            broken: Millis(d.i64().ok()?),
            by: PersonId(id(d)?),
            finding: Finding::from_code(d.u8().ok()?)?,
        },
        _ => return None,
    };
    Some(stage)
}

fn id(d: &mut Decoder<'_>) -> Option<[u8; 16]> {
    d.bytes().ok()?.try_into().ok()
}

#[cfg(test)]
mod tests {
    use super::super::{GlassState, Signing};
    use super::*;
    use domain::TenantId;

    fn asked() -> Glass {
        Glass {
            id: GlassId([1; 16]),
            asker: PersonId([2; 16]),
            customer: CustomerId([4; 16]),
            field: FieldKind::PostalAddress,
            instance: 1,
            reason: Emergency::Life,
            asked: Millis(0),
            browser: [9; 16],
            note: vec![7; 40],
            stage: Stage::Asked,
            since: Millis(0),
            tag: [12; 16],
        }
    }

    fn stages() -> [Stage; 5] {
        let second = PersonId([3; 16]);
        let bytes = |byte| vec![byte; 20];
        let assertion = Assertion {
            credential: bytes(1),
            client_data: bytes(2),
            authenticator_data: bytes(3),
            signature: bytes(4),
        };
        let reviewed =
            Stage::Reviewed { second, broken: Millis(5), by: PersonId([6; 16]), finding: Finding::NotJustified };
        let agreed = Stage::Agreed { second, assertion };
        [Stage::Asked, Stage::Declined { second }, agreed, Stage::Broken { second }, reviewed]
    }

    #[test]
    fn a_request_comes_back_and_nothing_else_is_one() {
        for stage in stages() {
            let glass = Glass { stage, ..asked() };
            let row = glass.row();
            assert_eq!(Glass::read(&row).as_ref(), Some(&glass));
            for cut in 0..row.body.len() {
                let cut = AdmissionRow { body: row.body[..cut].to_vec(), ..row.clone() };
                assert_eq!(Glass::read(&cut), None);
            }
            let longer = AdmissionRow { body: [row.body.clone(), vec![0]].concat(), ..row };
            assert_eq!(Glass::read(&longer), None);
        }
    }

    #[test]
    fn silence_and_a_late_use_are_a_no_and_a_review_is_due_in_days() {
        let [_, declined, agreed, broken, reviewed] = stages();
        let at = |stage: &Stage, now| Glass { stage: stage.clone(), ..asked() }.state(Millis(now));
        assert_eq!((at(&Stage::Asked, 599_999), at(&Stage::Asked, 600_000)), (GlassState::Asked, GlassState::Over));
        assert_eq!((at(&agreed, 299_999), at(&agreed, 300_000)), (GlassState::Agreed, GlassState::Over));
        let (late, days) = (i64::MAX / 2, 5 * 24 * 3_600_000);
        assert_eq!((at(&declined, late), at(&reviewed, late)), (GlassState::Declined, GlassState::Reviewed));
        let red = |stage: &Stage, now| Glass { stage: stage.clone(), ..asked() }.is_overdue(Millis(now));
        assert!(!red(&broken, days - 1) && red(&broken, days) && !red(&reviewed, days));
    }

    #[test]
    fn a_signature_fits_one_request_and_one_step_of_it() {
        let of = |glass: &Glass| [Signing::Break, Signing::Agree].map(|step| glass.challenge(TenantId(1), step));
        let mut all = of(&asked()).to_vec();
        let others = [
            Glass { id: GlassId([8; 16]), ..asked() },
            Glass { asker: PersonId([8; 16]), ..asked() },
            Glass { customer: CustomerId([8; 16]), ..asked() },
            Glass { field: FieldKind::Phone, ..asked() },
            Glass { instance: 2, ..asked() },
            Glass { reason: Emergency::Authority, ..asked() },
            Glass { asked: Millis(1), ..asked() },
            Glass { note: Vec::new(), ..asked() },
        ];
        all.extend(others.iter().flat_map(of));
        all.push(asked().challenge(TenantId(2), Signing::Break));
        let different: std::collections::BTreeSet<_> = all.iter().collect();
        assert_eq!(different.len(), all.len());
        // What came of it is signed by nobody: it is the same request.
        assert_eq!(of(&Glass { stage: stages()[3].clone(), since: Millis(9), ..asked() }), of(&asked()));
    }
}
