//! The plan that the program comes with says what the program does.

use crate::day;
use domain::field::Incoming;
use domain::{FieldKind, Purpose};
use plan::{Act, Kind, MaskForm, Plan};

fn shipped() -> Plan {
    Plan::parse(plan::DEFAULT).unwrap_or_else(|faults| panic!("{faults}"))
}

#[test]
fn it_counts_and_has_every_kind_for_its_usual_purposes() {
    let (plan, today) = (shipped(), day("2026-11-27"));
    plan.counts_from(today).unwrap();
    for field in FieldKind::ALL {
        let kind = Kind::Field(field);
        assert_eq!(plan.allows(kind, Act::Store, None, today), Ok(()), "{field:?}");
        assert_eq!(plan.allows(kind, Act::Mask, None, today), Ok(()), "{field:?}");
        for purpose in Purpose::ALL {
            let usual = Purpose::for_field(field).contains(&purpose);
            assert_eq!(
                plan.allows(kind, Act::Show, Some(purpose.slug()), today).is_ok(),
                usual,
                "{field:?} {purpose:?}"
            );
        }
    }
}

#[test]
fn its_masks_are_those_that_are_made() {
    let samples = [
        (FieldKind::Name, "Ana Novak", "A•••••• N••••••"),
        (FieldKind::Phone, "+442079460018", "•••••••• 18"),
        (FieldKind::Email, "ana@example.org", "a••••••@••••••"),
        (FieldKind::Note, "She rang.", "••••••••"),
    ];
    for (field, raw, mask) in samples {
        assert_eq!(Incoming::parse(field, raw).unwrap().mask(), mask);
    }
    for entry in &shipped().entries {
        if let plan::What::Data(kind) = entry.what {
            assert_eq!(entry.protection.mask, MaskForm::of(kind));
        }
    }
}
