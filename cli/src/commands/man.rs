//! `scheduler man`: a man page for the tool and one for each of its commands.

use super::out::write;
use crate::args::{self, ManArgs};
use crate::error::Failure;
use crate::settings::Settings;
use clap::Command;
use clap_mangen::Man;
use clap_mangen::roff::{Roff, roman};
use serde_json::json;
use std::collections::BTreeMap;
use std::io;

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
    let page = Man::new(command.clone())
        .source(concat!("scheduler ", env!("CARGO_PKG_VERSION")))
        .manual("Scheduled jobs");
    let failed = |error| Failure::failed(format!("cannot make a man page: {error}"));
    let text = render(&page, &command).map_err(failed)?;
    Ok((page.get_filename(), String::from_utf8_lossy(&text).into_owned()))
}

/// As clap's own pages, but for what stands after the options: lines to be typed are not filled.
fn render(page: &Man, command: &Command) -> io::Result<Vec<u8>> {
    let mut text = Vec::new();
    page.render_title(&mut text)?;
    page.render_name_section(&mut text)?;
    page.render_synopsis_section(&mut text)?;
    page.render_description_section(&mut text)?;
    page.render_options_section(&mut text)?;
    if command.has_subcommands() {
        page.render_subcommands_section(&mut text)?;
    }
    let examples = command.get_after_help().map(ToString::to_string).unwrap_or_default();
    let mut roff = Roff::new();
    roff.control("SH", ["EXAMPLES"]).control("nf", []);
    roff.text([roman(examples.trim_start_matches("Examples:\n"))]).control("fi", []);
    roff.to_writer(&mut text)?;
    Ok(text)
}
