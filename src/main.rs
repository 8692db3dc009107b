//! The program; see the library for the picture.

fn main() {}
