//! A row, by names: one look for CSV and JSON Lines.

use std::borrow::Cow;

/// What stands under a name.
pub(super) enum Found<'a> {
    /// Nothing, `null`, or only spaces.
    Missing,
    /// One value, without spaces at its ends.
    Text(Cow<'a, str>),
    /// Several plain values, those that aren't missing.
    Texts(Vec<String>),
    /// An object, or an array of something else than plain values.
    Nested,
}

/// Something that has values under names.
pub(super) trait Row {
    /// What stands under this name.
    fn find(&self, name: &str) -> Found<'_>;

    /// The elements under this name; `None` if what stands there isn't an array. Missing elements are left out.
    fn elements(&self, name: &str) -> Option<Vec<Element<'_>>>;
}

/// An element of an array.
pub(super) enum Element<'a> {
    /// A plain value.
    Text(Cow<'a, str>),
    /// An object.
    Object(Box<dyn Row + 'a>),
    /// Something else.
    Nested,
}

/// The value without spaces at its ends, missing if nothing is left.
pub(super) fn text(value: Cow<'_, str>) -> Found<'_> {
    let trimmed = value.trim();
    if trimmed.is_empty() {
        return Found::Missing;
    }
    match value {
        Cow::Borrowed(value) => Found::Text(Cow::Borrowed(value.trim())),
        Cow::Owned(ref owned) if trimmed.len() == owned.len() => Found::Text(value),
        Cow::Owned(_) => Found::Text(Cow::Owned(trimmed.to_owned())),
    }
}
