//! A Spin component in Rust: a greeting, a counter in key-value, a setting, an echo, a panic.

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
