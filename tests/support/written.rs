//! Guests that are written where they are used, and what makes a module or a component of a text.

use wit_component::{ComponentEncoder, StringEncoding};
use wit_parser::Resolve;

/// The interface that the host offers.
const WIT: &str = include_str!("../../wit/monitor.wit");

/// A core module with the interface's description in it.
pub(crate) fn described(mut module: Vec<u8>, encoding: StringEncoding) -> Vec<u8> {
    let mut resolve = Resolve::default();
    let package = resolve.push_str("monitor.wit", WIT).unwrap();
    let world = resolve.select_world(&[package], Some("monitor")).unwrap();
    wit_component::embed_component_metadata(&mut module, &resolve, world, encoding).unwrap();
    module
}

/// A core module wrapped into a component.
pub(crate) fn wrapped(module: &[u8]) -> Vec<u8> {
    let encoder = ComponentEncoder::default().validate(true);
    encoder.module(module).and_then(|mut encoder| encoder.encode()).unwrap()
}

/// Everything that a guest may import, each under its own name.
const IMPORTS: [(&str, &str, &str); 21] = [
    ("[method]setup.config", "config", "(param i32 i32)"),
    ("[method]setup.tick-every", "tick-every", "(param i32 i64 i32)"),
    ("[method]setup.query", "query", "(param i32 i32 i32 i64 i32)"),
    ("[method]setup.subscribe", "subscribe", "(param i32 i32 i32 i32 i32 i32)"),
    ("[resource-drop]setup", "drop-setup", "(param i32)"),
    ("[method]query.answer", "answer", "(param i32 i32)"),
    ("[resource-drop]query", "drop-query", "(param i32)"),
    ("[constructor]report", "report", "(param i32 i32) (result i32)"),
    ("[method]report.count", "count", "(param i32 i32 i32 i64)"),
    ("[method]report.number", "number", "(param i32 i32 i32 f64 i32 i32)"),
    ("[method]report.text", "text", "(param i32 i32 i32 i32 i32)"),
    ("[method]report.emit", "emit", "(param i32)"),
    ("[resource-drop]report", "drop-report", "(param i32)"),
    ("[constructor]alert", "alert", "(param i32 i32 i32 i32) (result i32)"),
    ("[method]alert.severity", "severity", "(param i32 i32)"),
    ("[method]alert.label", "label", "(param i32 i32 i32 i32 i32)"),
    ("[method]alert.raise", "raise", "(param i32)"),
    ("[resource-drop]alert", "drop-alert", "(param i32)"),
    ("now", "now", "(result i64)"),
    ("row-times", "row-times", "(param i32)"),
    ("log", "log", "(param i32 i32 i32)"),
];

/// A guest of which only what is unusual is written down, in the text format: the rest does
/// nothing and accepts every setting. All of the host's functions are there under their names, and
/// a memory of one page.
#[derive(Clone, Debug)]
pub(crate) struct Guest {
    /// Further items of the module.
    pub(crate) items: String,
    /// How many pages of memory it begins with.
    pub(crate) pages: u32,
    /// What `configure` does before it drops `$setup`.
    pub(crate) configure: String,
    /// What it answers with: the address of its answer.
    pub(crate) answer: String,
    /// The result of `cabi_realloc`.
    pub(crate) realloc: String,
    pub(crate) on_batch: String,
    pub(crate) on_tick: String,
    pub(crate) encoding: StringEncoding,
}

impl Default for Guest {
    fn default() -> Self {
        Self {
            items: String::new(),
            pages: 1,
            configure: String::new(),
            answer: "(call $drop-setup (local.get $setup)) (i32.const 0)".to_owned(),
            realloc: "(i32.const 4096)".to_owned(),
            on_batch: String::new(),
            on_tick: String::new(),
            encoding: StringEncoding::UTF8,
        }
    }
}

impl Guest {
    /// One that does this at every tick.
    pub(crate) fn ticking(on_tick: &str) -> Self {
        Self { on_tick: on_tick.to_owned(), ..Self::default() }
    }

    /// One that does this while it is configured.
    pub(crate) fn configured(configure: &str) -> Self {
        Self { configure: configure.to_owned(), ..Self::default() }
    }

    /// One that subscribes to the status of every row, and does this at every batch.
    pub(crate) fn reading(on_batch: &str) -> Self {
        let subscribe = "(call $subscribe (local.get $setup) (i32.const 80) (i32.const 1)
            (i32.const 0) (i32.const 0) (i32.const 256))";
        let on_batch = on_batch.to_owned();
        // The field's name, and a list of one text: its address and its length.
        Self { on_batch, ..Self::configured(subscribe) }.with(
            r#"(data (i32.const 64) "status") (data (i32.const 80) "\40\00\00\00\06\00\00\00")"#,
        )
    }

    /// With this at every tick.
    pub(crate) fn and_ticking(self, on_tick: &str) -> Self {
        Self { on_tick: on_tick.to_owned(), ..self }
    }

    /// With further items.
    pub(crate) fn with(self, items: &str) -> Self {
        Self { items: self.items + items, ..self }
    }

    /// The text of the module.
    fn text(&self) -> String {
        let import = |(name, as_name, signature): &(&str, &str, &str)| {
            format!(
                "(import \"weir:monitor/host@0.1.0\" \"{name}\" (func ${as_name} {signature}))\n"
            )
        };
        let imports: String = IMPORTS.iter().map(import).collect();
        let Self { items, pages, configure, answer, realloc, on_batch, on_tick, .. } = self;
        let export = |name: &str| format!("(export \"weir:monitor/guest@0.1.0#{name}\")");
        format!(
            "(module {imports} (memory (export \"memory\") {pages}) {items}
             (func {} (param $setup i32) (result i32) {configure} {answer})
             (func (export \"cabi_realloc\")
               (param $old i32) (param $old-bytes i32) (param $align i32) (param $bytes i32)
               (result i32) {realloc})
             (func {} (param $rows i32) (param i32 i32 i32 i32 i32 i32) {on_batch})
             (func {} (param $now i64) {on_tick}))",
            export("configure"),
            export("on-batch"),
            export("on-tick"),
        )
    }

    /// As a core module that says which interface it is made for.
    pub(crate) fn core_module(&self) -> Vec<u8> {
        let text = self.text();
        let module = wat::parse_str(&text).unwrap_or_else(|error| panic!("{error}\n{text}"));
        described(module, self.encoding)
    }

    /// As a component.
    pub(crate) fn component(&self) -> Vec<u8> {
        wrapped(&self.core_module())
    }
}
