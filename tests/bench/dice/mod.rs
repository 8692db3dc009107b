//! Chance that repeats itself, and sizes as collections have them.
#![allow(dead_code, reason = "each bench uses what it needs")]

#[path = "../../disks/chance.rs"]
mod chance;

pub use chance::Chance;
use std::f64::consts::TAU;

/// A number of the log-normal distribution with this median; `deviation` is that of its logarithm.
pub fn log_normal(chance: &mut Chance, median: f64, deviation: f64) -> f64 {
    median * (deviation * normal(chance)).exp()
}

/// A number of the standard normal distribution, by Box and Muller.
fn normal(chance: &mut Chance) -> f64 {
    let mut uniform = || (chance.next() >> 11) as f64 / (1u64 << 53) as f64;
    let (a, b) = (1.0 - uniform(), uniform());
    (-2.0 * a.ln()).sqrt() * (TAU * b).cos()
}
