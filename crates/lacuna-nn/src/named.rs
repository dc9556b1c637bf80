//! Walking over a module's tensors by their dotted names.

use burn::module::{Module, ModuleMapper, ModuleVisitor, Param};
use burn::tensor::{Tensor, TensorData};

use crate::state_dict::{LoadReport, MisShaped, StateDict, StateTensor};

/// The dotted name of the place a walk is at. Variants of an enum are no part of it.
#[derive(Debug, Default)]
pub(crate) struct Path(Vec<String>);

impl Path {
    pub(crate) fn enter(&mut self, name: &str, container: &str) {
        if !container.starts_with("Enum:") {
            self.0.push(name.to_owned());
        }
    }

    pub(crate) fn exit(&mut self, container: &str) {
        if !container.starts_with("Enum:") {
            self.0.pop();
        }
    }

    pub(crate) fn name(&self) -> String {
        self.0.join(".")
    }
}

/// Adds the two methods that keep a [`Path`] in a field called `path`.
macro_rules! track_path {
    () => {
        fn enter_module(&mut self, name: &str, container_type: &str) {
            self.path.enter(name, container_type);
        }

        fn exit_module(&mut self, _name: &str, container_type: &str) {
            self.path.exit(container_type);
        }
    };
}
pub(crate) use track_path;

/// Every float tensor of `module` by name.
pub(crate) fn state_of<M: Module>(module: &M) -> StateDict {
    let mut reader = Reader::default();
    module.visit(&mut reader);
    reader.state
}

#[derive(Default)]
struct Reader {
    path: Path,
    state: StateDict,
}

impl ModuleVisitor for Reader {
    track_path!();

    fn visit_float<const D: usize>(&mut self, param: &Param<Tensor<D>>) {
        let tensor = param.val().without_autodiff();
        let shape = tensor.dims().to_vec();
        let data = tensor.into_data().iter::<f32>().collect();
        self.state.insert(self.path.name(), StateTensor { shape, data });
    }
}

/// `module` with the tensors of `state` that fit.
pub(crate) fn load<M: Module>(module: M, state: &StateDict) -> (M, LoadReport) {
    let mut writer = Writer { path: Path::default(), state, report: LoadReport::default() };
    let module = module.map(&mut writer);
    let mut report = writer.report;
    report.note_unused(state);
    (module, report)
}

struct Writer<'a> {
    path: Path,
    state: &'a StateDict,
    report: LoadReport,
}

impl ModuleMapper for Writer<'_> {
    track_path!();

    fn map_float<const D: usize>(&mut self, param: Param<Tensor<D>>) -> Param<Tensor<D>> {
        let name = self.path.name();
        let Some(new) = self.state.get(&name) else {
            self.report.missing.push(name);
            return param;
        };
        let expected = param.lazy_shape().as_slice().to_vec();
        if new.shape != expected || new.data.len() != expected.iter().product::<usize>() {
            self.report.mis_shaped.push(MisShaped { name, expected, found: new.shape.clone() });
            return param;
        }
        self.report.loaded.push(name);
        param.map(|old| replacement(&old, new))
    }
}

/// `new` on the device of `old`, tracked if `old` was.
fn replacement<const D: usize>(old: &Tensor<D>, new: &StateTensor) -> Tensor<D> {
    let data = TensorData::new(new.data.clone(), new.shape.clone());
    let tensor = Tensor::from_data(data, &old.device());
    if old.is_require_grad() { tensor.require_grad() } else { tensor }
}
