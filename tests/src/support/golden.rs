//! Files that hold what is expected, word for word, and one variable to write them anew.

use crate::outcome::Outcome;
use std::path::Path;
use std::{env, fs};

/// What differs, told for a person; nothing where it is as expected. With `UPDATE_GOLDEN=1` the
/// file is written instead.
///
/// # Errors
/// A file that cannot be written.
pub fn compare(expected: &Path, said: &str) -> Outcome<Option<String>> {
    let name = expected.display();
    if env::var_os("UPDATE_GOLDEN").is_some_and(|set| set == "1") {
        if let Some(folder) = expected.parent() {
            fs::create_dir_all(folder)?;
        }
        fs::write(expected, said)?;
        return Ok(None);
    }
    let Ok(wanted) = fs::read_to_string(expected) else {
        return Ok(Some(format!("{name} is missing; it would hold\n{said}")));
    };
    if wanted == said {
        return Ok(None);
    }
    let differs = wanted.lines().zip(said.lines()).position(|(wanted, said)| wanted != said);
    let shorter = wanted.lines().count().min(said.lines().count());
    let line = differs.unwrap_or(shorter) + 1;
    Ok(Some(format!("{name}:{line}: not as expected\n--- expected\n{wanted}--- said\n{said}")))
}
