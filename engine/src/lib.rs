//! Wasmtime's C API as it is, and the few functions that it lacks. Each says why it is here.

use std::mem::size_of;
use wasmtime::{Enabled, PoolingAllocationConfig, ResourceLimiter, Result, Store};
pub use wasmtime_c_api::*;

/// The C API has no setter for PAGEMAP_SCAN, which resets just the pages that a guest wrote
/// (Linux 6.7 and newer; "auto" falls back by itself on older kernels).
///
/// # Safety
/// `config` comes from `wasmtime_pooling_allocation_config_new`.
#[no_mangle]
pub unsafe extern "C" fn withy_engine_pagemap_scan(config: *mut wasmtime_pooling_allocation_config_t) {
    const _: () =
        assert!(size_of::<wasmtime_pooling_allocation_config_t>() == size_of::<PoolingAllocationConfig>());
    (*config.cast::<PoolingAllocationConfig>()).pagemap_scan(Enabled::Auto);
}

/// What one store may use and uses, all its memories and tables together; lives in the host's
/// instance. The C API's own limiter looks at each memory by itself.
#[repr(C)]
pub struct withy_engine_limits_t {
    memory_bytes: u64,
    memory_bytes_max: u64,
    table_elements: u64,
    table_elements_max: u64,
    /// 0: no limit was hit; 1: memory; 2: tables.
    hit: u32,
}

/// The way to a store's limits. A store never leaves its thread (the host's own rule), so neither
/// does the pointer.
struct Limits(*mut withy_engine_limits_t);
unsafe impl Send for Limits {}
unsafe impl Sync for Limits {}

impl Limits {
    fn get(&self) -> *mut withy_engine_limits_t {
        self.0
    }
}

impl ResourceLimiter for withy_engine_limits_t {
    fn memory_growing(&mut self, current: usize, desired: usize, maximum: Option<usize>) -> Result<bool> {
        if maximum.is_some_and(|maximum| desired > maximum) {
            return Ok(false);
        }
        let total = self.memory_bytes.saturating_add((desired - current) as u64);
        if total > self.memory_bytes_max {
            self.hit = 1;
            return Ok(false);
        }
        self.memory_bytes = total;
        Ok(true)
    }

    fn table_growing(&mut self, current: usize, desired: usize, maximum: Option<usize>) -> Result<bool> {
        if maximum.is_some_and(|maximum| desired > maximum) {
            return Ok(false);
        }
        let total = self.table_elements.saturating_add((desired - current) as u64);
        if total > self.table_elements_max {
            self.hit = 2;
            return Ok(false);
        }
        self.table_elements = total;
        Ok(true)
    }
}

/// Counts all memories and tables of `store` against `limits`, which must outlive the store.
///
/// # Safety
/// `store` comes from `wasmtime_store_new`; `limits` stays in place until the store is deleted.
#[no_mangle]
pub unsafe extern "C" fn withy_engine_store_limits(
    store: *mut wasmtime_store_t,
    limits: *mut withy_engine_limits_t,
) {
    const _: () = assert!(size_of::<wasmtime_store_t>() == size_of::<Store<WasmtimeStoreData>>());
    let store = &mut *store.cast::<Store<WasmtimeStoreData>>();
    let limits = Limits(limits);
    store.limiter(move |_data| unsafe { &mut *limits.get() });
}
