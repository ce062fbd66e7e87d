//! What a child prints: read as it comes, told line by line, its end kept.
//!
//! One pipe for stdout and stderr, so that lines stand in the order in which they were printed.
//! It is always read, and little is kept: a child that prints without end neither blocks nor
//! fills the memory.

use super::pool::Hook;
use std::collections::VecDeque;
use std::io::{self, ErrorKind, PipeWriter};
use std::os::fd::{AsFd, OwnedFd};
use std::sync::{Mutex, MutexGuard, PoisonError};
use tokio::net::unix::pipe::Receiver;

/// The lines of a run that are kept.
const LINES: usize = 64;
/// The characters of a line that are kept.
const CHARACTERS: usize = 1000;
/// So many bytes hold that many characters, whatever they are.
const BYTES: usize = 4 * CHARACTERS;
/// Read at once: what a pipe holds.
const CHUNK: usize = 64 * 1024;
/// Chunks that a finished run waits for at most: its child may print on.
const CHUNKS: usize = 16;

/// The reading end.
pub(super) struct Capture {
    pipe: Receiver,
    lines: Mutex<Lines>,
}

struct Lines {
    hook: Hook,
    begun: Vec<u8>,
    cut: bool,
    last: VecDeque<String>,
}

/// A pipe, and what reads it.
///
/// # Errors
/// No more files may be opened.
pub(super) fn pipe(hook: Hook) -> io::Result<(Capture, PipeWriter)> {
    let (reader, writer) = io::pipe()?;
    let pipe = Receiver::from_owned_fd(OwnedFd::from(reader))?;
    let lines = Lines { hook, begun: Vec::new(), cut: false, last: VecDeque::new() };
    Ok((Capture { pipe, lines: Mutex::new(lines) }, writer))
}

impl Capture {
    /// Reads until nobody holds the writing end any more.
    pub(super) async fn read(&self) {
        let mut chunk = vec![0; CHUNK];
        while self.pipe.readable().await.is_ok() {
            // Read under the lock: whoever else reads must not overtake.
            let mut lines = self.lines();
            match self.pipe.try_read(&mut chunk) {
                Ok(0) => return,
                Ok(count) => lines.add(&chunk[..count]),
                Err(error) if error.kind() == ErrorKind::WouldBlock => {}
                Err(_) => return,
            }
        }
    }

    /// Forgets the lines so far: what comes belongs to another run.
    pub(super) fn forget(&self) {
        self.lines().last.clear();
    }

    /// The last lines, with everything that had been printed by now.
    pub(super) fn take(&self) -> String {
        let mut lines = self.lines();
        let mut chunk = vec![0; CHUNK];
        for _ in 0..CHUNKS {
            // Straight from the system, which knows of what the reactor has not heard yet.
            match rustix::io::read(self.pipe.as_fd(), &mut *chunk) {
                Ok(0) | Err(_) => break,
                Ok(count) => lines.add(&chunk[..count]),
            }
        }
        lines.end();
        let kept: Vec<String> = lines.last.drain(..).collect();
        kept.join("\n")
    }

    fn lines(&self) -> MutexGuard<'_, Lines> {
        self.lines.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Lines {
    fn add(&mut self, bytes: &[u8]) {
        let mut parts = bytes.split(|byte| *byte == b'\n');
        if let Some(first) = parts.next() {
            self.extend(first);
        }
        for part in parts {
            self.line();
            self.extend(part);
        }
    }

    fn extend(&mut self, part: &[u8]) {
        let room = BYTES - self.begun.len();
        self.cut |= part.len() > room;
        self.begun.extend_from_slice(&part[..part.len().min(room)]);
    }

    /// A line that was not ended is one nevertheless.
    fn end(&mut self) {
        if !self.begun.is_empty() {
            self.line();
        }
    }

    fn line(&mut self) {
        let begun = self.begun.strip_suffix(b"\r").unwrap_or(&self.begun);
        let text = String::from_utf8_lossy(begun);
        let mut line: String = text.chars().take(CHARACTERS).collect();
        if self.cut || line.len() < text.len() {
            line.push('…');
        }
        self.begun.clear();
        self.cut = false;
        (self.hook)(&line);
        if self.last.len() == LINES {
            self.last.pop_front();
        }
        self.last.push_back(line);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Write;
    use std::sync::Arc;

    fn told() -> (Hook, Arc<Mutex<Vec<String>>>) {
        let told = Arc::new(Mutex::new(Vec::new()));
        let sink = Arc::clone(&told);
        (Arc::new(move |line: &str| sink.lock().unwrap().push(line.to_owned())), told)
    }

    #[tokio::test]
    async fn what_was_printed_by_now_is_there_without_a_line_end() {
        let (hook, told) = told();
        let (capture, mut writer) = pipe(hook).unwrap();
        writer.write_all(b"one\r\ntw\xffo\nthree").unwrap();
        assert_eq!(capture.take(), "one\ntw\u{fffd}o\nthree");
        assert_eq!(*told.lock().unwrap(), ["one", "tw\u{fffd}o", "three"]);
        writer.write_all(b"old\n").unwrap();
        capture.take();
        writer.write_all(b"new\n").unwrap();
        assert_eq!(capture.take(), "new");
    }

    #[tokio::test]
    async fn megabytes_pass_through_and_the_end_is_kept() {
        let (hook, told) = told();
        let (capture, mut writer) = pipe(hook).unwrap();
        let writing = std::thread::spawn(move || {
            writer.write_all(&vec![b'x'; 5_000_000]).unwrap();
            for nth in 0..10_000 {
                writeln!(writer, " {nth}").unwrap();
            }
        });
        capture.read().await;
        writing.join().unwrap();
        let kept = capture.take();
        assert_eq!(kept.lines().count(), LINES);
        assert_eq!(kept.lines().last(), Some(" 9999"));
        let told = told.lock().unwrap();
        assert_eq!(told.len(), 10_000);
        assert_eq!(told[0].chars().count(), CHARACTERS + 1);
        assert!(told[0].ends_with('…'));
    }
}
