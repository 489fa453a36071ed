//! Real components: instances from an `InstancePre`, made and dropped (imports are traps: none is called), and
//! validating without compiling.

use crate::{engine, report};
use std::path::Path;
use wasmparser::{Validator, WasmFeatures};
use wasmtime::component::{Component, Linker};
use wasmtime::{Result, Store};

const INSTANCES: u32 = 2000;

pub fn measure(files: &[String]) -> Result<()> {
    let engine = engine()?;
    for file in files {
        let name = Path::new(file).file_name().unwrap_or_default().to_string_lossy();
        let component = Component::from_file(&engine, file)?;
        let mut linker = Linker::<()>::new(&engine);
        linker.define_unknown_imports_as_traps(&component)?;
        let pre = linker.instantiate_pre(&component)?;
        report("instantiate and drop", &name, INSTANCES, || {
            for _ in 0..INSTANCES {
                let mut store = Store::new(&engine, ());
                pre.instantiate(&mut store)?;
            }
            Ok(())
        })?;
        let bytes = std::fs::read(file)?;
        report("validate all of it", &name, 1, || {
            Validator::new_with_features(WasmFeatures::all()).validate_all(&bytes)?;
            Ok(())
        })?;
    }
    Ok(())
}
