//! `scheduler man`: a man page for the tool and one for each of its commands.

use crate::args::{self, ManArgs};
use crate::error::Failure;
use crate::settings::Settings;
use clap::Command;
use clap_mangen::Man;
use serde_json::json;
use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

/// Prints the main page, or writes all of them into a folder.
///
/// # Errors
/// A folder that cannot be written.
pub fn man(settings: &Settings, args: &ManArgs) -> Result<(), Failure> {
    let pages = pages()?;
    let Some(out) = &args.out else {
        let page = pages.get("scheduler.1").cloned().unwrap_or_default();
        settings.output.result(&page, &json!({ "page": page }));
        return Ok(());
    };
    for (name, page) in &pages {
        write(&out.join(name), page)?;
    }
    let names: Vec<_> = pages.keys().map(|name| out.join(name).display().to_string()).collect();
    settings.output.result(&names.join("\n"), &json!({ "pages": names }));
    Ok(())
}

/// File name -> page.
fn pages() -> Result<BTreeMap<String, String>, Failure> {
    let mut whole = args::visible().disable_help_subcommand(true);
    whole.build();
    let mut pages = BTreeMap::new();
    let mut open = vec![whole];
    while let Some(command) = open.pop() {
        open.extend(command.get_subcommands().cloned());
        let (name, page) = page(command)?;
        pages.insert(name, page);
    }
    Ok(pages)
}

fn page(command: Command) -> Result<(String, String), Failure> {
    let page = Man::new(command).manual("scheduler");
    let mut text = Vec::new();
    let failed = |error| Failure::failed(format!("cannot make a man page: {error}"));
    page.render(&mut text).map_err(failed)?;
    Ok((page.get_filename(), String::from_utf8_lossy(&text).into_owned()))
}

fn write(path: &Path, text: &str) -> Result<(), Failure> {
    let folder = path.parent().unwrap_or(path);
    fs::create_dir_all(folder)
        .and_then(|()| fs::write(path, text))
        .map_err(|error| Failure::failed(format!("cannot write `{}`: {error}", path.display())))
}
