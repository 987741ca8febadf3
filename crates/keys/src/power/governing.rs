//! What a tenant's people go by: its allowances, its rules, its data plan and its settings, each as officers read and sign them, in
//! text.

use super::body::PowerBody;
use domain::PowerKind;
use minicbor::{Decoder, Encoder};

type Encoded = Result<(), minicbor::encode::Error<core::convert::Infallible>>;

/// The id of the one row of its kind.
pub const THE_ONE: [u8; 16] = [0; 16];

/// The tenant's allowances. The row's id is [`THE_ONE`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LimitsText {
    /// As in the configuration's `[budgets]`, every number said.
    pub toml: String,
}

impl PowerBody for LimitsText {
    const KIND: PowerKind = PowerKind::Limits;

    /// `[toml]`
    fn write(&self, e: &mut Encoder<&mut Vec<u8>>) -> Encoded {
        e.array(1)?.str(&self.toml)?;
        Ok(())
    }

    fn read(d: &mut Decoder<'_>) -> Result<Option<Self>, minicbor::decode::Error> {
        d.array()?;
        Ok(Some(Self { toml: d.str()?.to_owned() }))
    }
}

/// The tenant's data plan. The row's id is [`THE_ONE`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PlanText {
    /// As `plan.toml` is written.
    pub toml: String,
}

impl PowerBody for PlanText {
    const KIND: PowerKind = PowerKind::Plan;

    /// `[toml]`
    fn write(&self, e: &mut Encoder<&mut Vec<u8>>) -> Encoded {
        e.array(1)?.str(&self.toml)?;
        Ok(())
    }

    fn read(d: &mut Decoder<'_>) -> Result<Option<Self>, minicbor::decode::Error> {
        d.array()?;
        Ok(Some(Self { toml: d.str()?.to_owned() }))
    }
}

/// The settings that decide over the tenant's people and data. The row's id is [`THE_ONE`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SettingsText {
    /// Each said, in TOML.
    pub toml: String,
}

impl PowerBody for SettingsText {
    const KIND: PowerKind = PowerKind::Settings;

    /// `[toml]`
    fn write(&self, e: &mut Encoder<&mut Vec<u8>>) -> Encoded {
        e.array(1)?.str(&self.toml)?;
        Ok(())
    }

    fn read(d: &mut Decoder<'_>) -> Result<Option<Self>, minicbor::decode::Error> {
        d.array()?;
        Ok(Some(Self { toml: d.str()?.to_owned() }))
    }
}

/// The tenant's rules: files of Cedar policies in the order in which they speak. The row's id is [`THE_ONE`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RulesText {
    /// Each file's name and text.
    pub files: Vec<(String, String)>,
}

impl PowerBody for RulesText {
    const KIND: PowerKind = PowerKind::Rules;

    /// `[[name, text]…]`
    fn write(&self, e: &mut Encoder<&mut Vec<u8>>) -> Encoded {
        e.array(self.files.len() as u64)?;
        for (name, text) in &self.files {
            e.array(2)?.str(name)?.str(text)?;
        }
        Ok(())
    }

    fn read(d: &mut Decoder<'_>) -> Result<Option<Self>, minicbor::decode::Error> {
        let Some(count) = d.array()? else { return Ok(None) };
        let mut files = Vec::new();
        for _ in 0..count {
            d.array()?;
            files.push((d.str()?.to_owned(), d.str()?.to_owned()));
        }
        Ok(Some(Self { files }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_come_back_as_they_were_and_nothing_else_is_one() {
        let limits = LimitsText { toml: "code_per_hour = 3\n".to_owned() };
        assert_eq!(LimitsText::decode(&limits.encode()), Some(limits.clone()));
        let plan = PlanText { toml: "[plan]\n".to_owned() };
        assert_eq!(PlanText::decode(&plan.encode()), Some(plan));
        let settings = SettingsText { toml: "remask_s = 20\n".to_owned() };
        assert_eq!(SettingsText::decode(&settings.encode()), Some(settings));
        let rules = RulesText { files: vec![("1.cedar".to_owned(), "permit".to_owned()), Default::default()] };
        assert_eq!(RulesText::decode(&rules.encode()), Some(rules.clone()));
        for bytes in [&[][..], &[6], &[0x81, 0x01], &[0xff; 40], &[rules.encode(), vec![0]].concat()] {
            assert_eq!((LimitsText::decode(bytes), RulesText::decode(bytes)), (None, None), "{bytes:?}");
        }
    }
}
