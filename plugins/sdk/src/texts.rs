//! Many texts in one block, as they cross the boundary.

use std::ops::Range;

use crate::bindings::weir::monitor::types::TextBlock;

/// How many texts a turn of [`IterBytes::fold`]'s loop is for: enough to make the turn's cost a
/// small part of theirs.
const TEXTS_A_TURN: usize = 8;

/// Many texts in one block of bytes. They are UTF-8, but only those that are looked at as `str`
/// are checked, because a monitor that counts or compares them is as well served by their bytes.
#[derive(Clone, Copy, Debug, Default)]
pub struct Texts<'block> {
    /// Where the first text begins.
    start: usize,
    ends: &'block [u32],
    utf8: &'block [u8],
}

impl<'block> Texts<'block> {
    pub(crate) fn new(block: &'block TextBlock) -> Self {
        Self { start: 0, ends: &block.ends, utf8: &block.utf8 }
    }

    /// Some of the texts; none where there are not that many.
    pub(crate) fn slice(&self, texts: Range<usize>) -> Self {
        let Some(ends) = self.ends.get(texts.clone()) else { return Self::default() };
        Self { start: self.start_of(texts.start).unwrap_or(self.start), ends, utf8: self.utf8 }
    }

    /// Where text `index` begins.
    fn start_of(&self, index: usize) -> Option<usize> {
        let Some(before) = index.checked_sub(1) else { return Some(self.start) };
        self.ends.get(before).map(|&end| offset(end))
    }

    /// How many texts there are.
    pub const fn len(&self) -> usize {
        self.ends.len()
    }

    /// Whether there are none.
    pub const fn is_empty(&self) -> bool {
        self.ends.is_empty()
    }

    /// The bytes of text `index`, counted from 0.
    pub fn bytes(&self, index: usize) -> Option<&'block [u8]> {
        self.utf8.get(self.start_of(index)?..offset(*self.ends.get(index)?))
    }

    /// Text `index`, counted from 0; U+FFFD for one that is not UTF-8, which no host should send.
    pub fn get(&self, index: usize) -> Option<&'block str> {
        self.bytes(index).map(str_or_replacement)
    }

    /// Every text in its order, each as bytes. Over many texts, `for_each` and what else is built
    /// on `fold` (`sum`, `count`) take less time than a `for` loop.
    pub const fn iter_bytes(&self) -> IterBytes<'block> {
        let Self { start, ends, utf8 } = *self;
        IterBytes { start, ends, utf8 }
    }

    /// Every text in its order.
    pub fn iter(&self) -> impl Iterator<Item = &'block str> + use<'block> {
        self.iter_bytes().map(str_or_replacement)
    }
}

/// The texts of a [`Texts`] as bytes.
#[derive(Clone, Debug)]
pub struct IterBytes<'block> {
    start: usize,
    ends: &'block [u32],
    utf8: &'block [u8],
}

impl<'block> Iterator for IterBytes<'block> {
    type Item = &'block [u8];

    #[inline]
    fn next(&mut self) -> Option<&'block [u8]> {
        let (&end, rest) = self.ends.split_first()?;
        self.ends = rest;
        Some(self.cut(end))
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        (self.ends.len(), Some(self.ends.len()))
    }

    /// The host looks at every turn of a loop whether the call has lasted too long, which takes
    /// about as long as looking at a text: so a turn is for several.
    #[inline]
    fn fold<B, F>(mut self, init: B, mut f: F) -> B
    where
        F: FnMut(B, &'block [u8]) -> B,
    {
        let (turns, rest) = self.ends.as_chunks::<TEXTS_A_TURN>();
        let mut folded = init;
        for turn in turns {
            for &end in turn {
                folded = f(folded, self.cut(end));
            }
        }
        rest.iter().fold(folded, |folded, &end| f(folded, self.cut(end)))
    }
}

impl ExactSizeIterator for IterBytes<'_> {}

impl<'block> IterBytes<'block> {
    /// The text up to `end`.
    #[inline]
    fn cut(&mut self, end: u32) -> &'block [u8] {
        let end = offset(end);
        let bytes = self.utf8.get(self.start..end).unwrap_or_default();
        self.start = end;
        bytes
    }
}

fn offset(end: u32) -> usize {
    usize::try_from(end).unwrap_or(usize::MAX)
}

fn str_or_replacement(bytes: &[u8]) -> &str {
    std::str::from_utf8(bytes).unwrap_or("\u{fffd}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_are_cut_where_the_block_says() {
        let block = TextBlock { ends: vec![2, 2, 5], utf8: b"abcde".to_vec() };
        let texts = Texts::new(&block);
        assert_eq!(texts.len(), 3);
        assert_eq!(texts.iter().collect::<Vec<_>>(), ["ab", "", "cde"]);
        assert_eq!([texts.get(0), texts.get(1), texts.get(2)], [Some("ab"), Some(""), Some("cde")]);
        assert_eq!(texts.get(3), None);
    }

    #[test]
    fn some_of_the_texts_are_read_like_all_of_them() {
        let block = TextBlock { ends: vec![2, 2, 5, 6], utf8: b"abcdef".to_vec() };
        let texts = Texts::new(&block).slice(2..4);
        assert_eq!(texts.iter().collect::<Vec<_>>(), ["cde", "f"]);
        assert_eq!([texts.get(0), texts.get(1), texts.get(2)], [Some("cde"), Some("f"), None]);
        assert_eq!(Texts::new(&block).slice(0..1).iter().collect::<Vec<_>>(), ["ab"]);
        assert!(Texts::new(&block).slice(3..5).is_empty());
    }

    #[test]
    fn for_each_sees_the_texts_that_for_sees_whatever_their_number() {
        let utf8: Vec<u8> = (b'a'..=b'z').collect();
        for count in 0..=26 {
            let block = TextBlock { ends: (1..=count).collect(), utf8: utf8.clone() };
            let (mut seen_by_for, mut seen_by_for_each) = (Vec::new(), Vec::new());
            for text in Texts::new(&block).iter_bytes() {
                seen_by_for.push(text);
            }
            Texts::new(&block).iter_bytes().for_each(|text| seen_by_for_each.push(text));
            assert_eq!(seen_by_for, seen_by_for_each);
            assert_eq!(seen_by_for.concat(), utf8[..seen_by_for.len()]);
            assert_eq!(Texts::new(&block).iter_bytes().len(), seen_by_for.len());
        }
    }

    #[test]
    fn a_block_that_makes_no_sense_gives_no_text_and_no_panic() {
        let block = TextBlock { ends: vec![4, 1, 9], utf8: b"ab\xffd".to_vec() };
        let texts = Texts::new(&block);
        assert_eq!(texts.iter().collect::<Vec<_>>(), ["\u{fffd}", "", ""]);
        assert_eq!(texts.get(0), Some("\u{fffd}"));
        assert_eq!((texts.get(1), texts.get(2)), (None, None));
    }
}
