//! Projects of any size, whose plugins need no compiler.
//!
//! Three kinds of plugin take turns: one packaged by a script, with a queue and state; one whose
//! zip is there, direct; one with a zip, mail and resources of its own.

use scheduler_tests::outcome::Outcome;
use std::fs;
use std::io::Write;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use tempfile::TempDir;
use zip::write::SimpleFileOptions;

/// The env of every command that wants one. With no env written, `dev` and `prod` exist.
pub(crate) const ENV: &str = "dev";

const MANIFEST: &str = "[service]\nname = \"figures\"\n";

const SCRIPT: &str = "#!/bin/sh
set -e
mkdir -p .packaging/result
cp packaged.zip .packaging/result/lambda.zip
";

const SCHEMA: &str = r#"{
  "type": "object",
  "properties": {
    "url": { "type": "string", "format": "uri", "title": "Address" },
    "attempts": { "type": "integer", "minimum": 1, "maximum": 10, "default": 3 },
    "labels": { "type": "array", "items": { "type": "string" }, "maxItems": 20 }
  },
  "required": ["url"]
}
"#;

const RESOURCES: &str = r#"{
  "Resources": {
    "Archive": {
      "Type": "AWS::SQS::Queue",
      "Properties": {
        "QueueName": { "Fn::Join": ["-", [<< prefix >>, "archive", << plugin >>]] }
      }
    }
  }
}
"#;

/// A project that goes when it is dropped.
#[derive(Debug)]
pub(crate) struct Project {
    folder: TempDir,
    /// How many plugins it has.
    pub(crate) size: usize,
}

impl Project {
    /// A project with so many plugins.
    ///
    /// # Errors
    /// A file that cannot be written.
    pub(crate) fn new(size: usize) -> Outcome<Self> {
        let project = Self { folder: tempfile::tempdir()?, size };
        fs::write(project.path().join("scheduler.toml"), MANIFEST)?;
        let plugins = project.path().join("plugins");
        for nth in 0..size {
            plugin(&plugins.join(format!("plugin-{nth:03}")), nth)?;
        }
        Ok(project)
    }

    /// Its folder.
    pub(crate) fn path(&self) -> &Path {
        self.folder.path()
    }

    /// Where the tool leaves what it made.
    pub(crate) fn made(&self) -> PathBuf {
        self.path().join(".scheduler")
    }

    /// Changes one source file of one plugin, each time to something else.
    ///
    /// # Errors
    /// A file that cannot be written.
    pub(crate) fn touch(&self, time: usize) -> Outcome {
        let file = self.path().join("plugins/plugin-000/handler.py");
        Ok(fs::write(file, handler(&format!("change {time}")))?)
    }
}

fn plugin(folder: &Path, nth: usize) -> Outcome {
    fs::create_dir_all(folder)?;
    fs::write(folder.join("job.schema.json"), SCHEMA)?;
    fs::write(folder.join("handler.py"), handler("as written"))?;
    let rest = match nth % 3 {
        0 => packaged(folder)?,
        1 => direct(folder)?,
        _ => with_resources(folder)?,
    };
    let manifest = format!(
        "[plugin]\ndescription = \"Number {nth}\"\n\n[job_types.type_{nth:03}]\n\
         title = \"Number {nth}\"\nschema = \"job.schema.json\"\n\n{rest}"
    );
    Ok(fs::write(folder.join("plugin.toml"), manifest)?)
}

fn packaged(folder: &Path) -> Outcome<&'static str> {
    let script = folder.join("package");
    fs::write(&script, SCRIPT)?;
    fs::set_permissions(&script, fs::Permissions::from_mode(0o755))?;
    zip(&folder.join("packaged.zip"))?;
    Ok("[build]\nkind = \"command\"\nrun = \"package\"\nzip = \".packaging/result/lambda.zip\"\n\n\
        [consumer]\nruntime = \"python3.12\"\nhandler = \"handler.handle\"\nmemory_mb = 256\n\
        environment = { LEVEL = \"info\" }\nstate = { expire_days = 30 }\n")
}

fn direct(folder: &Path) -> Outcome<&'static str> {
    zip(&folder.join("code.zip"))?;
    Ok("[build]\nkind = \"zip\"\nzip = \"code.zip\"\n\n\
        [consumer]\nruntime = \"python3.12\"\nhandler = \"handler.handle\"\nbuffer = \"none\"\n")
}

fn with_resources(folder: &Path) -> Outcome<&'static str> {
    zip(&folder.join("code.zip"))?;
    fs::write(folder.join("resources.json.j2"), RESOURCES)?;
    Ok("[build]\nkind = \"zip\"\nzip = \"code.zip\"\n\n\
        [consumer]\nruntime = \"python3.12\"\nhandler = \"handler.handle\"\n\
        mail = { from = \"monitor@example.com\" }\n\
        environment = { ARCHIVE = { ref = \"Archive\" } }\n\n\
        [resources]\ntemplate = \"resources.json.j2\"\n")
}

fn handler(note: &str) -> String {
    format!("# {note}\ndef handle(event, context):\n    return {{\"batchItemFailures\": []}}\n")
}

/// A zip of some kilobytes.
fn zip(path: &Path) -> Outcome {
    let mut zip = zip::ZipWriter::new(fs::File::create(path)?);
    for nth in 0..4 {
        zip.start_file(format!("part_{nth}.py"), SimpleFileOptions::default())?;
        zip.write_all(handler("a part").repeat(20).as_bytes())?;
    }
    zip.start_file("handler.py", SimpleFileOptions::default())?;
    zip.write_all(handler("as packaged").as_bytes())?;
    zip.finish()?;
    Ok(())
}
