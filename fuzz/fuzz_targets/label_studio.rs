#![no_main]

libfuzzer_sys::fuzz_target!(init: lacuna_fuzz::forget_hook(), |bytes: &[u8]| {
    lacuna_fuzz::run("label_studio", bytes)
});
