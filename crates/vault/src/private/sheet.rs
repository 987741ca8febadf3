//! The mask sheet: a customer's masks, made when values were sealed, in one sealed envelope, so that serving on
//! masks opens no field.

use domain::FieldKind;

/// One field as staff see it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Masked {
    /// Kind of field.
    pub field: FieldKind,
    /// Which of several.
    pub instance: u32,
    /// The mask, of a length that tells nothing.
    pub mask: String,
}

/// `(field u16 ‖ instance u32 ‖ length u16 ‖ mask)*`, big-endian.
pub(crate) fn encode(masks: &[Masked]) -> Vec<u8> {
    let mut out = Vec::with_capacity(masks.len() * 40);
    for masked in masks {
        // Masks are short by construction; the cut only keeps the length field honest.
        let bytes = &masked.mask.as_bytes()[..masked.mask.len().min(usize::from(u16::MAX))];
        out.extend_from_slice(&masked.field.code().to_be_bytes());
        out.extend_from_slice(&masked.instance.to_be_bytes());
        out.extend_from_slice(&(bytes.len() as u16).to_be_bytes());
        out.extend_from_slice(bytes);
    }
    out
}

/// The masks of a sheet; `None` if the bytes aren't one.
pub(crate) fn decode(mut bytes: &[u8]) -> Option<Vec<Masked>> {
    let mut masks = Vec::new();
    while !bytes.is_empty() {
        let (head, rest) = bytes.split_at_checked(8)?;
        let field = FieldKind::from_code(u16::from_be_bytes([head[0], head[1]]))?;
        let instance = u32::from_be_bytes([head[2], head[3], head[4], head[5]]);
        let length = u16::from_be_bytes([head[6], head[7]]);
        let (mask, rest) = rest.split_at_checked(usize::from(length))?;
        masks.push(Masked { field, instance, mask: core::str::from_utf8(mask).ok()?.to_owned() });
        bytes = rest;
    }
    Some(masks)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn round_trips_and_refuses_cut_sheets() {
        let masks = vec![
            Masked { field: FieldKind::Phone, instance: 1, mask: "•••• 42".into() },
            Masked { field: FieldKind::Order, instance: 70_000, mask: String::new() },
        ];
        let bytes = encode(&masks);
        assert_eq!(decode(&bytes), Some(masks));
        for cut in (1..bytes.len()).filter(|cut| *cut != 8 + "•••• 42".len()) {
            assert_eq!(decode(&bytes[..cut]), None, "{cut}");
        }
    }
}
