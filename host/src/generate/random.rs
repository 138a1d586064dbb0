//! Numbers that look random and follow from a seed.

/// The `SplitMix64` generator of Steele, Lea and Flood, "Fast Splittable Pseudorandom Number
/// Generators" (OOPSLA 2014), with the constants of Vigna's public-domain version: 64 bits of
/// state, every seed as good as another, far better than traffic needs.
#[derive(Clone, Debug)]
pub(super) struct SplitMix64(u64);

impl SplitMix64 {
    pub(super) const fn new(seed: u64) -> Self {
        Self(seed)
    }

    /// The next 64 bits.
    pub(super) const fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// A number below `bound`, by multiplication instead of division (Lemire, "Fast Random Integer
    /// Generation in an Interval", 2019), without its correction of a bias below 2^-32.
    pub(super) fn below(&mut self, bound: u32) -> u32 {
        let product = (self.next() >> 32) * u64::from(bound);
        u32::try_from(product >> 32).unwrap_or(0)
    }
}

/// Picks an index with a fixed weight for each.
#[derive(Clone, Debug)]
pub(super) struct Weighted {
    /// The sums of the weights up to each index, the last one the whole.
    sums: Vec<u32>,
}

impl Weighted {
    /// Weights for each index; zero is never picked.
    pub(super) fn new(weights: impl IntoIterator<Item = u32>) -> Self {
        let sums = weights.into_iter().scan(0_u32, |sum, weight| {
            *sum = sum.saturating_add(weight);
            Some(*sum)
        });
        Self { sums: sums.collect() }
    }

    /// Zipf's law, by which the popularity of pages and clients falls: the n-th of `count` gets a
    /// share of 1/n (Breslau et al., "Web Caching and Zipf-like Distributions", 1999).
    pub(super) fn zipf(count: u32) -> Self {
        const FIRST: u32 = 1 << 20;
        Self::new((1..=count).map(|rank| FIRST / rank))
    }

    /// The next index.
    pub(super) fn pick(&self, random: &mut SplitMix64) -> usize {
        let whole = self.sums.last().copied().unwrap_or(0);
        let drawn = random.below(whole);
        self.sums.partition_point(|&sum| sum <= drawn)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_generator_gives_the_published_numbers() {
        let mut random = SplitMix64::new(1_234_567);
        let numbers = [random.next(), random.next(), random.next()];
        assert_eq!(
            numbers,
            [6_457_827_717_110_365_317, 3_203_168_211_198_807_973, 9_817_491_932_198_370_423]
        );
    }

    #[test]
    fn indices_come_as_often_as_their_weights_say() {
        let weighted = Weighted::new([3, 0, 1]);
        let mut random = SplitMix64::new(1);
        let mut counts = [0_u32; 3];
        for _ in 0..40_000 {
            counts[weighted.pick(&mut random)] += 1;
        }
        assert!(counts[0].abs_diff(30_000) < 600, "{counts:?}");
        assert_eq!(counts[1], 0);
    }

    #[test]
    fn the_second_rank_of_zipf_comes_half_as_often_as_the_first() {
        let weighted = Weighted::zipf(100);
        let mut random = SplitMix64::new(1);
        let mut counts = [0_u32; 100];
        for _ in 0..100_000 {
            counts[weighted.pick(&mut random)] += 1;
        }
        assert!((counts[1] * 2).abs_diff(counts[0]) < 1_000, "{counts:?}");
        assert!(counts.iter().all(|&count| count > 0), "{counts:?}");
    }
}
