//! A command in Rust: cli-rs ACTION [ARGS]. What a program written against Rust's standard library sees of the host.

use std::collections::HashMap;
use std::io::{BufRead, Write};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};
use std::{env, fs, io, process, thread};

fn main() -> io::Result<()> {
    let args: Vec<String> = env::args().collect();
    match args.get(1).map(String::as_str) {
        Some("args") => args.iter().for_each(|arg| println!("{arg}")),
        Some("env") => env::vars().for_each(|(name, value)| println!("{name}={value}")),
        Some("list") => list(args.get(2).map_or(".", String::as_str))?,
        Some("files") => files(args.get(2).map_or(".", String::as_str))?,
        Some("lines") => lines()?,
        Some("time") => time(),
        Some("map") => map(),
        Some("panic") => panic!("on purpose"),
        Some("exit") => process::exit(args.get(2).and_then(|n| n.parse().ok()).unwrap_or(3)),
        _ => {
            eprintln!("unknown action");
            process::exit(2);
        }
    }
    Ok(())
}

fn list(path: &str) -> io::Result<()> {
    let mut names = Vec::new();
    for entry in fs::read_dir(path)? {
        let entry = entry?;
        let kind = if entry.file_type()?.is_dir() { "/" } else { "" };
        names.push(format!("{}{kind}", entry.file_name().to_string_lossy()));
    }
    names.sort();
    names.iter().for_each(|name| println!("{name}"));
    Ok(())
}

fn files(path: &str) -> io::Result<()> {
    let folder = format!("{path}/made-by-rust");
    fs::create_dir(&folder)?;
    let file = format!("{folder}/one.txt");
    fs::write(&file, "one\ntwo\n")?;
    fs::OpenOptions::new().append(true).open(&file)?.write_all(b"three\n")?;
    println!("{} bytes", fs::metadata(&file)?.len());
    println!("{} lines", fs::read_to_string(&file)?.lines().count());
    fs::rename(&file, format!("{folder}/two.txt"))?;
    println!("{:?}", fs::read(&file).unwrap_err().kind());
    println!("{:?}", fs::read(format!("{path}/../outside.txt")).unwrap_err().kind());
    fs::remove_file(format!("{folder}/two.txt"))?;
    fs::remove_dir(&folder)
}

fn lines() -> io::Result<()> {
    let mut total = 0;
    let mut count = 0;
    for line in io::stdin().lock().lines() {
        total += line?.len();
        count += 1;
    }
    println!("{count} lines, {total} bytes");
    Ok(())
}

fn time() {
    let start = Instant::now();
    thread::sleep(Duration::from_millis(20));
    let slept = start.elapsed() >= Duration::from_millis(20);
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    println!("{}\nslept {slept}", now.as_secs());
}

fn map() {
    let words: HashMap<&str, usize> = ["a", "bb", "ccc"].map(|word| (word, word.len())).into();
    let mut sums: Vec<_> = words.iter().map(|(word, len)| format!("{word}={len}")).collect();
    sums.sort();
    println!("{}", sums.join(" "));
}
