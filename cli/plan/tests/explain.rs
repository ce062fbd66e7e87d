//! The pages of the codes: none missing, none empty, none that teaches what is wrong.

use scheduler_plan::code::Code;
use scheduler_plan::document::Document;
use scheduler_plan::explain::{find, page, repair};
use scheduler_plan::schemas;
use scheduler_plan::shape::shape;
use std::collections::BTreeSet;

#[test]
fn every_code_is_explained_in_two_paragraphs() {
    for code in Code::ALL {
        let page = page(*code);
        for (part, text) in [("why", page.why), ("repair", page.repair)] {
            let words = text.split_whitespace().count();
            assert!(words >= 12, "{code}: the paragraph `{part}` says too little: {text}");
            assert!(text.ends_with('.'), "{code}: `{part}` is no paragraph: {text}");
        }
        let fenced = page.example.map(|one| format!("\n```{}\n{}\n```\n", one.language, one.text));
        let whole = format!("{}\n\n{}\n{}", page.why, page.repair, fenced.unwrap_or_default());
        assert_eq!(whole, code.page(), "{code}: something stands outside of its parts");
    }
}

#[test]
fn codes_are_sorted_distinct_and_in_kebab_case() {
    let names: Vec<_> = Code::ALL.iter().map(|code| code.as_str()).collect();
    let sorted: Vec<_> = names.iter().copied().collect::<BTreeSet<_>>().into_iter().collect();
    assert_eq!(names, sorted);
    for name in names {
        assert!(name.bytes().all(|byte| byte.is_ascii_lowercase() || b"8-".contains(&byte)));
    }
}

/// Behind a problem it stands alone: a sentence that says what to do.
#[test]
fn every_code_has_a_repair_that_stands_for_itself() {
    for code in Code::ALL {
        let repair = repair(*code);
        let first = repair.chars().next().unwrap();
        assert!(first.is_lowercase() || first == '`', "{code}: {repair}");
        assert!(repair.split(' ').count() >= 3, "{code}: {repair}");
        assert!(repair.len() < 230 && !repair.ends_with('.'), "{code}: {repair}");
        assert!(!repair.contains("hint") && !repair.contains('\n'), "{code}: {repair}");
    }
}

/// What a page tells people to write has to be right itself.
#[test]
fn what_stands_after_is_toml_with_known_keys() {
    let mut looked = 0;
    for code in Code::ALL {
        let Some(example) = page(*code).example.filter(|one| one.language == "toml") else {
            continue;
        };
        let (_, after) = example.text.rsplit_once(", after\n").unwrap();
        let schema = match example.text.contains("plugin.toml") {
            true => schemas::plugin_manifest(),
            false => schemas::manifest(),
        };
        let (document, mut problems) = Document::parse("after", after);
        if !example.text.contains("Cargo.toml") {
            problems.extend(shape(&document, schema).1);
        }
        // The rest of the file is left out.
        problems.retain(|problem| problem.code != Code::MissingKey);
        assert_eq!(problems, [], "{code}");
        looked += 1;
    }
    assert!(looked > 30, "{looked}");
}

#[test]
fn a_code_is_found_as_it_is_printed_and_a_typo_is_told() {
    assert_eq!(find("[unknown-key]"), Ok(Code::UnknownKey));
    assert_eq!(find("unknow-key"), Err(Some("did you mean `unknown-key`?".into())));
    assert_eq!(find("x"), Err(None));
}

#[test]
fn a_page_ends_with_its_example_indented() {
    let text = page(Code::UnknownKey).to_string();
    assert!(text.starts_with("unknown-key: A key that nobody reads.\n\nNothing reads"));
    assert!(text.ends_with("\n\n    # scheduler.toml, after\n    [service]\n    name = \"page-monitor\"\n    region = \"eu-central-1\""), "{text}");
}
