//! What `--watch` looks at.

use crate::build;
use crate::load;
use scheduler_plan::app::App;
use scheduler_plan::unit::BuildUnit;
use std::path::{Path, PathBuf};

/// What `--watch` looks at: the project, and the inputs that lie elsewhere.
#[derive(Debug, Clone)]
pub(super) struct Watched {
    project: PathBuf,
    /// What is written there is no change of the project.
    data_dir: PathBuf,
    inside: u64,
    pub(super) outside: Outside,
}

/// Inputs outside of the project, and what they looked like.
#[derive(Debug, Clone, Default)]
pub(super) struct Outside {
    places: Vec<PathBuf>,
    seen: u64,
}

impl Watched {
    pub(super) fn new(project: &Path, data_dir: &Path) -> Self {
        let (project, data_dir) = (project.to_path_buf(), project.join(data_dir));
        Self { project, data_dir, inside: 0, outside: Outside::default() }
    }

    /// Looks again; whether something is different.
    pub(super) fn look(&mut self) -> bool {
        let inside = load::signature(std::slice::from_ref(&self.project), &self.data_dir);
        let seen = load::signature(&self.outside.places, &self.data_dir);
        let before = (std::mem::replace(&mut self.inside, inside), self.outside.seen);
        self.outside.seen = seen;
        before != (inside, seen)
    }

    /// What plugins and their zips are made of and does not lie in the project.
    pub(super) fn beyond(&self, app: &App, units: &[BuildUnit]) -> Outside {
        let mut places = build::places(&self.project, units);
        let folder = |dir: &str| self.project.join(dir).canonicalize().ok();
        places.extend(app.plugins.iter().filter_map(|plugin| folder(&plugin.dir)));
        let outside = places.into_iter().filter(|place| !place.starts_with(&self.project));
        let places: Vec<PathBuf> = outside.collect();
        let seen = load::signature(&places, &self.data_dir);
        Outside { places, seen }
    }
}
