#![no_main]
use libfuzzer_sys::fuzz_target;
fuzz_target!(|content: &[u8]| {
    let _ = weir::monitor::Plugins::discover(None);
    let config = wasm_smith::Config::default();
    let mut u = libfuzzer_sys::arbitrary::Unstructured::new(content);
    let _ = wasm_smith::Module::new(config, &mut u);
});
