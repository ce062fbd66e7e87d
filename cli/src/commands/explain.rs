//! `scheduler check --explain CODE`: why it is a problem, and how to repair it.

use crate::error::Failure;
use crate::settings::Settings;
use scheduler_plan::code::Code;
use scheduler_plan::explain::{find, page};
use serde_json::json;

/// The word in place of a code that lists all of them.
const LIST: &str = "list";

/// Prints a code's page, or every code with a sentence.
///
/// # Errors
/// [`Failure::Input`] where there is no such code.
pub fn explain(settings: &Settings, code: &str) -> Result<(), Failure> {
    if code == LIST {
        list(settings);
        return Ok(());
    }
    let found = find(code).map_err(|meant| {
        let all = format!("`scheduler check --explain {LIST}` lists them all");
        Failure::input(format!("no problem has the code `{code}`"), meant.unwrap_or(all))
    })?;
    let page = page(found);
    settings.output.result(&page.to_string(), &page);
    Ok(())
}

fn list(settings: &Settings) {
    let width = Code::ALL.iter().map(|code| code.as_str().len()).max().unwrap_or_default();
    let lines = Code::ALL.iter().map(|code| format!("{:width$}  {}", code.as_str(), code.about()));
    let codes = Code::ALL.iter().map(|code| json!({"code": code, "about": code.about()}));
    let value = json!({ "codes": codes.collect::<Vec<_>>() });
    settings.output.result(&lines.collect::<Vec<_>>().join("\n"), &value);
}
