//! A distribution as counts in buckets whose width grows with their values.
//!
//! After Masson, Rim and Lee, "`DDSketch`: A Fast and Fully-Mergeable Quantile Sketch with
//! Relative-Error Guarantees", PVLDB 12(12), 2019, with the mapping that their section 2.4 suggests
//! for speed: between two powers of two the buckets are equally wide, so that a bucket's number is
//! made of the value's leading bits and takes no logarithm. Counts can be added and taken away,
//! which is what a sliding window needs.

/// Buckets to each doubling. A bucket is at most 1/64 of its values wide, and its middle at most
/// 1/128 off: within 1 %.
const BUCKETS_PER_DOUBLING_BITS: u32 = 6;

/// How many numbers of buckets there are.
pub(crate) const BUCKETS: u32 = (64 - BUCKETS_PER_DOUBLING_BITS + 1) << BUCKETS_PER_DOUBLING_BITS;

/// The number of the bucket that holds a value; values below 128 have buckets of their own.
#[inline]
#[expect(clippy::cast_possible_truncation, reason = "seven bits are left")]
pub(crate) const fn bucket(value: u64) -> u32 {
    let doublings = (value | 1).ilog2().saturating_sub(BUCKETS_PER_DOUBLING_BITS);
    (doublings << BUCKETS_PER_DOUBLING_BITS) + (value >> doublings) as u32
}

/// The value that stands for a bucket: its middle.
#[expect(clippy::cast_precision_loss, reason = "far more precise than the bucket is wide")]
pub(crate) fn middle(bucket: u32) -> f64 {
    let doublings = (bucket >> BUCKETS_PER_DOUBLING_BITS).saturating_sub(1);
    let leading = u64::from(bucket - (doublings << BUCKETS_PER_DOUBLING_BITS));
    let lowest = leading << doublings;
    lowest as f64 + ((1_u64 << doublings) - 1) as f64 / 2.0
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn small_values_are_exact() {
        for value in 0..128_u32 {
            let error = middle(bucket(value.into())) - f64::from(value);
            assert!(error.abs() < f64::EPSILON, "{value}");
        }
    }

    #[test]
    fn the_greatest_value_has_the_last_bucket() {
        assert_eq!(bucket(u64::MAX), BUCKETS - 1);
    }

    proptest! {
        #[test]
        #[expect(clippy::cast_precision_loss, reason = "1 % is asked for")]
        fn a_bucket_is_within_one_percent(shift in 0..64_u32, value in any::<u64>()) {
            let value = value >> shift;
            let error = (middle(bucket(value)) - value as f64).abs();
            prop_assert!(error <= value as f64 * 0.01, "{} for {}", middle(bucket(value)), value);
        }

        #[test]
        fn greater_values_have_no_smaller_buckets(shift in 0..64_u32, value in any::<u64>()) {
            let value = value >> shift;
            prop_assert!(bucket(value) <= bucket(value.saturating_add(1)));
        }
    }
}
