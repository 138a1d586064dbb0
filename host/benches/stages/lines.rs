//! From bytes to what they come to: the work that is done for every line.

use std::hint::black_box;

use divan::Bencher;
use divan::counter::{BytesCount, ItemsCount};
use weir::parse::Parser;
use weir::store::Digest;
use weir::tail::LineBatch;

use super::questions::Asked;
use super::traffic::batch;

/// Runs `work` on a batch of lines again and again.
fn over_a_batch<T>(bencher: Bencher<'_, '_>, mut work: impl FnMut(&LineBatch) -> T) {
    let (batch, lines) = batch();
    // What is allocated once, and then used again, is not what is measured.
    work(&batch);
    bencher
        .counter(ItemsCount::new(lines))
        .counter(BytesCount::new(batch.bytes().len()))
        .bench_local(|| work(black_box(&batch)));
}

#[divan::bench]
fn newline_scan(bencher: Bencher<'_, '_>) {
    over_a_batch(bencher, |batch| batch.lines().count());
}

#[divan::bench]
fn parse(bencher: Bencher<'_, '_>) {
    let mut parser = Parser::new();
    over_a_batch(bencher, |batch| {
        for line in batch.lines() {
            black_box(&parser.parse(line).unwrap());
        }
    });
}

#[divan::bench]
fn parse_and_section(bencher: Bencher<'_, '_>) {
    let mut parser = Parser::new();
    over_a_batch(bencher, |batch| {
        for line in batch.lines() {
            black_box(parser.parse(line).unwrap().section());
        }
    });
}

#[divan::bench(args = [Asked::BuiltIns, Asked::TenQuestions, Asked::SixColumns])]
fn parse_and_digest(bencher: Bencher<'_, '_>, asked: Asked) {
    let (mut parser, mut digest) = (Parser::new(), Digest::new(asked.plan()));
    over_a_batch(bencher, |batch| {
        digest.clear();
        digest.extend(batch.lines().map(|line| parser.parse(line).unwrap()));
        digest.finish();
        digest.runs().len()
    });
}
