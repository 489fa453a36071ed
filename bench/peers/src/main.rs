//! The peer's side of bench/calls.c, bench/compose.c and bench/components.c: the same guests, the same values, the same names printed.
//! Usage: peer calls CALLS.wasm | peer compose COMPOSE.wasm | peer components FILE.wasm...

mod calls;
mod components;
mod compose;

use std::time::Instant;
use wasmtime::{Config, Enabled, Engine, InstanceAllocationStrategy, PoolingAllocationConfig, Result};

pub const RUNS: usize = 5;

/// Prints a name and the best of several runs' seconds.
pub fn report(group: &str, name: &str, n: u32, mut run: impl FnMut() -> Result<()>) -> Result<()> {
    let mut best = f64::MAX;
    for _ in 0..RUNS {
        let start = Instant::now();
        run()?;
        best = best.min(start.elapsed().as_secs_f64() / f64::from(n));
    }
    println!("{group}, {name}\t{best:.3e}");
    Ok(())
}

/// The pool's settings are those of src/engine/engine.c; nothing else is on that its calls would pay for.
pub fn engine() -> Result<Engine> {
    let mut pool = PoolingAllocationConfig::new();
    pool.total_memories(1000)
        .total_core_instances(8000)
        .total_component_instances(1000)
        .total_tables(2000)
        .max_memories_per_module(16)
        .max_tables_per_module(16)
        .max_memories_per_component(16)
        .max_tables_per_component(32)
        .table_elements(1 << 20)
        .max_unused_warm_slots(1000)
        .linear_memory_keep_resident(4 << 20)
        .table_keep_resident(1 << 20)
        .pagemap_scan(Enabled::Auto);
    let mut config = Config::new();
    config.allocation_strategy(InstanceAllocationStrategy::Pooling(pool));
    config.memory_may_move(false);
    Engine::new(&config)
}

fn main() -> Result<()> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    match arguments.split_first() {
        Some((verb, files)) if verb == "calls" && files.len() == 1 => calls::measure(&files[0]),
        Some((verb, files)) if verb == "compose" && files.len() == 1 => compose::measure(&files[0]),
        Some((verb, files)) if verb == "components" => components::measure(files),
        _ => {
            eprintln!("usage: peer calls CALLS.wasm | peer compose COMPOSE.wasm | peer components FILE.wasm...");
            std::process::exit(2)
        }
    }
}
