//! `kind = "node"`, with the machine's own `npm`.

use crate::support::{Project, age, python};
use scheduler::build::{Fault, Target};
use scheduler_plan::app::{Bundle, ModuleFormat};
use scheduler_plan::names::Architecture;
use scheduler_plan::unit::{Artifact, BuildUnit, UnitKind};
use std::path::PathBuf;
use std::process::Command;

const HANDLER: &str = "export const handle = async () => ({ batchItemFailures: [] });\n";
const WITH_PACKAGES: &str =
    "import ms from \"ms\";\nexport const handle = async () => ms(\"2 days\");\n";

fn node(lock: Option<&str>, bundle: Option<Bundle>) -> BuildUnit {
    let kind = UnitKind::Node {
        dir: "plugins/mail".into(),
        without: vec!["plugin.toml".into()],
        lock: lock.map(str::to_owned),
        bundle,
    };
    let (runtime, handler) = ("nodejs22.x".into(), "handler.handle".into());
    BuildUnit { runtime, handler, kind, ..python("mail") }
}

fn pinned() -> BuildUnit {
    node(Some("package-lock.json"), None)
}

fn bundled(entry: &str, format: ModuleFormat) -> BuildUnit {
    node(Some("package-lock.json"), Some(Bundle { entry: entry.into(), format }))
}

fn plugin() -> Project {
    let project = Project::new();
    project.write("plugins/mail/plugin.toml", "");
    project.write("plugins/mail/handler.mjs", HANDLER);
    project.write("plugins/mail/pages/form.html", "<form>");
    project
}

/// The same plugin with packages. npm writes the lock file, in a folder of its own, so that the
/// plugin's is not touched by it.
fn with_packages(packages: &str) -> Project {
    let project = plugin();
    project.write("plugins/mail/handler.mjs", WITH_PACKAGES);
    let package = format!("{{ \"private\": true, \"type\": \"module\", {packages} }}");
    let elsewhere = Project::new();
    elsewhere.write("package.json", &package);
    let mut npm = Command::new("npm");
    npm.args(["install", "--package-lock-only", "--ignore-scripts", "--no-audit", "--force"]);
    npm.arg("--omit-lockfile-registry-resolved");
    let done = npm.current_dir(elsewhere.path("")).output().unwrap();
    assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
    let lock = std::fs::read(elsewhere.path("package-lock.json")).unwrap();
    project.write("plugins/mail/package.json", package);
    project.write("plugins/mail/package-lock.json", lock);
    project
}

fn names(project: &Project, artifact: &Artifact) -> Vec<String> {
    project.entries(artifact).into_iter().map(|(name, _, _)| name).collect()
}

fn text(project: &Project, artifact: &Artifact, name: &str) -> String {
    let found = project.entries(artifact).into_iter().find(|entry| entry.0 == name);
    String::from_utf8(found.unwrap().2).unwrap()
}

/// What the built handler answers on this machine's own `node`.
fn answer(project: &Project, module: &str) -> String {
    let script = format!(
        "import({module:?}).then(async (m) => console.log(JSON.stringify(await m.handle())))"
    );
    let mut node = Command::new("node");
    node.args(["-e", &script]).current_dir(project.path(".scheduler/build/local/mail"));
    let done = node.output().unwrap();
    assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
    String::from_utf8(done.stdout).unwrap().trim().to_owned()
}

fn folder(project: &Project) -> Vec<PathBuf> {
    let all = walkdir::WalkDir::new(project.path("plugins/mail")).sort_by_file_name();
    all.into_iter().map(|entry| entry.unwrap().into_path()).collect()
}

const MS: &str =
    r#""dependencies": { "ms": "2.1.3" }, "devDependencies": { "esbuild": "0.25.10" }"#;

#[test]
fn the_zip_holds_what_the_function_needs_and_nothing_of_people_and_tools() {
    let project = plugin();
    for path in [
        "README.md",
        ".env",
        ".npmrc",
        "package-lock.json",
        "yarn.lock",
        "node_modules/x/index.js",
        "handler.test.mjs",
        "pages/form.spec.ts",
        "test/handler.mjs",
        "tests/handler.mjs",
        "pages/__tests__/form.js",
    ] {
        project.write(&format!("plugins/mail/{path}"), "x");
    }
    project.write("plugins/mail/package.json", r#"{ "type": "module" }"#);
    project.write("plugins/mail/contest.mjs", "");
    let artifact = project.artifact(&node(None, None));
    let expected = ["contest.mjs", "handler.mjs", "package.json", "pages/form.html"];
    assert_eq!(names(&project, &artifact), expected);
}

#[test]
fn a_folder_without_packages_needs_no_npm_and_gives_the_same_zip_twice() {
    let (one, other) = (plugin(), plugin());
    age(&other.path("plugins"));
    let artifact = one.artifact(&node(None, None));
    assert_eq!(artifact.sha256, other.artifact(&node(None, None)).sha256);
    one.write("plugins/mail/README.md", "new");
    one.write("plugins/mail/handler.test.mjs", "new");
    assert!(one.artifact(&node(None, None)).cached);
    one.write("plugins/mail/handler.mjs", format!("{HANDLER}// changed\n"));
    assert!(!one.artifact(&node(None, None)).cached);
}

#[test]
fn packages_are_those_of_the_lock_file_and_give_the_same_zip_twice() {
    let one = with_packages(MS);
    let before = folder(&one);
    let artifact = one.artifact(&pinned());
    let found = names(&one, &artifact);
    for wanted in ["handler.mjs", "package.json", "node_modules/ms/index.js"] {
        assert!(found.iter().any(|name| name == wanted), "{wanted} is not in {found:?}");
    }
    for unwanted in ["esbuild", "package-lock.json", ".bin"] {
        assert!(!found.iter().any(|name| name.contains(unwanted)), "{unwanted} is in {found:?}");
    }
    assert_eq!(folder(&one), before, "something was written into the plugin's folder");
    let other = with_packages(MS);
    age(&other.path("plugins"));
    assert_eq!(other.artifact(&pinned()).sha256, artifact.sha256);
    assert!(other.artifact(&pinned()).cached);
}

#[test]
fn a_new_handler_installs_nothing_and_a_new_version_is_installed() {
    let project = with_packages(MS);
    project.artifact(&pinned());
    // Whoever installs again would mend it.
    let kept = walkdir::WalkDir::new(project.path(".scheduler/build/mail-x86_64.packages"));
    let kept = kept.into_iter().map(|entry| entry.unwrap().into_path());
    let module = kept.filter(|path| path.ends_with("ms/index.js")).last().unwrap();
    std::fs::write(module, "export default () => 'kept';\n").unwrap();
    project.write("plugins/mail/handler.mjs", format!("{WITH_PACKAGES}// changed\n"));
    let kept = project.artifact(&pinned());
    assert!(text(&project, &kept, "node_modules/ms/index.js").contains("kept"));
    let other = with_packages(r#""dependencies": { "ms": "2.1.2" }"#);
    for file in ["package.json", "package-lock.json"] {
        let file = format!("plugins/mail/{file}");
        project.write(&file, std::fs::read(other.path(&file)).unwrap());
    }
    let new = project.artifact(&pinned());
    let package = text(&project, &new, "node_modules/ms/package.json");
    assert!(package.contains("\"version\": \"2.1.2\""), "{package}");
}

#[test]
fn binaries_are_those_of_the_functions_processor() {
    let project = with_packages(r#""dependencies": { "ms": "2.1.3", "esbuild": "0.25.10" }"#);
    let units = [Architecture::X86_64, Architecture::Arm64]
        .map(|architecture| BuildUnit { architecture, ..pinned() });
    for (unit, here, elsewhere) in
        [(&units[0], "linux-x64", "linux-arm64"), (&units[1], "linux-arm64", "linux-x64")]
    {
        let (report, told) = project.build_and_tell(std::slice::from_ref(unit));
        let found = names(&project, &report.artifacts[0]);
        let holds = |word: &str| found.iter().any(|name| name.contains(word));
        assert!(holds(here) && !holds(elsewhere), "{found:?}");
        let note = "packages of `mail` have scripts of their own, which are not run: `esbuild`";
        assert!(told.iter().any(|line| line == note), "{told:?}");
    }
}

#[test]
fn here_the_handler_runs_with_its_packages() {
    let mut project = with_packages(MS);
    project.target = Target::Local;
    project.artifact(&pinned());
    assert_eq!(answer(&project, "./handler.mjs"), "172800000");
}

#[test]
fn a_bundle_is_one_file_of_typescript_and_packages_of_both_kinds() {
    let make = || {
        let mut project = with_packages(MS);
        project.target = Target::Local;
        project.write("plugins/mail/handler.mjs", "throw new Error('the other one');\n");
        project.write(
            "plugins/mail/handler.ts",
            "import ms from \"ms\";\nimport { name } from \"./lib/legacy.cjs\";\n\
             const days: number = await Promise.resolve(2);\n\
             export const handle = async () => [ms(`${days} days`), name];\n",
        );
        project.write(
            "plugins/mail/lib/legacy.cjs",
            "const os = require('os');\nexports.name = [typeof os.cpus, typeof __dirname];\n",
        );
        project
    };
    let (one, other) = (make(), make());
    age(&other.path("plugins"));
    let unit = bundled("handler.ts", ModuleFormat::Es);
    let artifact = one.artifact(&unit);
    assert_eq!(names(&one, &artifact), ["handler.mjs"]);
    assert_eq!(answer(&one, "./handler.mjs"), r#"[172800000,["function","string"]]"#);
    assert_eq!(other.artifact(&unit).sha256, artifact.sha256);
    one.write("plugins/mail/lib/legacy.cjs", "exports.name = 'new';\n");
    assert!(!one.artifact(&unit).cached);
    assert_eq!(answer(&one, "./handler.mjs"), r#"[172800000,"new"]"#);
}

#[test]
fn a_bundle_of_commonjs_keeps_its_names() {
    let mut project = with_packages(MS);
    project.target = Target::Local;
    let code = "const ms = require('ms');\nexports.handle = async () => ms('1s');\n";
    project.write("plugins/mail/src/app.cjs", code);
    let unit = BuildUnit {
        handler: "src/app.handle".into(),
        ..bundled("src/app.cjs", ModuleFormat::CommonJs)
    };
    assert_eq!(names(&project, &project.artifact(&unit)), ["src/app.cjs"]);
    assert_eq!(answer(&project, "./src/app.cjs"), "1000");
}

#[test]
fn a_bundle_finds_what_the_lock_file_names_and_nothing_else() {
    let project = with_packages(MS);
    project.write("plugins/mail/node_modules/left/index.js", "export default 'left';");
    project.write("plugins/mail/handler.ts", "import left from 'left';\nexport { left };\n");
    let failure = project.failure(&bundled("handler.ts", ModuleFormat::Es));
    assert_eq!(failure.fault(), Fault::Failure);
    assert!(failure.to_string().contains("could not bundle `plugins/mail/handler.ts`"));
    let log = &failure.output().unwrap().text;
    assert!(log.contains("Could not resolve \"left\""), "{log}");
    assert_eq!(project.leftovers(), [""; 0].map(PathBuf::from));
}

#[test]
fn a_bundle_takes_nothing_of_the_folders_above() {
    let project = with_packages(MS);
    project.write("tsconfig.json", r#"{ "compilerOptions": { "paths": { "left": ["./ms"] } } }"#);
    project.write("node_modules/left/index.js", "export default 'left';");
    project.write("plugins/mail/handler.ts", "import left from 'left';\nexport { left };\n");
    let failure = project.failure(&bundled("handler.ts", ModuleFormat::Es));
    assert_eq!(failure.fault(), Fault::Input);
    let text = failure.to_string();
    assert!(
        text.contains("`plugins/mail/handler.ts` imports `node_modules/left/index.js`"),
        "{text}"
    );
}

#[test]
fn a_lock_file_of_other_packages_is_told() {
    let project = with_packages(MS);
    let package = r#"{ "private": true, "dependencies": { "ms": "2.1.2" } }"#;
    project.write("plugins/mail/package.json", package);
    let failure = project.failure(&pinned());
    assert_eq!(failure.fault(), Fault::Input);
    let text = failure.to_string();
    assert!(text.contains("plugins/mail/package-lock.json:1:1"), "{text}");
    assert!(text.contains("ms@2.1.3 does not satisfy ms@2.1.2"), "{text}");
    assert!(failure.hint().unwrap().contains("--package-lock-only"));
}

#[test]
fn a_package_for_another_system_is_told() {
    let project = with_packages(r#""dependencies": { "fsevents": "2.3.3" }"#);
    let text = project.failure(&pinned()).to_string();
    assert!(text.contains("`fsevents@2.3.3`") && text.contains("darwin"), "{text}");
}

#[test]
fn an_addon_for_another_processor_is_told() {
    // A package as its author would publish it.
    let author = Project::new();
    author.write("package.json", r#"{ "name": "quick", "version": "1.0.0" }"#);
    let arm64 = [&b"\x7fELF\x02\x01\x01"[..], &[0; 9], &[3, 0, 0xb7, 0]].concat();
    author.write("build/quick.node", arm64);
    let packed = Command::new("npm").args(["pack"]).current_dir(author.path("")).output().unwrap();
    assert!(packed.status.success(), "{}", String::from_utf8_lossy(&packed.stderr));
    let tarball = author.path("quick-1.0.0.tgz").display().to_string();
    let project = with_packages(&format!("\"dependencies\": {{ \"quick\": \"file:{tarball}\" }}"));
    let failure = project.failure(&pinned());
    assert_eq!(failure.fault(), Fault::Input);
    let text = failure.to_string();
    assert!(text.contains("the package `quick` has a native addon"), "{text}");
    assert!(text.contains("`node_modules/quick/build/quick.node` is an ELF file for arm64"));
    project.artifact(&BuildUnit { architecture: Architecture::Arm64, ..pinned() });
}

#[test]
fn a_bundle_without_the_handlers_function_is_refused() {
    let project = with_packages(MS);
    let code = "import ms from \"ms\";\nexport const handel = () => ms(\"1s\");\n";
    project.write("plugins/mail/handler.ts", code);
    let failure = project.failure(&bundled("handler.ts", ModuleFormat::Es));
    let told = "`plugins/mail/handler.ts` defines no `handle`, which is the handler's function";
    assert_eq!(failure.to_string(), format!("`mail` was not built: {told}"));
    assert_eq!(failure.fault(), Fault::Input);
    assert_eq!(failure.hint().unwrap(), "did you mean `handel`?");
}

#[test]
fn a_file_that_is_named_counts() {
    let project = plugin();
    project.write("shared/x.json", "1");
    let inputs = vec!["plugins/mail/../../shared/x.json".into()];
    let unit = BuildUnit { inputs, ..node(None, None) };
    assert!(!project.artifact(&unit).cached);
    assert!(project.artifact(&unit).cached);
    project.write("shared/x.json", "2");
    assert!(!project.artifact(&unit).cached);
}

/// What `plugin new` writes imports the SDK that Lambda brings, and only there.
#[test]
fn what_the_tool_writes_becomes_one_file_and_runs() {
    for ending in ["mjs", "mts"] {
        let project = Project::new();
        project.write("scheduler.toml", "[service]\nname = \"shop\"\n");
        run(SCHEDULER, &["plugin", "new", "uptime", "--lang", "node"], project.path(""));
        let plugin = |name: &str| project.path(&format!("plugins/uptime/{name}"));
        std::fs::rename(plugin("handler.mjs"), plugin(&format!("handler.{ending}"))).unwrap();
        let package = format!("{{ \"private\": true, {MS} }}");
        project.write("plugins/uptime/package.json", package);
        run("npm", &["install", "--package-lock-only", "--ignore-scripts"], plugin(""));
        let manifest = std::fs::read_to_string(plugin("plugin.toml")).unwrap();
        let bundled = manifest.replace("[build]\n", "[build]\nbundle = true\n");
        project.write("plugins/uptime/plugin.toml", bundled);
        let said = run(SCHEDULER, &["plugin", "test", "uptime"], project.path(""));
        assert!(said.contains(r#"{"batchItemFailures":[]}"#), "{said}");
        let built = std::fs::read_dir(project.path(".scheduler/build/local/uptime")).unwrap();
        let built: Vec<_> = built.map(|entry| entry.unwrap().file_name()).collect();
        assert_eq!(built, ["handler.mjs"]);
    }
}

/// A copy of the example, so that nothing is left in it.
fn example() -> Project {
    let project = Project::new();
    let example = concat!(env!("CARGO_MANIFEST_DIR"), "/../examples/node-plugin/.");
    let mut copy = Command::new("cp");
    assert!(copy.args(["-R", example]).arg(project.path("")).status().unwrap().success());
    project
}

fn run(program: &str, arguments: &[&str], folder: PathBuf) -> String {
    let done = Command::new(program).args(arguments).current_dir(folder).output().unwrap();
    let said = [done.stdout, done.stderr].concat();
    let said = String::from_utf8_lossy(&said).into_owned();
    assert!(done.status.success(), "{program} {arguments:?}: {said}");
    said
}

const SCHEDULER: &str = env!("CARGO_BIN_EXE_scheduler");
const TICK: &str = r#"{"job_id":0,"text":"Frühling 🌱","until":"2020-03-20T03:50:00Z"}"#;

#[test]
fn the_example_passes_its_own_tests_and_runs() {
    let project = example();
    project.write("tick.json", TICK);
    let test = ["plugin", "test", "countdown", "--event", "tick.json"];
    let said = run(SCHEDULER, &test, project.path(""));
    assert!(said.contains("Frühling 🌱: "), "{said}");
    assert!(said.contains(r#"{"batchItemFailures":[]}"#), "{said}");
    let plugin = project.path("plugins/countdown");
    run("npm", &["ci", "--ignore-scripts"], plugin.clone());
    run("node", &["--test"], plugin);
}

#[test]
fn the_example_as_typescript_becomes_one_file_and_runs() {
    let project = example();
    let plugin = |name: &str| project.path(&format!("plugins/countdown/{name}"));
    std::fs::rename(plugin("handler.mjs"), plugin("handler.mts")).unwrap();
    let package = format!("{{ \"private\": true, {MS} }}");
    project.write("plugins/countdown/package.json", package);
    run("npm", &["install", "--package-lock-only", "--ignore-scripts"], plugin(""));
    let manifest = std::fs::read_to_string(plugin("plugin.toml")).unwrap();
    project.write("plugins/countdown/plugin.toml", manifest.replace("# bundle", "bundle"));
    project.write("tick.json", TICK);
    let test = ["plugin", "test", "countdown", "--event", "tick.json"];
    let said = run(SCHEDULER, &test, project.path(""));
    assert!(said.contains("Frühling 🌱: "), "{said}");
    let built = std::fs::read_dir(project.path(".scheduler/build/local/countdown")).unwrap();
    let built: Vec<_> = built.map(|entry| entry.unwrap().file_name()).collect();
    assert_eq!(built, ["handler.mjs"]);
}
