//! A component of spin-sdk 6, which is of the WASI 0.3 generation.

use spin_sdk::{http::Request, http_service};

#[http_service]
async fn handle(_: Request) -> &'static str {
    "Hello from Rust\n"
}
