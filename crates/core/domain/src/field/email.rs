//! E-mail addresses: the local part as given, the domain in lower case.

use zeroize::Zeroizing;

use super::{
    FieldError, FieldKind, IndexKind, SearchTerm,
    rules::{BULLETS, Rules},
};

const MAX_BYTES: usize = 254;
const MAX_LOCAL_BYTES: usize = 64;
const MAX_LABEL_BYTES: usize = 63;

pub(super) struct Email;

impl Rules for Email {
    fn parse(&self, raw: &str) -> Result<Zeroizing<String>, FieldError> {
        let raw = raw.trim();
        let (local, domain) = raw.split_once('@').ok_or(refused("it has no @", "re-read the address"))?;
        let domain = Zeroizing::new(domain.to_lowercase());
        if local.len() + 1 + domain.len() > MAX_BYTES {
            return Err(refused("it is longer than 254 bytes", "re-read the address"));
        }
        if !is_local_part(local) {
            return Err(refused("the part before the @ can't be right", "re-read it letter by letter"));
        }
        if !is_domain(&domain) {
            return Err(refused("the part after the @ isn't a domain name", "re-read it letter by letter"));
        }
        let mut address = Zeroizing::new(String::with_capacity(MAX_BYTES));
        address.push_str(local);
        address.push('@');
        address.push_str(&domain);
        Ok(address)
    }

    fn mask(&self, canonical: &str) -> String {
        let first = canonical.chars().next().unwrap_or('•');
        format!("{first}{BULLETS}@{BULLETS}")
    }

    fn comparable(&self, canonical: &str) -> Zeroizing<String> {
        Zeroizing::new(canonical.to_lowercase())
    }

    fn said(&self, said: &str) -> Result<Zeroizing<String>, FieldError> {
        lowered(said)
    }

    fn search_terms(&self, canonical: &str) -> Vec<SearchTerm> {
        vec![SearchTerm::new(IndexKind::Email, self.comparable(canonical))]
    }
}

/// An address as it is compared and looked up: wholly in lower case.
pub(super) fn lowered(said: &str) -> Result<Zeroizing<String>, FieldError> {
    Email.parse(said).map(|address| Email.comparable(&address))
}

/// Dots separate non-empty runs of the characters that need no quoting (RFC 5322 atoms, RFC 6531 letters).
fn is_local_part(local: &str) -> bool {
    local.len() <= MAX_LOCAL_BYTES && local.split('.').all(|atom| !atom.is_empty() && atom.chars().all(is_atom_char))
}

fn is_atom_char(c: char) -> bool {
    is_label_char(c) || "!#$%&'*+/=?^_`{|}~".contains(c)
}

/// At least two labels, the last with a letter.
fn is_domain(domain: &str) -> bool {
    domain.contains('.')
        && domain.split('.').all(is_label)
        && domain.rsplit('.').next().is_some_and(|last| last.chars().any(char::is_alphabetic))
}

fn is_label(label: &str) -> bool {
    (1..=MAX_LABEL_BYTES).contains(&label.len())
        && !label.starts_with('-')
        && !label.ends_with('-')
        && label.chars().all(is_label_char)
}

fn is_label_char(c: char) -> bool {
    (c.is_alphanumeric() || c == '-') && !super::text::is_invisible(c)
}

const fn refused(problem: &'static str, next: &'static str) -> FieldError {
    FieldError::new(FieldKind::Email, problem, next)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn domains_are_lowered_and_local_parts_kept() {
        for (raw, kept) in [
            ("Ana.Diaz@Example.ORG", "Ana.Diaz@example.org"),
            (" a+b_c@sub.example.org\n", "a+b_c@sub.example.org"),
            ("用户@例子.测试", "用户@例子.测试"),
            ("Jö@BÜCHER.example", "Jö@bücher.example"),
            ("x@xn--bcher-kva.example", "x@xn--bcher-kva.example"),
        ] {
            assert_eq!(*Email.parse(raw).unwrap(), kept);
        }
    }

    #[test]
    fn refuses_what_is_no_address() {
        let long_label = format!("a@{}.org", "b".repeat(64));
        let long_local = format!("{}@example.org", "a".repeat(65));
        let long = format!("a@{}org", "bbbbbbbbb.".repeat(26));
        for raw in [
            "",
            "@",
            "a@",
            "@example.org",
            "a@b@example.org",
            "a@example",
            "a@.org",
            "a@example..org",
            "a@-b.org",
            "a@b-.org",
            ".a@example.org",
            "a.@example.org",
            "a..b@example.org",
            "a b@example.org",
            "a@exa mple.org",
            "a@1.2.3.4",
            "a\u{200b}@example.org",
            "a@exa\u{202e}mple.org",
            "a@example.org\0",
            "\"a\"@example.org",
            "a@İ.org",
            long_label.as_str(),
            long_local.as_str(),
            long.as_str(),
        ] {
            assert!(Email.parse(raw).is_err(), "{raw:?}");
        }
    }

    #[test]
    fn case_is_forgiven() {
        assert_eq!(Email.said("ANA@EXAMPLE.ORG").unwrap(), Email.comparable("Ana@example.org"));
    }

    #[test]
    fn masks_show_one_letter() {
        for (kept, mask) in [("ana@example.org", "a••••••@••••••"), ("用户@例子.测试", "用••••••@••••••")]
        {
            assert_eq!(Email.mask(kept), mask);
        }
    }

    proptest! {
        #[test]
        fn kept_addresses_read_as_themselves(raw in "[a-zA-ZÀ-ž.+]{1,12}@[a-zA-ZÀ-žΑ-ω.-]{1,20}") {
            if let Ok(kept) = Email.parse(&raw) {
                prop_assert_eq!(Email.parse(&kept), Ok(kept));
            }
        }
    }
}
