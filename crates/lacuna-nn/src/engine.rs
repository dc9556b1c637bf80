//! The tensor engine as the rest of Lacuna sees it: tensors, devices by name and thread counts.
//!
//! Nothing in this crate draws from the engine's global random generator: weights are initialised from named
//! streams of one seed (see [`crate::UnetConfig::init`]), so there is no engine seed to set.

use std::panic::{AssertUnwindSafe, catch_unwind};

pub use burn::tensor::{Bool, Device, Int, Shape, Tensor, TensorData, activation, module};

/// Why a device cannot be used.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum DeviceError {
    /// The name is not one this program knows.
    #[error("unknown device `{name}`: known are cpu, cuda:N, vulkan:N, metal:N and webgpu:N")]
    Unknown {
        /// The name as given.
        name: String,
    },
    /// The program was built without this kind of device.
    #[error("device `{name}` is not built in: build with `--features {feature}`")]
    NotBuiltIn {
        /// The name as given.
        name: String,
        /// The cargo feature that adds it.
        feature: &'static str,
    },
    /// The kind is built in, but this machine has no such device.
    #[error("device `{name}` is not available on this machine: found {found}")]
    Absent {
        /// The name as given.
        name: String,
        /// How many devices of the kind there are.
        found: usize,
    },
    /// The thread pool was already in use when its size was to be set.
    #[error("cannot use {threads} threads: {reason}")]
    Threads {
        /// The wanted number of threads.
        threads: usize,
        /// What the thread pool said.
        reason: String,
    },
}

/// A kind of device and how many of it this machine has.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DeviceKind {
    /// `cpu`, `cuda`, `vulkan`, `metal` or `webgpu`.
    pub name: &'static str,
    /// The cargo feature that adds it (none for `cpu`).
    pub feature: Option<&'static str>,
    /// Whether this program was built with it.
    pub built_in: bool,
    /// How many devices of the kind were found (0 when not built in).
    pub count: usize,
}

const GPU_KINDS: [&str; 4] = ["cuda", "vulkan", "metal", "webgpu"];

/// The device called `name`: `cpu`, or `cuda`, `vulkan`, `metal`, `webgpu`, each optionally with `:N`
/// for the N-th (from 0). The returned device has no autodiff association; training models add it themselves.
pub fn device(name: &str) -> Result<Device, DeviceError> {
    let unknown = || DeviceError::Unknown { name: name.to_owned() };
    if name == "cpu" {
        return Ok(Device::flex());
    }
    let (kind, index) = name.split_once(':').unwrap_or((name, "0"));
    let index: usize = index.parse().map_err(|_| unknown())?;
    let feature = GPU_KINDS.into_iter().find(|known| *known == kind).ok_or_else(unknown)?;
    let Some(devices) = gpu_devices(feature) else {
        return Err(DeviceError::NotBuiltIn { name: name.to_owned(), feature });
    };
    let found = devices.len();
    devices
        .into_iter()
        .nth(index)
        .ok_or_else(|| DeviceError::Absent { name: name.to_owned(), found })
}

/// Every kind of device this program knows, built in or not.
pub fn device_kinds() -> Vec<DeviceKind> {
    let cpu = DeviceKind { name: "cpu", feature: None, built_in: true, count: 1 };
    let gpu = GPU_KINDS.map(|name| {
        let devices = gpu_devices(name);
        DeviceKind {
            name,
            feature: Some(name),
            built_in: devices.is_some(),
            count: devices.map_or(0, |d| d.len()),
        }
    });
    std::iter::once(cpu).chain(gpu).collect()
}

/// The devices of a kind, or `None` when the kind is not built in.
///
/// The engine panics where a driver is missing; that is the same as "no device" to a user.
fn gpu_devices(kind: &str) -> Option<Vec<Device>> {
    let device_type = gpu_device_type(kind)?;
    let listed = catch_unwind(AssertUnwindSafe(|| Device::enumerate(device_type).into_vec()));
    Some(listed.unwrap_or_default())
}

fn gpu_device_type(kind: &str) -> Option<burn::tensor::DeviceType> {
    match kind {
        #[cfg(feature = "cuda")]
        "cuda" => Some(burn::tensor::DeviceType::Cuda),
        #[cfg(feature = "vulkan")]
        "vulkan" => Some(burn::tensor::DeviceType::Vulkan),
        #[cfg(feature = "metal")]
        "metal" => Some(burn::tensor::DeviceType::Metal),
        // The engine's own `WebGpu` is a browser's; this is whatever graphics interface the system has, through WGSL.
        #[cfg(feature = "webgpu")]
        "webgpu" => Some(burn::tensor::DeviceType::Wgpu),
        _ => None,
    }
}

/// How many threads the CPU engine works with.
pub fn threads() -> usize {
    rayon::current_num_threads()
}

/// Sets the number of CPU threads; call before the first tensor operation (the pool is built once).
///
/// # Errors
/// When the pool already exists with another size.
pub fn set_threads(threads: usize) -> Result<(), DeviceError> {
    let built = rayon::ThreadPoolBuilder::new().num_threads(threads).build_global();
    match built {
        Err(_) if rayon::current_num_threads() == threads => Ok(()),
        other => other.map_err(|error| DeviceError::Threads { threads, reason: error.to_string() }),
    }
}

/// The values of a tensor in row-major order, or the reason why the device could not deliver them.
pub fn values<const D: usize>(tensor: Tensor<D>) -> Result<Vec<f32>, String> {
    tensor.without_autodiff().try_into_vec_as::<f32>().map_err(|error| format!("{error:?}"))
}

/// A tensor from row-major values. `values.len()` must be the product of `shape`.
pub fn tensor<const D: usize>(values: Vec<f32>, shape: [usize; D], device: &Device) -> Tensor<D> {
    Tensor::from_data(TensorData::new(values, shape), device)
}
