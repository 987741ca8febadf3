//! Requirements of frameworks that a drill is evidence for.

use core::fmt;

/// Whose requirement.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Framework {
    /// PCI DSS 4.0.1.
    Pci,
    /// Regulation (EU) 2016/679.
    Gdpr,
    /// ISO/IEC 27001:2022, annex A.
    Iso27001,
    /// ISO/IEC 27701:2019.
    Iso27701,
    /// AICPA trust services criteria, 2017.
    Soc2,
    /// Cloud Security Alliance, Cloud Controls Matrix 4.
    Ccm,
}

impl Framework {
    /// Its name in results.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Pci => "PCI DSS 4.0.1",
            Self::Gdpr => "GDPR",
            Self::Iso27001 => "ISO/IEC 27001:2022",
            Self::Iso27701 => "ISO/IEC 27701:2019",
            Self::Soc2 => "SOC 2",
            Self::Ccm => "CCM 4",
        }
    }
}

/// A requirement by its number there.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Control(pub Framework, pub &'static str);

impl fmt::Display for Control {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.0.name(), self.1)
    }
}

use Framework::{Ccm, Gdpr, Iso27001, Iso27701, Pci, Soc2};

/// Access only as far as the work at hand needs it.
pub(crate) const NEED_TO_KNOW: &[Control] = &[
    Control(Pci, "7.2.2"),
    Control(Gdpr, "25(2)"),
    Control(Gdpr, "32(1)(b)"),
    Control(Iso27001, "A.8.3"),
    Control(Soc2, "CC6.3"),
    Control(Ccm, "IAM-05"),
];
/// Data is used for what it was collected for.
pub(crate) const PURPOSE: &[Control] =
    &[Control(Gdpr, "5(1)(b)"), Control(Iso27001, "A.5.34"), Control(Iso27701, "7.2.1"), Control(Ccm, "DSP-12")];
/// Who asks is known before anything is answered.
pub(crate) const WHO_ASKS: &[Control] =
    &[Control(Pci, "8.3.1"), Control(Iso27001, "A.8.5"), Control(Soc2, "CC6.1"), Control(Ccm, "IAM-14")];
/// Those who run, those who watch and those who serve are different people.
pub(crate) const APART: &[Control] =
    &[Control(Pci, "7.2.1"), Control(Iso27001, "A.5.3"), Control(Soc2, "CC6.3"), Control(Ccm, "IAM-04")];
/// What other systems tell is theirs, fresh and whole.
pub(crate) const INTEGRITY: &[Control] = &[
    Control(Pci, "6.2.4"),
    Control(Gdpr, "5(1)(f)"),
    Control(Iso27001, "A.8.26"),
    Control(Soc2, "CC6.6"),
    Control(Ccm, "AIS-02"),
];
/// The log is read by those who watch.
pub(crate) const LOG: &[Control] =
    &[Control(Pci, "10.3.1"), Control(Iso27001, "A.8.15"), Control(Soc2, "CC7.2"), Control(Ccm, "LOG-04")];
/// Who has the disk has nothing.
pub(crate) const AT_REST: &[Control] = &[
    Control(Pci, "3.5.1"),
    Control(Gdpr, "32(1)(a)"),
    Control(Iso27001, "A.8.24"),
    Control(Soc2, "CC6.1"),
    Control(Ccm, "CEK-03"),
];
/// Card numbers stay where they belong.
pub(crate) const CARDS: &[Control] =
    &[Control(Pci, "3.2.1"), Control(Pci, "3.5.1"), Control(Iso27001, "A.8.12"), Control(Ccm, "DSP-17")];
