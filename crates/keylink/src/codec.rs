//! Values in CBOR: numbers in their shortest form, byte strings, arrays of definite length. Nothing is self-describing:
//! each operation knows what comes.

use core::convert::Infallible;
use domain::{CustomerId, EntryId, Millis, PersonId, TenantId};
use keys::{Header, HolderError, Key32, Okm, Place, Shelved};
use minicbor::data::Type;
use minicbor::decode::Error;
use minicbor::{Decoder, Encoder, encode};
use zeroize::Zeroizing;

pub(crate) type Read<T> = Result<T, Error>;

/// Bytes of a frame in the making. Keys may be among them: they are wiped.
pub(crate) struct Writer(Zeroizing<Vec<u8>>);

impl Writer {
    /// With room for the frame's length.
    pub(crate) fn new() -> Self {
        let mut bytes = Vec::with_capacity(4096);
        bytes.extend_from_slice(&[0; 4]);
        Self(Zeroizing::new(bytes))
    }

    pub(crate) fn with(mut self, value: &impl Put) -> Self {
        value.put(&mut self);
        self
    }

    pub(crate) fn frame(self) -> Zeroizing<Vec<u8>> {
        self.0
    }

    pub(crate) fn array(&mut self, length: usize) {
        self.put(|to| to.array(length as u64).map(drop));
    }

    fn put(&mut self, write: impl FnOnce(&mut Encoder<&mut Vec<u8>>) -> Result<(), encode::Error<Infallible>>) {
        // Writing into memory doesn't fail.
        drop(write(&mut Encoder::new(&mut *self.0)));
    }
}

/// What can be written.
pub(crate) trait Put {
    fn put(&self, to: &mut Writer);
}

/// What can be read.
pub(crate) trait Get: Sized {
    fn get(from: &mut Decoder<'_>) -> Read<Self>;
}

/// Expects an array of that length.
pub(crate) fn array(from: &mut Decoder<'_>, length: u64) -> Read<()> {
    if from.array()? == Some(length) { Ok(()) } else { Err(Error::message("an array of another length")) }
}

fn fixed<const N: usize>(from: &mut Decoder<'_>) -> Read<[u8; N]> {
    from.bytes()?.try_into().map_err(|_| Error::message("bytes of another length"))
}

impl<T: Put + ?Sized> Put for &T {
    fn put(&self, to: &mut Writer) {
        (**self).put(to);
    }
}

macro_rules! number {
    ($($type:ident),*) => {$(
        impl Put for $type {
            fn put(&self, to: &mut Writer) {
                to.put(|to| to.$type(*self).map(drop));
            }
        }
        impl Get for $type {
            fn get(from: &mut Decoder<'_>) -> Read<Self> {
                from.$type()
            }
        }
    )*};
}
number!(u8, u16, u32, u64, i64, bool);

impl Put for String {
    fn put(&self, to: &mut Writer) {
        to.put(|to| to.str(self).map(drop));
    }
}

impl Get for String {
    fn get(from: &mut Decoder<'_>) -> Read<Self> {
        from.str().map(str::to_owned)
    }
}

impl<const N: usize> Put for [u8; N] {
    fn put(&self, to: &mut Writer) {
        to.put(|to| to.bytes(self).map(drop));
    }
}

impl<const N: usize> Get for [u8; N] {
    fn get(from: &mut Decoder<'_>) -> Read<Self> {
        fixed(from)
    }
}

/// A byte string, whereas a [`Vec`] is an array.
pub(crate) struct Bytes<T>(pub(crate) T);

impl<T: AsRef<[u8]>> Put for Bytes<T> {
    fn put(&self, to: &mut Writer) {
        to.put(|to| to.bytes(self.0.as_ref()).map(drop));
    }
}

impl Get for Bytes<Vec<u8>> {
    fn get(from: &mut Decoder<'_>) -> Read<Self> {
        from.bytes().map(|bytes| Self(bytes.to_vec()))
    }
}

macro_rules! wrapped {
    ($($type:ident as $inner:ty),*) => {$(
        impl Put for $type {
            fn put(&self, to: &mut Writer) {
                self.0.put(to);
            }
        }
        impl Get for $type {
            fn get(from: &mut Decoder<'_>) -> Read<Self> {
                <$inner>::get(from).map(Self)
            }
        }
    )*};
}
wrapped!(TenantId as u32, Millis as i64, CustomerId as [u8; 16], PersonId as [u8; 16], EntryId as [u8; 16]);

macro_rules! tuple {
    ($($name:ident $place:tt),* ; $length:literal) => {
        impl<$($name: Put),*> Put for ($($name,)*) {
            fn put(&self, to: &mut Writer) {
                to.array($length);
                $(self.$place.put(to);)*
            }
        }
        impl<$($name: Get),*> Get for ($($name,)*) {
            fn get(from: &mut Decoder<'_>) -> Read<Self> {
                array(from, $length)?;
                Ok(($($name::get(from)?,)*))
            }
        }
    };
}
tuple!(A 0, B 1; 2);
tuple!(A 0, B 1, C 2; 3);
tuple!(A 0, B 1, C 2, D 3; 4);
tuple!(A 0, B 1, C 2, D 3, E 4; 5);
tuple!(A 0, B 1, C 2, D 3, E 4, F 5; 6);

impl<T: Put> Put for [T] {
    fn put(&self, to: &mut Writer) {
        to.array(self.len());
        self.iter().for_each(|item| item.put(to));
    }
}

impl<T: Put> Put for Vec<T> {
    fn put(&self, to: &mut Writer) {
        self.as_slice().put(to);
    }
}

impl<T: Get> Get for Vec<T> {
    fn get(from: &mut Decoder<'_>) -> Read<Self> {
        let length = from.array()?.ok_or_else(|| Error::message("an array without a length"))?;
        // Memory is given as items come, not as a length promises.
        (0..length).map(|_| T::get(from)).collect()
    }
}

impl<T: Put> Put for Option<T> {
    fn put(&self, to: &mut Writer) {
        match self {
            Some(value) => value.put(to),
            None => to.put(|to| to.null().map(drop)),
        }
    }
}

impl<T: Get> Get for Option<T> {
    fn get(from: &mut Decoder<'_>) -> Read<Self> {
        if from.datatype()? == Type::Null { from.null().map(|()| None) } else { T::get(from).map(Some) }
    }
}

impl Put for () {
    fn put(&self, to: &mut Writer) {
        to.array(0);
    }
}

impl Get for () {
    fn get(from: &mut Decoder<'_>) -> Read<Self> {
        array(from, 0)
    }
}

/// Refusals by number; new ones come last.
const REFUSALS: [HolderError; 20] = [
    HolderError::UnknownTenant,
    HolderError::NotOnShelf,
    HolderError::Ceiling,
    HolderError::Keyring,
    HolderError::OtherPower,
    HolderError::Unwarranted,
    HolderError::NotApproved,
    HolderError::LastOfficer,
    HolderError::Unreachable,
    HolderError::AlreadyReleased,
    HolderError::Stale,
    HolderError::OldCounter,
    HolderError::OldLog,
    HolderError::Unpublished,
    HolderError::Sealed,
    HolderError::TooSoon,
    HolderError::Retired,
    HolderError::Damaged,
    HolderError::ShelfTooYoung,
    HolderError::EntryTooWide,
];

impl<T: Put> Put for Result<T, HolderError> {
    fn put(&self, to: &mut Writer) {
        match self {
            Ok(value) => {
                to.array(1);
                value.put(to);
            }
            Err(error) => {
                let number = REFUSALS.iter().position(|known| known == error).unwrap_or(REFUSALS.len());
                (number as u64).put(to);
            }
        }
    }
}

impl<T: Get> Get for Result<T, HolderError> {
    fn get(from: &mut Decoder<'_>) -> Read<Self> {
        if from.datatype()? == Type::Array {
            array(from, 1)?;
            return T::get(from).map(Ok);
        }
        let number = usize::from(from.u8()?);
        REFUSALS.get(number).map(|error| Err(*error)).ok_or_else(|| Error::message("a refusal of no known kind"))
    }
}

impl Put for Key32 {
    fn put(&self, to: &mut Writer) {
        self.bytes().put(to);
    }
}

impl Get for Key32 {
    fn get(from: &mut Decoder<'_>) -> Read<Self> {
        fixed(from).map(Self::new)
    }
}

impl Put for Okm {
    fn put(&self, to: &mut Writer) {
        (Bytes(self.key()), Bytes(self.commitment())).put(to);
    }
}

impl Get for Okm {
    fn get(from: &mut Decoder<'_>) -> Read<Self> {
        array(from, 2)?;
        let mut both = Zeroizing::new([0; 64]);
        both[..32].copy_from_slice(&fixed::<32>(from)?);
        both[32..].copy_from_slice(&fixed::<32>(from)?);
        Ok(Self::new(*both))
    }
}

impl Put for Shelved {
    fn put(&self, to: &mut Writer) {
        (self.epoch, Bytes(&self.wrapped)).put(to);
    }
}

impl Get for Shelved {
    fn get(from: &mut Decoder<'_>) -> Read<Self> {
        let (epoch, Bytes(wrapped)) = Get::get(from)?;
        Ok(Self { epoch, wrapped })
    }
}

impl Put for Place {
    fn put(&self, to: &mut Writer) {
        (self.tenant, self.customer, self.field, self.instance, self.version).put(to);
    }
}

impl Get for Place {
    fn get(from: &mut Decoder<'_>) -> Read<Self> {
        let (tenant, customer, field, instance, version) = Get::get(from)?;
        Ok(Self { tenant, customer, field, instance, version })
    }
}

impl Put for Header {
    fn put(&self, to: &mut Writer) {
        (self.suite, self.epoch, self.salt).put(to);
    }
}

impl Get for Header {
    fn get(from: &mut Decoder<'_>) -> Read<Self> {
        let (suite, epoch, salt) = Get::get(from)?;
        Ok(Self { suite, epoch, salt })
    }
}
