//! The only place of this crate that prints.

/// One line to standard output.
#[expect(clippy::print_stdout, reason = "the programs of this crate speak to a person")]
pub fn line(text: &str) {
    println!("{text}");
}
