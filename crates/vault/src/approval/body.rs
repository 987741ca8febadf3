//! What a question's row says.

use super::{Approval, ApprovalId, ApprovalState};
use domain::{CustomerId, InteractionId, Millis, PersonId, Purpose};
use minicbor::data::Type;
use minicbor::{Decoder, Encoder};
use store::AdmissionRow;

type Encoded = Result<(), minicbor::encode::Error<core::convert::Infallible>>;

impl Approval {
    /// CBOR: `[asker, approver, customer, interaction, field, instance, purpose, asked, device or null, state, since]`.
    pub(super) fn encode(&self) -> Vec<u8> {
        let mut out = Vec::with_capacity(160);
        // Writing to a vector can't fail: the error type has no values.
        let _: Encoded = self.write(&mut Encoder::new(&mut out));
        out
    }

    fn write(&self, e: &mut Encoder<&mut Vec<u8>>) -> Encoded {
        e.array(11)?.bytes(&self.asker.0)?.bytes(&self.approver.0)?.bytes(&self.customer.0)?;
        e.bytes(&self.interaction.0)?.u16(self.field)?.u32(self.instance)?.str(self.purpose.slug())?;
        e.i64(self.asked.0)?;
        match &self.device {
            Some(device) => e.bytes(device)?.ok()?,
            None => e.null()?.ok()?,
        }
        e.u8(self.state as u8)?.i64(self.since.0)?.ok()
    }

    /// The question of a row; `None` if its body is none.
    pub(super) fn read(row: &AdmissionRow) -> Option<Self> {
        let mut d = Decoder::new(&row.body);
        (d.array().ok()? == Some(11)).then_some(())?;
        let question = Self {
            id: ApprovalId(row.key.id),
            asker: PersonId(id(&mut d)?),
            approver: PersonId(id(&mut d)?),
            customer: CustomerId(id(&mut d)?),
            interaction: InteractionId(id(&mut d)?),
            field: d.u16().ok()?,
            instance: d.u32().ok()?,
            purpose: Purpose::from_slug(d.str().ok()?)?,
            asked: Millis(d.i64().ok()?),
            device: match d.datatype().ok()? {
                Type::Null => d.null().map(|()| None).ok()?,
                _ => Some(id(&mut d)?),
            },
            state: state(d.u8().ok()?)?,
            since: Millis(d.i64().ok()?),
            expires: row.expires,
            tag: row.tag,
        };
        (d.position() == row.body.len()).then_some(question)
    }
}

fn id(d: &mut Decoder<'_>) -> Option<[u8; 16]> {
    d.bytes().ok()?.try_into().ok()
}

/// What is kept; that a question is over is seen, never written.
fn state(code: u8) -> Option<ApprovalState> {
    use ApprovalState::{Asked, Declined, Given, Used};
    [Asked, Given, Declined, Used].into_iter().find(|state| *state as u8 == code)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn asked() -> Approval {
        Approval {
            id: ApprovalId([1; 16]),
            asker: PersonId([2; 16]),
            approver: PersonId([3; 16]),
            customer: CustomerId([4; 16]),
            interaction: InteractionId([5; 16]),
            field: 7,
            instance: 1,
            purpose: Purpose::Payment,
            asked: Millis(0),
            device: Some([9; 16]),
            state: ApprovalState::Asked,
            since: Millis(0),
            expires: Millis(11),
            tag: [12; 16],
        }
    }

    #[test]
    fn a_question_comes_back_and_nothing_else_is_one() {
        for question in [asked(), Approval { device: None, state: ApprovalState::Used, ..asked() }] {
            let row = question.row();
            assert_eq!(Approval::read(&row).as_ref(), Some(&question));
            for cut in 0..row.body.len() {
                let cut = AdmissionRow { body: row.body[..cut].to_vec(), ..row.clone() };
                assert_eq!(Approval::read(&cut), None);
            }
            let longer = AdmissionRow { body: [row.body.clone(), vec![0]].concat(), ..row };
            assert_eq!(Approval::read(&longer), None);
        }
    }

    #[test]
    fn silence_and_a_late_use_are_a_no() {
        use ApprovalState::{Asked, Declined, Given, Over};
        let at = |state, now| Approval { state, ..asked() }.state(Millis(now));
        assert_eq!((at(Asked, 119_999), at(Asked, 120_000)), (Asked, Over));
        assert_eq!((at(Given, 59_999), at(Given, 60_000)), (Given, Over));
        assert_eq!(at(Declined, 10_000_000), Declined);
    }
}
