//! Preferences, kept as `key=value`.

use zeroize::Zeroizing;

use super::{
    FieldError, FieldKind,
    hidden_numbers::holds_account_number,
    rules::{BULLETS, Rules},
    text::{clean_line, fold, length},
};

const MAX_CHARS: usize = 120;
const MAX_KEY: usize = 40;

pub(super) struct Preference;

impl Rules for Preference {
    fn parse(&self, raw: &str) -> Result<Zeroizing<String>, FieldError> {
        let line = clean_line(raw).ok_or(refused("it holds control characters", "type it again"))?;
        if length(&line) > MAX_CHARS {
            return Err(refused("it is longer than 120 characters", "shorten it"));
        }
        let (key, value) = line.split_once('=').ok_or(refused("it has no =", "write it as key=value"))?;
        let (key, value) = (key.trim().to_ascii_lowercase(), value.trim());
        if !is_key(&key) {
            return Err(refused("the key isn't up to 40 letters, digits, - and _", "use a key such as delivery_time"));
        }
        if value.is_empty() {
            return Err(refused("the value is missing", "write it behind the ="));
        }
        if holds_account_number(value) {
            return Err(refused("preferences never carry card or account numbers", "leave the number out"));
        }
        let mut preference = Zeroizing::new(String::with_capacity(line.len()));
        preference.push_str(&key);
        preference.push('=');
        preference.push_str(value);
        Ok(preference)
    }

    fn mask(&self, canonical: &str) -> String {
        let key = canonical.split_once('=').map_or("", |(key, _)| key);
        format!("{key} = {BULLETS}")
    }

    /// The value alone: which key is meant is known from the field that is verified.
    fn comparable(&self, canonical: &str) -> Zeroizing<String> {
        fold(canonical.split_once('=').map_or("", |(_, value)| value))
    }

    fn said(&self, said: &str) -> Result<Zeroizing<String>, FieldError> {
        Ok(fold(said.split_once('=').map_or(said, |(_, value)| value)))
    }
}

fn is_key(key: &str) -> bool {
    (1..=MAX_KEY).contains(&key.len())
        && key.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_'))
}

const fn refused(problem: &'static str, next: &'static str) -> FieldError {
    FieldError::new(FieldKind::Preference, problem, next)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn preferences_are_tidied() {
        for (raw, kept) in [
            ("delivery_time=after 6 pm", "delivery_time=after 6 pm"),
            (" Delivery-Time =  mornings ", "delivery-time=mornings"),
            ("a=b=c", "a=b=c"),
            ("language=Ελληνικά", "language=Ελληνικά"),
        ] {
            assert_eq!(*Preference.parse(raw).unwrap(), kept);
        }
    }

    #[test]
    fn refuses_what_is_no_preference() {
        let long = format!("a={}", "b".repeat(119));
        let long_key = format!("{}=b", "a".repeat(41));
        for raw in [
            "",
            "=",
            "a=",
            "=b",
            "a",
            "two words=b",
            "ключ=b",
            "a=b\nc",
            "a=\u{202e}b",
            "pay=4111 1111 1111 1111",
            "pay=GB82 WEST 1234 5698 7654 32",
            long.as_str(),
            long_key.as_str(),
        ] {
            assert!(Preference.parse(raw).is_err(), "{raw:?}");
        }
    }

    #[test]
    fn masks_show_the_key_and_values_compare() {
        assert_eq!(Preference.mask("delivery_time=after 6"), "delivery_time = ••••••");
        assert_eq!(Preference.comparable("a=After  6-pm"), Preference.said("after 6 PM").unwrap());
        assert_eq!(Preference.comparable("a=x"), Preference.said("a = X").unwrap());
    }
}
