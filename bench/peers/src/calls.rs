//! Calls in both directions, by what they pass, through the bindings that `bindgen!` makes.

use crate::{engine, report};
use wasmtime::component::{bindgen, Component, HasSelf, Linker};
use wasmtime::{Result, Store};

bindgen!({
    path: "../data/calls.wit",
    world: "calls",
    ownership: Borrowing { duplicate_if_necessary: true },
});

use bench::calls::shapes::{Item, Point};
use exports::bench::calls::loops::Guest as Loops;
use exports::bench::calls::shapes as guest;

const BYTES: usize = 1 << 20;
const COUNT: usize = 100;

/// What the host passes, and where it keeps what it is passed.
struct State {
    text: String,
    bytes: Vec<u8>,
    points: Vec<Point>,
    items: Vec<Item>,
    kept: Vec<u8>,
}

impl bench::calls::shapes::Host for State {
    fn scalars(&mut self, a: u32, b: u32) -> u32 {
        a.wrapping_add(b)
    }
    fn take_string(&mut self, s: String) -> u32 {
        s.len() as u32
    }
    fn give_string(&mut self, len: u32) -> String {
        self.text[..len as usize].to_string()
    }
    fn move_point(&mut self, p: Point) -> Point {
        Point { x: p.y, y: p.x, ..p }
    }
    fn take_points(&mut self, points: Vec<Point>) -> u32 {
        points.len() as u32
    }
    fn give_points(&mut self, count: u32) -> Vec<Point> {
        self.points[..count as usize].to_vec()
    }
    fn take_items(&mut self, items: Vec<Item>) -> u32 {
        items.len() as u32
    }
    fn give_items(&mut self, count: u32) -> Vec<Item> {
        self.items[..count as usize].to_vec()
    }
    fn read_bytes(&mut self, bytes: Vec<u8>) -> u32 {
        u32::from(bytes[..] == self.bytes[..bytes.len()])
    }
    fn keep_bytes(&mut self, bytes: Vec<u8>) -> u32 {
        self.kept = bytes;
        self.kept.len() as u32
    }
    fn give_bytes(&mut self, len: u32) -> Vec<u8> {
        self.bytes[..len as usize].to_vec()
    }
}

fn state() -> State {
    State {
        text: "x".repeat(BYTES),
        bytes: vec![0; BYTES],
        points: (0..COUNT as u32).map(|id| Point { x: id.into(), y: 1.5, id, visible: true }).collect(),
        items: (0..COUNT as u32).map(|stock| Item { name: "x".repeat(16), price: 100, stock }).collect(),
        kept: Vec::new(),
    }
}

fn guest_to_host(store: &mut Store<State>, loops: &Loops) -> Result<()> {
    let group = "guest to host";
    let mut run = |name: &str, n: u32, size: u32, call: fn(&Loops, &mut Store<State>, u32, u32) -> Result<()>| {
        report(group, name, n, || call(loops, store, n, size))
    };
    run("two scalars", 1_000_000, 1, |l, s, n, size| l.call_scalars(s, n, size))?;
    run("string of 16 bytes, taken", 500_000, 16, |l, s, n, size| l.call_take_string(s, n, size))?;
    run("string of 16 bytes, given", 500_000, 16, |l, s, n, size| l.call_give_string(s, n, size))?;
    run("string of 1 KiB, taken", 200_000, 1024, |l, s, n, size| l.call_take_string(s, n, size))?;
    run("string of 1 KiB, given", 200_000, 1024, |l, s, n, size| l.call_give_string(s, n, size))?;
    run("record, taken and given", 500_000, 1, |l, s, n, size| l.call_move_point(s, n, size))?;
    run("list of 100 records, taken", 20_000, 100, |l, s, n, size| l.call_take_points(s, n, size))?;
    run("list of 100 records, given", 20_000, 100, |l, s, n, size| l.call_give_points(s, n, size))?;
    run("list of 100 records with strings, taken", 5_000, 100, |l, s, n, size| l.call_take_items(s, n, size))?;
    run("list of 100 records with strings, given", 5_000, 100, |l, s, n, size| l.call_give_items(s, n, size))?;
    run("bytes, 1 MiB, looked at", 300, BYTES as u32, |l, s, n, size| l.call_read_bytes(s, n, size))?;
    run("bytes, 1 MiB, kept", 300, BYTES as u32, |l, s, n, size| l.call_keep_bytes(s, n, size))?;
    run("bytes, 1 MiB, given", 300, BYTES as u32, |l, s, n, size| l.call_give_bytes(s, n, size))
}

fn host_to_guest(store: &mut Store<State>, shapes: &guest::Guest) -> Result<()> {
    let state = state();
    let points: Vec<guest::Point> =
        state.points.iter().map(|p| guest::Point { x: p.x, y: p.y, id: p.id, visible: p.visible }).collect();
    let items: Vec<guest::ItemParam> = state
        .items
        .iter()
        .map(|i| guest::ItemParam { name: &i.name, price: i.price, stock: i.stock })
        .collect();
    let mut run = |name: &str, n: u32, call: &mut dyn FnMut(&mut Store<State>) -> Result<()>| {
        report("host to guest", name, n, || (0..n).try_for_each(|_| call(store)))
    };
    run("two scalars", 1_000_000, &mut |s| shapes.call_scalars(s, 1, 2).map(drop))?;
    run("string of 16 bytes, taken", 500_000, &mut |s| shapes.call_take_string(s, &state.text[..16]).map(drop))?;
    run("string of 16 bytes, given", 500_000, &mut |s| shapes.call_give_string(s, 16).map(drop))?;
    run("string of 1 KiB, taken", 200_000, &mut |s| shapes.call_take_string(s, &state.text[..1024]).map(drop))?;
    run("string of 1 KiB, given", 200_000, &mut |s| shapes.call_give_string(s, 1024).map(drop))?;
    run("record, taken and given", 500_000, &mut |s| shapes.call_move_point(s, points[1]).map(drop))?;
    run("list of 100 records, taken", 20_000, &mut |s| shapes.call_take_points(s, &points).map(drop))?;
    run("list of 100 records, given", 20_000, &mut |s| shapes.call_give_points(s, 100).map(drop))?;
    run("list of 100 records with strings, taken", 5_000, &mut |s| shapes.call_take_items(s, &items).map(drop))?;
    run("list of 100 records with strings, given", 5_000, &mut |s| shapes.call_give_items(s, 100).map(drop))?;
    run("bytes, 1 MiB, looked at", 300, &mut |s| shapes.call_read_bytes(s, &state.bytes).map(drop))?;
    run("bytes, 1 MiB, kept", 300, &mut |s| shapes.call_keep_bytes(s, &state.bytes).map(drop))?;
    run("bytes, 1 MiB, given", 300, &mut |s| shapes.call_give_bytes(s, BYTES as u32).map(drop))
}

pub fn measure(file: &str) -> Result<()> {
    let engine = engine()?;
    let component = Component::from_file(&engine, file)?;
    let mut linker = Linker::new(&engine);
    Calls::add_to_linker::<_, HasSelf<_>>(&mut linker, |state: &mut State| state)?;
    let mut store = Store::new(&engine, state());
    let calls = Calls::instantiate(&mut store, &component, &linker)?;
    guest_to_host(&mut store, calls.bench_calls_loops())?;
    host_to_guest(&mut store, calls.bench_calls_shapes())
}
