//! `plan.toml` as it is written. Unknown keys are refused; what a value says is judged in `read`.

use serde::Deserialize;
use toml::Spanned;
use toml::value::Datetime;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct RawPlan {
    pub(crate) plan: RawHead,
    #[serde(default)]
    pub(crate) purpose: Vec<RawPurpose>,
    #[serde(default)]
    pub(crate) sub_processor: Vec<RawSubProcessor>,
    #[serde(default)]
    pub(crate) safeguard: Vec<RawSafeguard>,
    #[serde(default)]
    pub(crate) data: Vec<RawData>,
    #[serde(default)]
    pub(crate) derived: Vec<RawDerived>,
    #[serde(default)]
    pub(crate) future: Vec<RawData>,
    #[serde(default)]
    pub(crate) milestone: Vec<RawMilestone>,
    #[serde(default)]
    pub(crate) rotation: Vec<RawRotation>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct RawHead {
    pub(crate) company: Spanned<String>,
    pub(crate) contact: Spanned<String>,
    pub(crate) officer: Spanned<String>,
    pub(crate) authority: Spanned<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct RawWords {
    pub(crate) en: Spanned<String>,
    pub(crate) de: Spanned<String>,
}

/// A text that is the same in each language, or one for each.
#[derive(Deserialize)]
#[serde(untagged, expecting = "that is neither a text nor one in each language, { en = …, de = … }")]
pub(crate) enum RawSaid {
    Once(String),
    Each(RawEach),
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct RawEach {
    pub(crate) en: String,
    pub(crate) de: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct RawPurpose {
    pub(crate) id: Spanned<String>,
    pub(crate) words: RawWords,
    #[serde(default)]
    pub(crate) fides: Option<Spanned<String>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct RawSubProcessor {
    pub(crate) id: Spanned<String>,
    pub(crate) name: Spanned<RawSaid>,
    pub(crate) country: Spanned<String>,
    pub(crate) does: RawWords,
    #[serde(default)]
    pub(crate) safeguard: Option<Spanned<RawSaid>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct RawSafeguard {
    pub(crate) id: Spanned<String>,
    pub(crate) words: RawWords,
    pub(crate) ready: Spanned<Datetime>,
    pub(crate) in_place: bool,
}

/// What `[[data]]` and `[[future]]` say alike.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct RawData {
    pub(crate) id: Spanned<String>,
    pub(crate) kind: Spanned<String>,
    #[serde(default)]
    pub(crate) words: Option<RawWords>,
    pub(crate) purposes: Spanned<Vec<Spanned<String>>>,
    pub(crate) basis: Spanned<String>,
    #[serde(default)]
    pub(crate) because: Option<RawWords>,
    pub(crate) owner: Spanned<String>,
    pub(crate) source: Spanned<String>,
    #[serde(default)]
    pub(crate) seen_by: Vec<Spanned<String>>,
    #[serde(default)]
    pub(crate) sub_processors: Vec<Spanned<String>>,
    pub(crate) protection: Spanned<RawProtection>,
    pub(crate) retention: RawRetention,
    pub(crate) starts: Spanned<Datetime>,
    pub(crate) ends: Spanned<Datetime>,
    #[serde(default)]
    pub(crate) needs: Vec<Spanned<String>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct RawDerived {
    pub(crate) id: Spanned<String>,
    #[serde(rename = "use")]
    pub(crate) act: Spanned<String>,
    pub(crate) from: Spanned<Vec<Spanned<String>>>,
    pub(crate) words: RawWords,
    pub(crate) purposes: Spanned<Vec<Spanned<String>>>,
    pub(crate) basis: Spanned<String>,
    #[serde(default)]
    pub(crate) because: Option<RawWords>,
    pub(crate) owner: Spanned<String>,
    #[serde(default)]
    pub(crate) used_by: Vec<Spanned<String>>,
    #[serde(default)]
    pub(crate) sub_processors: Vec<Spanned<String>>,
    pub(crate) protection: Spanned<RawProtection>,
    pub(crate) retention: RawRetention,
    pub(crate) starts: Spanned<Datetime>,
    pub(crate) ends: Spanned<Datetime>,
    #[serde(default)]
    pub(crate) needs: Vec<Spanned<String>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct RawProtection {
    pub(crate) suite: Spanned<u16>,
    pub(crate) mask: Spanned<String>,
    pub(crate) binding: Spanned<String>,
    pub(crate) weight: Spanned<u32>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct RawRetention {
    pub(crate) keep: Spanned<String>,
    pub(crate) after: Spanned<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct RawMilestone {
    pub(crate) id: Spanned<String>,
    pub(crate) on: Spanned<Datetime>,
    pub(crate) level: Spanned<String>,
    pub(crate) of: Spanned<String>,
    pub(crate) covers: Option<Spanned<String>>,
    pub(crate) words: RawWords,
    pub(crate) source: Spanned<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct RawRotation {
    pub(crate) id: Spanned<String>,
    pub(crate) words: RawWords,
    pub(crate) every: Spanned<String>,
}
