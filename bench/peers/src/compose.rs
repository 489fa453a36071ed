//! Calls from one component to another, through fused adapters.

use crate::{engine, report};
use wasmtime::component::{Component, Linker};
use wasmtime::{Result, Store};

/// The names that bench/compose.c prints, the export that loops, and how often.
const CALLS: [(&str, &str, u32); 8] = [
    ("two scalars", "add", 1_000_000),
    ("two scalars, of a caller without realloc", "add-only", 1_000_000),
    ("two scalars of 8 bits", "small", 1_000_000),
    ("record, taken and given", "move", 1_000_000),
    ("string of 16 bytes", "note", 1_000_000),
    ("list of 1000 records with strings", "recs", 1000),
    ("string of 1 MiB", "text", 500),
    ("bytes, 1 MiB", "write", 500),
];

pub fn measure(file: &str) -> Result<()> {
    let engine = engine()?;
    let component = Component::from_file(&engine, file)?;
    let linker = Linker::<()>::new(&engine);
    for (name, export, n) in CALLS {
        let mut store = Store::new(&engine, ());
        let instance = linker.instantiate(&mut store, &component)?;
        let func = instance.get_typed_func::<(u32,), (u32,)>(&mut store, export)?;
        report("guest to guest", name, n, || func.call(&mut store, (n,)).map(drop))?;
    }
    Ok(())
}
