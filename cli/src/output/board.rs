//! What is under way right now: on a terminal a bar each, at its foot; elsewhere a line now and
//! then.
//!
//! In: the calls of the progress port, and everything that is printed meanwhile. Out: bars on
//! stderr, or lines for the caller to print. Deliberately absent: which tasks there are.

use indicatif::{MultiProgress, ProgressBar, ProgressStyle};
use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, OnceLock, PoisonError};
use std::time::{Duration, Instant};

/// How often a bar moves though nothing happens.
const TICK: Duration = Duration::from_millis(120);
/// The spinner, what is done, for how long, and as much of the last news as the line holds.
const BAR: &str = "{spinner} {prefix}  {elapsed}  {wide_msg}";

/// The tasks of this process: a terminal has one foot only.
pub(super) fn board() -> &'static Board {
    static BOARD: OnceLock<Board> = OnceLock::new();
    BOARD.get_or_init(Board::default)
}

/// The tasks that are under way.
#[derive(Default)]
pub(super) struct Board {
    bars: MultiProgress,
    tasks: Mutex<BTreeMap<String, Task>>,
}

enum Task {
    Bar(ProgressBar),
    Line { what: String, began: Instant, pulse: Pulse },
}

impl Board {
    /// A bar for the task.
    pub(super) fn show(&self, task: &str, what: &str) {
        let bar = self.bars.add(ProgressBar::new_spinner());
        if let Ok(style) = ProgressStyle::with_template(BAR) {
            bar.set_style(style);
        }
        bar.set_prefix(what.to_owned());
        bar.enable_steady_tick(TICK);
        self.put(task, Task::Bar(bar));
    }

    /// No bar: [`Board::news`] answers lines for it.
    pub(super) fn note(&self, task: &str, what: &str) {
        let (what, began, pulse) = (what.to_owned(), Instant::now(), Pulse::default());
        self.put(task, Task::Line { what, began, pulse });
    }

    /// Moves the task's bar; where it has none, the line that is due.
    pub(super) fn news(&self, task: &str, detail: &str) -> Option<String> {
        match self.tasks().get_mut(task)? {
            Task::Bar(bar) => {
                bar.set_message(detail.to_owned());
                None
            }
            Task::Line { what, began, pulse } => {
                let elapsed = began.elapsed();
                let seconds = elapsed.as_secs();
                let news = if detail.is_empty() { "" } else { ": " };
                pulse.beats(elapsed).then(|| format!("still {what}, {seconds} s{news}{detail}"))
            }
        }
    }

    /// The task is over.
    pub(super) fn take(&self, task: &str) {
        let task = self.tasks().remove(task);
        task.inspect(|task| self.clear(task));
    }

    /// All tasks are over: nothing of them stays on the terminal.
    pub(super) fn take_all(&self) {
        let tasks = std::mem::take(&mut *self.tasks());
        tasks.values().for_each(|task| self.clear(task));
    }

    /// Prints with the bars out of the way.
    pub(super) fn aside<T>(&self, print: impl FnOnce() -> T) -> T {
        let bars = self.tasks().values().any(|task| matches!(task, Task::Bar(_)));
        if bars { self.bars.suspend(print) } else { print() }
    }

    fn put(&self, name: &str, task: Task) {
        let before = self.tasks().insert(name.to_owned(), task);
        before.inspect(|task| self.clear(task));
    }

    fn clear(&self, task: &Task) {
        if let Task::Bar(bar) = task {
            bar.finish_and_clear();
            self.bars.remove(bar);
        }
    }

    fn tasks(&self) -> MutexGuard<'_, BTreeMap<String, Task>> {
        self.tasks.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// When a long task is heard of: after 10 s, and from then on after pauses that double up to five
/// minutes.
struct Pulse {
    next: Duration,
    pause: Duration,
}

impl Default for Pulse {
    fn default() -> Self {
        let first = Duration::from_secs(10);
        Self { next: first, pause: first }
    }
}

impl Pulse {
    const LONGEST: Duration = Duration::from_secs(300);

    fn beats(&mut self, elapsed: Duration) -> bool {
        if elapsed < self.next {
            return false;
        }
        self.pause = (self.pause * 2).min(Self::LONGEST);
        self.next = elapsed + self.pause;
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_long_task_is_heard_of_the_more_seldom_the_longer_it_takes() {
        let mut pulse = Pulse::default();
        let seconds = (0..=1500).filter(|second| pulse.beats(Duration::from_secs(*second)));
        assert_eq!(seconds.collect::<Vec<_>>(), [10, 30, 70, 150, 310, 610, 910, 1210]);
    }

    #[test]
    fn a_task_without_a_bar_tells_what_it_does_and_for_how_long() {
        let board = Board::default();
        board.note("mail", "building `mail`");
        assert_eq!(board.news("mail", "Compiling ring"), None);
        let mut tasks = board.tasks();
        let Some(Task::Line { pulse, .. }) = tasks.get_mut("mail") else { panic!("no task") };
        pulse.next = Duration::ZERO;
        drop(tasks);
        let told = board.news("mail", "Compiling ring");
        assert_eq!(told.as_deref(), Some("still building `mail`, 0 s: Compiling ring"));
        board.take("mail");
        assert_eq!(board.news("mail", "Compiling ring"), None);
    }
}
