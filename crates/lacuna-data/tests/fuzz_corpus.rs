//! Every input that the fuzzer found worth keeping, through the same functions as in `fuzz/`.

#[path = "../../../fuzz/src/decoders/mod.rs"]
mod decoders;

use std::path::Path;

use fs_err as fs;

#[test]
fn the_corpus_of_every_fuzz_target_is_read_without_harm() {
    let corpus = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fuzz/corpus");
    let mut bytes = 0;
    for (target, _) in decoders::DECODERS {
        let entries = fs::read_dir(corpus.join(target)).unwrap();
        let mut inputs: Vec<_> = entries.map(|entry| entry.unwrap().path()).collect();
        inputs.sort();
        assert!(!inputs.is_empty(), "{target} has no corpus");
        for path in inputs {
            let input = fs::read(&path).unwrap();
            bytes += input.len();
            let run = || decoders::run(target, &input);
            assert!(std::panic::catch_unwind(run).is_ok(), "{}", path.display());
        }
    }
    assert!(bytes < 2_000_000, "{bytes} bytes are too many to commit");
}
