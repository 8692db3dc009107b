//! How much is read of what others may have written: bounds against hostile input, well above what
//! any archive of one household needs.

use serde::de::{Deserialize, Deserializer, Error, SeqAccess, Visitor};
use std::fmt;
use std::marker::PhantomData;

/// The most bytes of a plan, an index or a journal.
///
/// A move takes some 350 bytes in a plan and less in a journal, and a file some 250 in an index:
/// this is room for more than ten million.
pub const MAX_BYTES: u64 = 4 << 30;

/// The most bytes of the volumes' events: a hundred thousand discs with ten events each.
pub const MAX_VOLUMES_BYTES: u64 = 128 << 20;

/// The most moves of a plan, and the most items of any other list in a plan or an index.
///
/// Without it a few bytes of text for each item could ask for many times their size in memory.
pub const MAX_ITEMS: usize = 16_000_000;

/// Reads a list that is no longer than [`MAX_ITEMS`]; a longer one is read no further.
///
/// # Errors
/// Where it is longer, or an item cannot be read.
pub fn list<'de, D, T>(deserializer: D) -> Result<Vec<T>, D::Error>
where
    D: Deserializer<'de>,
    T: Deserialize<'de>,
{
    deserializer.deserialize_seq(Bounded::<T> {
        most: MAX_ITEMS,
        item: PhantomData,
    })
}

struct Bounded<T> {
    most: usize,
    item: PhantomData<T>,
}

impl<'de, T: Deserialize<'de>> Visitor<'de> for Bounded<T> {
    type Value = Vec<T>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "a list of at most {} items", self.most)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Vec<T>, A::Error> {
        let mut list = Vec::new();
        while let Some(item) = items.next_element()? {
            if list.len() == self.most {
                return Err(A::Error::custom(format_args!(
                    "a list of more than {} items",
                    self.most
                )));
            }
            list.push(item);
        }
        Ok(list)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_longer_list_is_read_no_further() {
        let read = |text: &str| {
            let bounded = Bounded::<u8> {
                most: 2,
                item: PhantomData,
            };
            serde_json::Deserializer::from_str(text).deserialize_seq(bounded)
        };
        assert_eq!(read("[1, 2]").unwrap(), [1, 2]);
        // What follows the item that is too many is not even JSON.
        let error = read("[1, 2, 3, !").unwrap_err().to_string();
        assert!(error.contains("a list of more than 2 items"), "{error}");
    }
}
