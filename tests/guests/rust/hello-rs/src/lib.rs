//! A Spin component in Rust: a greeting, a counter in key-value, a setting, an echo, a socket, a panic.

use spin_sdk::http::{IntoResponse, Method, Request, Response};
use spin_sdk::http_component;
use spin_sdk::key_value::Store;
use spin_sdk::variables;

#[http_component]
fn handle(request: Request) -> anyhow::Result<impl IntoResponse> {
    let body = match (request.method(), request.path()) {
        (Method::Get, "/count") => count()?,
        (Method::Get, "/setting") => variables::get("greeting")?,
        (Method::Get, "/panic") => panic!("on purpose"),
        (Method::Get, "/fail") => anyhow::bail!("an error, on purpose"),
        (Method::Get, path) if path.starts_with("/socket/") => socket(&path[8..]),
        (Method::Post, _) => String::from_utf8_lossy(request.body()).to_uppercase(),
        _ => format!("Hello from Rust at {}\n", request.path()),
    };
    Ok(Response::builder()
        .status(200)
        .header("content-type", "text/plain")
        .body(body)
        .build())
}

fn count() -> anyhow::Result<String> {
    let store = Store::open_default()?;
    let before = match store.get("visits")? {
        Some(bytes) => String::from_utf8(bytes)?.parse()?,
        None => 0u64,
    };
    let now = before + 1;
    store.set("visits", now.to_string().as_bytes())?;
    Ok(format!("{now}\n"))
}

/// Asks who listens there what it has to say: "HOST:PORT".
fn socket(address: &str) -> String {
    use std::io::Read;
    let mut text = String::new();
    let done = std::net::TcpStream::connect(address).and_then(|mut stream| stream.read_to_string(&mut text));
    match done {
        Ok(_) => text,
        Err(error) => format!("error {:?}", error.kind()),
    }
}
