//! What the fuzz targets have in common.

mod decoders;

/// Runs the decoder of a target on some bytes.
pub fn run(target: &str, bytes: &[u8]) {
    decoders::run(target, bytes);
}

/// The engine's hook aborts on a panic that is going to be caught. Those in foreign picture decoders are
/// meant to cost one file; all others still end the run, as they reach the engine.
pub fn forget_hook() {
    drop(std::panic::take_hook());
}
