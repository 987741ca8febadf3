//! A session's cookie: `tenant ‖ id . secret`, in hex.

use domain::TenantId;
use zeroize::Zeroizing;

/// What a cookie says, read but not believed.
pub(crate) struct Cookie {
    pub(crate) tenant: TenantId,
    pub(crate) id: [u8; 16],
    pub(crate) secret: Zeroizing<[u8; 32]>,
}

impl Cookie {
    pub(crate) fn print(&self) -> Zeroizing<String> {
        let mut out = Zeroizing::new(String::with_capacity(8 + 32 + 1 + 64));
        let hex = |out: &mut String, bytes: &[u8]| bytes.iter().for_each(|byte| out.push_str(&format!("{byte:02x}")));
        hex(&mut out, &self.tenant.bytes());
        hex(&mut out, &self.id);
        out.push('.');
        hex(&mut out, &*self.secret);
        out
    }

    pub(crate) fn read(text: &str) -> Option<Self> {
        let (name, secret) = text.split_once('.')?;
        let (tenant, id) = name.split_at_checked(8)?;
        Some(Self {
            tenant: TenantId(u32::from_be_bytes(unhex(tenant)?)),
            id: unhex(id)?,
            secret: Zeroizing::new(unhex(secret)?),
        })
    }
}

fn unhex<const N: usize>(text: &str) -> Option<[u8; N]> {
    let digit = |byte: u8| char::from(byte).to_digit(16).and_then(|digit| u8::try_from(digit).ok());
    let bytes = text.as_bytes();
    if bytes.len() != 2 * N {
        return None;
    }
    let mut out = [0; N];
    for (pair, out) in bytes.chunks_exact(2).zip(&mut out) {
        *out = digit(pair[0])? << 4 | digit(pair[1])?;
    }
    Some(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cookie_comes_back_and_nothing_else_is_one() {
        let cookie = Cookie { tenant: TenantId(258), id: [0xab; 16], secret: Zeroizing::new([0xcd; 32]) };
        let text = cookie.print();
        let back = Cookie::read(&text).unwrap();
        assert_eq!((back.tenant, back.id, *back.secret), (cookie.tenant, cookie.id, *cookie.secret));
        for wrong in
            ["", ".", "00", &text[1..], &text[..text.len() - 1], &text.replace('.', "-"), &text.replace('a', "g")]
        {
            assert!(Cookie::read(wrong).is_none(), "{wrong}");
        }
    }
}
