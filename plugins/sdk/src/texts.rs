//! Many texts in one block, as they cross the boundary.

use crate::bindings::weir::monitor::types::TextBlock;

/// Many texts in one block of bytes. They are UTF-8, but only those that are looked at as `str`
/// are checked, because a monitor that counts or compares them is as well served by their bytes.
#[derive(Clone, Debug, Default)]
pub struct Texts {
    ends: Vec<u32>,
    utf8: Vec<u8>,
}

impl Texts {
    pub(crate) fn new(block: TextBlock) -> Self {
        Self { ends: block.ends, utf8: block.utf8 }
    }

    /// How many texts there are.
    pub fn len(&self) -> usize {
        self.ends.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.ends.is_empty()
    }

    /// The bytes of text `index`, counted from 0.
    pub fn bytes(&self, index: usize) -> Option<&[u8]> {
        let start = match index.checked_sub(1) {
            Some(before) => *self.ends.get(before)?,
            None => 0,
        };
        let end = *self.ends.get(index)?;
        self.utf8.get(usize::try_from(start).ok()?..usize::try_from(end).ok()?)
    }

    /// Text `index`, counted from 0; U+FFFD for one that is not UTF-8, which no host should send.
    pub fn get(&self, index: usize) -> Option<&str> {
        self.bytes(index).map(|bytes| std::str::from_utf8(bytes).unwrap_or("\u{fffd}"))
    }

    /// Every text in its order, each as bytes.
    pub fn iter_bytes(&self) -> impl Iterator<Item = &[u8]> {
        let mut start = 0;
        self.ends.iter().map(move |&end| {
            let end = usize::try_from(end).unwrap_or(usize::MAX);
            let bytes = self.utf8.get(start..end).unwrap_or_default();
            start = end;
            bytes
        })
    }

    /// Every text in its order.
    pub fn iter(&self) -> impl Iterator<Item = &str> {
        self.iter_bytes().map(|bytes| std::str::from_utf8(bytes).unwrap_or("\u{fffd}"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_are_cut_where_the_block_says() {
        let texts = Texts::new(TextBlock { ends: vec![2, 2, 5], utf8: b"abcde".to_vec() });
        assert_eq!(texts.len(), 3);
        assert_eq!(texts.iter().collect::<Vec<_>>(), ["ab", "", "cde"]);
        assert_eq!([texts.get(0), texts.get(1), texts.get(2)], [Some("ab"), Some(""), Some("cde")]);
        assert_eq!(texts.get(3), None);
    }

    #[test]
    fn a_block_that_makes_no_sense_gives_no_text_and_no_panic() {
        let texts = Texts::new(TextBlock { ends: vec![4, 1, 9], utf8: b"ab\xffd".to_vec() });
        assert_eq!(texts.iter().collect::<Vec<_>>(), ["\u{fffd}", "", ""]);
        assert_eq!(texts.get(0), Some("\u{fffd}"));
        assert_eq!((texts.get(1), texts.get(2)), (None, None));
    }
}
