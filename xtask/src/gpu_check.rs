//! `cargo xtask gpu-check`: the networks on a GPU against the CPU, on Mesa's software Vulkan where nothing else is asked
//! for (Debian package `mesa-vulkan-drivers`). Not part of CI: the engine is compiled once more, for the GPU.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Instant;

use anyhow::{Context, Result};

use crate::process;

/// Mesa's software renderer, as Debian installs it.
const LAVAPIPE: &str = "/usr/share/vulkan/icd.d/lvp_icd.x86_64.json";
/// The test that compares.
const TEST: &str = "gpu::";
/// The variable that names its device.
const DEVICE: &str = "LACUNA_TEST_DEVICE";

/// Builds and runs the comparison on `device`, or on the software Vulkan.
pub(crate) fn run(root: &Path, device: Option<&str>) -> Result<()> {
    let start = Instant::now();
    // Through WGSL: the SPIR-V that the engine writes for `vulkan` ends older software renderers with a crash.
    let name = device.unwrap_or("webgpu:0");
    let feature = name.split(':').next().unwrap_or(name);
    // A folder of its own: the other one keeps the engine for the CPU.
    let mut cargo = Command::new(std::env::var_os("CARGO").unwrap_or("cargo".into()));
    cargo.current_dir(root).args(["test", "--release", "--package", "lacuna-nn", "--test", "it"]);
    cargo.args(["--features", feature, "--target-dir", "target/gpu", "--", "--nocapture", TEST]);
    cargo.env(DEVICE, name);
    if device.is_none() {
        cargo.env("VK_DRIVER_FILES", lavapipe()?).env("VK_ICD_FILENAMES", lavapipe()?);
    }
    process::run(&mut cargo)?;
    println!("gpu-check: {name} trains as the CPU does ({} s)", start.elapsed().as_secs());
    Ok(())
}

fn lavapipe() -> Result<PathBuf> {
    let driver = PathBuf::from(LAVAPIPE);
    driver.exists().then_some(driver).with_context(|| {
        format!("no software Vulkan at {LAVAPIPE}: install mesa-vulkan-drivers, or name a device")
    })
}
