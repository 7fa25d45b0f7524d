//! Values and rows, the same of both databases.
//! Promises: a column that is not of the kind that is asked for is a fault, never another value.
//! Must not know: connections.

use crate::store::StoreFault;

/// What is put in.
#[derive(Clone, Copy)]
pub enum Value<'a> {
    /// Nothing.
    Null,
    /// A number.
    Int(i64),
    /// Bytes.
    Bytes(&'a [u8]),
    /// Words.
    Text(&'a str),
}

impl std::fmt::Debug for Value<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        // Some are secrets.
        f.write_str("Value")
    }
}

impl From<i64> for Value<'_> {
    fn from(number: i64) -> Self {
        Value::Int(number)
    }
}

impl From<u64> for Value<'_> {
    /// What is beyond 63 bits is the last number of them.
    fn from(number: u64) -> Self {
        Value::Int(i64::try_from(number).unwrap_or(i64::MAX))
    }
}

impl From<u32> for Value<'_> {
    fn from(number: u32) -> Self {
        Value::Int(number.into())
    }
}

impl From<u8> for Value<'_> {
    fn from(number: u8) -> Self {
        Value::Int(number.into())
    }
}

impl From<u16> for Value<'_> {
    fn from(number: u16) -> Self {
        Value::Int(number.into())
    }
}

impl<'a> From<&'a str> for Value<'a> {
    fn from(words: &'a str) -> Self {
        Value::Text(words)
    }
}

impl<'a> From<&'a String> for Value<'a> {
    fn from(words: &'a String) -> Self {
        Value::Text(words)
    }
}

impl<'a> From<&'a [u8]> for Value<'a> {
    fn from(bytes: &'a [u8]) -> Self {
        Value::Bytes(bytes)
    }
}

impl<'a> From<&'a Vec<u8>> for Value<'a> {
    fn from(bytes: &'a Vec<u8>) -> Self {
        Value::Bytes(bytes)
    }
}

impl<'a, const N: usize> From<&'a [u8; N]> for Value<'a> {
    fn from(bytes: &'a [u8; N]) -> Self {
        Value::Bytes(bytes)
    }
}

/// Values of different kinds, in order.
#[macro_export]
macro_rules! values {
    ($($value:expr),* $(,)?) => { &[$($crate::store::db::Value::from($value)),*] };
}

/// What comes out.
#[derive(Clone, PartialEq, Eq)]
pub(super) enum Cell {
    Null,
    Int(i64),
    Bytes(Vec<u8>),
    Text(String),
}

/// A row.
pub struct Row(pub(super) Vec<Cell>);

impl std::fmt::Debug for Row {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Row({})", self.0.len())
    }
}

impl Row {
    /// A column of it, from 0.
    ///
    /// # Errors
    /// [`StoreFault::Form`].
    pub fn get<T: Column>(&self, at: usize) -> Result<T, StoreFault> {
        self.0.get(at).and_then(T::read).ok_or(StoreFault::Form)
    }
}

/// What a column can be read as.
pub trait Column: Sized + sealed::Read {}

impl<T: sealed::Read> Column for T {}

mod sealed {
    use super::Cell;

    pub trait Read: Sized {
        /// `None` if it is of another kind.
        #[expect(private_interfaces, reason = "nobody outside has a cell")]
        fn read(cell: &Cell) -> Option<Self>;
    }
}

macro_rules! read {
    ($($kind:ty: $cell:pat => $read:expr),* $(,)?) => { $(
        impl sealed::Read for $kind {
            #[expect(private_interfaces, reason = "nobody outside has a cell")]
            fn read(cell: &Cell) -> Option<Self> {
                match cell {
                    $cell => $read,
                    _ => None,
                }
            }
        }
    )* };
}

read! {
    i64: Cell::Int(number) => Some(*number),
    u64: Cell::Int(number) => Some(u64::try_from(*number).unwrap_or(0)),
    u32: Cell::Int(number) => u32::try_from(*number).ok(),
    u8: Cell::Int(number) => u8::try_from(*number).ok(),
    bool: Cell::Int(number) => Some(*number != 0),
    String: Cell::Text(words) => Some(words.clone()),
    Vec<u8>: Cell::Bytes(bytes) => Some(bytes.clone()),
}

impl<const N: usize> sealed::Read for [u8; N] {
    #[expect(private_interfaces, reason = "nobody outside has a cell")]
    fn read(cell: &Cell) -> Option<Self> {
        match cell {
            Cell::Bytes(bytes) => bytes.as_slice().try_into().ok(),
            _ => None,
        }
    }
}

impl<T: sealed::Read> sealed::Read for Option<T> {
    #[expect(private_interfaces, reason = "nobody outside has a cell")]
    fn read(cell: &Cell) -> Option<Self> {
        match cell {
            Cell::Null => Some(None),
            other => T::read(other).map(Some),
        }
    }
}
