//! The README's promises, held against what shows them.

use std::fs;
use std::path::Path;

use regex::Regex;

const ROOT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/..");

/// The sources of all tests.
fn tests() -> String {
    let mut text = String::new();
    for dir in ["host/src", "tests"] {
        add(&Path::new(ROOT).join(dir), &mut text);
    }
    text
}

fn add(dir: &Path, text: &mut String) {
    for entry in fs::read_dir(dir).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            add(&path, text);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            text.push_str(&fs::read_to_string(path).unwrap());
        }
    }
}

#[test]
fn every_test_that_the_readme_names_is_there() {
    let readme = fs::read_to_string(Path::new(ROOT).join("README.md")).unwrap();
    let tests = tests();
    let name = Regex::new(r"`([a-z0-9]+(?:_[a-z0-9]+){2,})`").unwrap();
    let mut named = Vec::new();
    for head in ["| hazard |", "| attack |"] {
        let table = readme.split(head).nth(1).unwrap().split("\n\n").next().unwrap();
        let found = name.captures_iter(table).map(|found| found.get(1).unwrap().as_str());
        let before = named.len();
        named.extend(found);
        assert!(named.len() - before > 15, "{head} names {:?}", named.get(before..));
    }
    let is_test = |name: &str| {
        // A test of the simulation is a line of its list of hazards.
        tests.contains(&format!("fn {name}(")) || tests.contains(&format!("\n    {name}: "))
    };
    let missing: Vec<&&str> = named.iter().filter(|name| !is_test(name)).collect();
    assert!(missing.is_empty(), "no such tests: {missing:?}");
}
