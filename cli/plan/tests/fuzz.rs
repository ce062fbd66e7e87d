//! Whatever stands in the two files, and in the files that they name: the parsers, the shape, the
//! resolver and the templates answer, with a place for every problem and never with a panic.
//!
//! Real manifests (this repository's, the examples' and every golden case's) are cut up into words
//! and put together otherwise: words lost, doubled, exchanged, taken from another file, cut in the
//! middle, in several files at once. Files that they name are folders, no text, or cannot be read.
//! Without more, the same cases are run every time; `SCHEDULER_FULL=1` runs for long, from another
//! seed each time; `SCHEDULER_SEED`, which a failure tells, runs one case again.

#![expect(
    clippy::unwrap_used,
    clippy::disallowed_methods,
    clippy::disallowed_macros,
    reason = "the corpus is read from the checkout"
)]

use scheduler_plan::check::{app, check};
use scheduler_plan::problem::{Problem, Severity};
use scheduler_plan::resolve::env_names;
use scheduler_plan::sources::{
    FileFact, PluginSource, Sources, WantedFile, read_manifest, read_plugin, wanted_by_app,
    wanted_by_plugin,
};
use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::hash::{BuildHasher, Hasher, RandomState};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};

const SHORT: u64 = 2_000;
const FULL: u64 = 200_000;

/// Words that no file of the corpus holds.
const ODD: &[&str] = &[
    "\"\"",
    "''",
    "\"\"\"",
    "0",
    "-1",
    "1e999",
    "9223372036854775807",
    "99999999999999999999",
    "nan",
    "inf",
    "true",
    "1979-05-27",
    "07:32:00",
    "[]",
    "{}",
    "[[",
    "]]",
    "=",
    ".",
    ",",
    "#",
    "\n",
    "\r",
    "\t",
    "\\u0000",
    "\"\\u0000\"",
    "\u{0}",
    "\u{feff}",
    "ü",
    "日本",
    "\u{202e}",
    "*",
    "../..",
    "/",
    "x=1",
    "[env]",
    "[env.local]",
    "[[env]]",
    "[service.name]",
    "[job_types]",
    "ref",
    "ssm",
];

#[test]
fn every_project_gets_an_answer() {
    let corpus = Corpus::read();
    let (first, count) = range();
    let mut seen = BTreeSet::new();
    for seed in first..first + count {
        let project = corpus.project(&mut Random::of(seed));
        seen.extend(project.kinds());
        let answered = catch_unwind(AssertUnwindSafe(|| judge(&project)));
        let why = answered.unwrap_or_else(|_| Err("it panicked".to_owned()));
        assert!(why.is_ok(), "SCHEDULER_SEED={seed}: {}\n{project:#?}", why.unwrap_err());
    }
    // One case alone has not all of them.
    if count > 1 {
        assert_eq!(
            seen,
            ["a folder", "no program", "no text", "several files", "unreadable"].into()
        );
    }
}

/// A seed is a case: the same one today and tomorrow.
#[test]
fn a_seed_gives_the_same_project_again() {
    let corpus = Corpus::read();
    for seed in [0, 1, 1999, u64::MAX / 3] {
        let told = || format!("{:?}", corpus.project(&mut Random::of(seed)));
        assert_eq!(told(), told());
    }
}

fn range() -> (u64, u64) {
    let variable = |name: &str| std::env::var(name).ok();
    let seed = variable("SCHEDULER_SEED").and_then(|seed| seed.parse().ok());
    match (seed, variable("SCHEDULER_FULL")) {
        (Some(seed), _) => (seed, 1),
        (None, Some(_)) => (fresh(), FULL),
        (None, None) => (0, SHORT),
    }
}

/// Another number at each start, with room for all cases behind it.
fn fresh() -> u64 {
    RandomState::new().build_hasher().finish() >> 1
}

/// Texts of a project.
#[derive(Debug, Clone, Default)]
struct Project {
    manifest: String,
    plugins: Vec<(String, String)>,
    /// Every file that anything may name, by its last part.
    files: BTreeMap<String, String>,
    /// What of them is something else than a text.
    odd: BTreeMap<String, FileFact>,
    /// How many files were changed.
    changed: usize,
}

fn judge(project: &Project) -> Result<(), String> {
    let sources = sources(project);
    let problems = check(&sources);
    if problems != check(&self::sources(project)) {
        return Err("two looks at the same project differ".to_owned());
    }
    let mut all = sources.problems.clone();
    all.extend(problems);
    all.iter().try_for_each(|problem| is_placed(problem, project))?;
    for env in env_names(&sources) {
        let checked = app(&sources, &env);
        let errors = checked.problems.iter().any(|one| one.severity == Severity::Error);
        match checked.decided {
            Some(_) if errors => return Err(format!("env {env} was decided with an error")),
            // What passes has a plan that can be told.
            Some(decided) => drop(decided.plan.summary(&decided.drafts)),
            None if !errors => return Err(format!("env {env} is refused, and nothing says why")),
            None => {}
        }
    }
    Ok(())
}

fn sources(project: &Project) -> Sources {
    let (written, mut problems) = read_manifest("scheduler.toml", &project.manifest);
    let mut plugins = Vec::new();
    for (name, text) in &project.plugins {
        let dir = format!("plugins/{name}");
        let (written, found) = read_plugin(&format!("{dir}/plugin.toml"), text);
        problems.extend(found);
        let files = project.facts(&wanted_by_plugin(&written.value));
        plugins.push(PluginSource { dir, written, files });
    }
    let files = project.facts(&wanted_by_app(&written));
    Sources { app: written, files, plugins, problems }
}

impl Project {
    fn facts(&self, wanted: &[WantedFile]) -> BTreeMap<String, FileFact> {
        wanted.iter().map(|file| (file.path.clone(), self.fact(file))).collect()
    }

    fn fact(&self, file: &WantedFile) -> FileFact {
        let name = file.path.rsplit('/').next().unwrap_or_default();
        match (self.files.get(name), file.text) {
            _ if self.odd.contains_key(name) => self.odd[name].clone(),
            (Some(text), true) => FileFact::Text(text.clone()),
            (Some(_), false) => FileFact::Present { executable: true },
            (None, _) => FileFact::Missing,
        }
    }

    /// What is special about it.
    fn kinds(&self) -> Vec<&'static str> {
        let odd = self.odd.values().map(|fact| match fact {
            FileFact::Folder => "a folder",
            FileFact::NotUtf8 { .. } => "no text",
            FileFact::Unreadable(_) => "unreadable",
            _ => "no program",
        });
        odd.chain((self.changed > 1).then_some("several files")).collect()
    }

    fn text(&self, path: &str) -> Option<&str> {
        if path == "scheduler.toml" {
            return Some(&self.manifest);
        }
        let plugin =
            self.plugins.iter().find(|(name, _)| path == format!("plugins/{name}/plugin.toml"));
        let named = || self.files.get(path.rsplit('/').next().unwrap_or_default());
        plugin.map(|(_, text)| text.as_str()).or_else(|| named().map(String::as_str))
    }
}

/// Its place is one of the file that it names.
fn is_placed(problem: &Problem, project: &Project) -> Result<(), String> {
    let place = &problem.place;
    let lines = project.text(&place.path).map_or(1, |text| text.matches('\n').count() + 1);
    match (1..=lines).contains(&place.line) && place.column >= 1 && !problem.what.is_empty() {
        true => Ok(()),
        false => Err(format!("{problem} lies outside of its file, which has {lines} lines")),
    }
}

/// Everything that projects are put together from.
struct Corpus {
    projects: Vec<Project>,
    words: Vec<String>,
}

impl Corpus {
    fn read() -> Self {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
        let mut projects: Vec<_> =
            folders(&root.join("examples")).iter().map(|p| read(p)).collect();
        let cases = folders(&root.join("tests/golden"));
        projects.extend(cases.iter().map(|case| read(&case.join("project"))));
        projects.retain(|project| !project.manifest.is_empty());
        let texts = projects.iter().flat_map(|project| {
            let plugins = project.plugins.iter().map(|(_, text)| text);
            std::iter::once(&project.manifest).chain(plugins)
        });
        let mut words: Vec<String> = texts.flat_map(|text| split(text)).collect();
        words.sort();
        words.dedup();
        words.extend(ODD.iter().map(|word| (*word).to_owned()));
        assert!(projects.len() > 50 && words.len() > 300, "the corpus is not there");
        Self { projects, words }
    }

    fn project(&self, random: &mut Random) -> Project {
        let mut project = self.projects[random.below(self.projects.len())].clone();
        // Mostly one mistake, so that what follows a file that cannot be read is looked at, too.
        project.changed = [1, 1, 1, 2, 3][random.below(5)];
        for _ in 0..project.changed {
            self.change(&mut project, random);
        }
        if random.below(4) == 0 {
            let names: Vec<_> = project.files.keys().cloned().collect();
            let named = FILES.get(random.below(FILES.len() + names.len())).copied();
            let name = named.map(str::to_owned).or_else(|| names.first().cloned());
            project.odd.extend(name.map(|name| (name, odd(random))));
        }
        project
    }

    fn change(&self, project: &mut Project, random: &mut Random) {
        let which = random.below(project.plugins.len() + project.files.len() + 1);
        let plugins = project.plugins.len();
        if which == 0 {
            project.manifest = self.mutated(&project.manifest, random);
        } else if let Some((_, text)) = project.plugins.get_mut(which - 1) {
            *text = self.mutated(text, random);
        } else if let Some(text) = project.files.values_mut().nth(which - 1 - plugins) {
            *text = self.mutated(text, random);
        }
    }

    fn mutated(&self, text: &str, random: &mut Random) -> String {
        let mut words = split(text);
        for _ in 0..=random.below(4) {
            let at = random.below(words.len() + 1);
            let other = self.words[random.below(self.words.len())].clone();
            match random.below(6) {
                0 if at < words.len() => drop(words.remove(at)),
                1 if at < words.len() => words.insert(at, words[at].clone()),
                2 if at < words.len() => words[at] = other,
                3 if at < words.len() => {
                    let with = random.below(words.len());
                    words.swap(at, with);
                }
                4 => words.truncate(at),
                _ => words.insert(at, other),
            }
        }
        let text = words.concat();
        let is_cut = random.below(20) == 0;
        let end = if is_cut { random.below(text.len() + 1) } else { text.len() };
        (0..=end).rev().find_map(|end| text.get(..end)).unwrap_or_default().to_owned()
    }
}

/// Files that manifests name, or that stand beside those that they name.
const FILES: &[&str] = &[
    "Cargo.toml",
    "code.zip",
    "handler.py",
    "job.schema.json",
    "package-lock.json",
    "package.json",
    "plugin.schema.json",
    "requirements.txt",
    "resources.json.j2",
    "scheduler.schema.json",
];

/// A file that is none, or none that can be read.
fn odd(random: &mut Random) -> FileFact {
    match random.below(4) {
        0 => FileFact::Folder,
        1 => FileFact::NotUtf8 { line: 1, column: 1 + random.below(9) },
        2 => FileFact::Unreadable("Permission denied".to_owned()),
        _ => FileFact::Present { executable: false },
    }
}

/// Runs of letters and digits, and everything else one by one.
fn split(text: &str) -> Vec<String> {
    let mut words: Vec<String> = Vec::new();
    let mut in_word = false;
    for letter in text.chars() {
        let is_word = letter.is_alphanumeric() || letter == '_' || letter == '-';
        match words.last_mut() {
            Some(word) if is_word && in_word => word.push(letter),
            _ => words.push(letter.to_string()),
        }
        in_word = is_word;
    }
    words
}

fn folders(parent: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(parent).unwrap().map(|entry| entry.unwrap().path());
    let mut folders: Vec<_> = entries.filter(|path| path.is_dir()).collect();
    folders.sort();
    folders
}

/// What of a project is text; a case of files that are none lends the rest.
fn read(folder: &Path) -> Project {
    let text = |path: PathBuf| fs::read_to_string(path).unwrap_or_default();
    let mut project =
        Project { manifest: text(folder.join("scheduler.toml")), ..Project::default() };
    let plugins = folder.join("plugins");
    let below = if plugins.is_dir() { folders(&plugins) } else { Vec::new() };
    for plugin in below {
        let name = plugin.file_name().unwrap().to_string_lossy().into_owned();
        project.plugins.push((name, text(plugin.join("plugin.toml"))));
        for entry in fs::read_dir(&plugin).unwrap() {
            let path = entry.unwrap().path();
            let name = path.file_name().unwrap().to_string_lossy().into_owned();
            if path.is_file() && name != "plugin.toml" {
                project.files.insert(name, text(path));
            }
        }
    }
    project
}

/// Marsaglia's xorshift64.
struct Random(u64);

impl Random {
    fn of(seed: u64) -> Self {
        Self(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1)
    }

    fn below(&mut self, end: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 >> 16).unwrap_or_default() % end.max(1)
    }
}
