//! Handles messages of Redis with spin-sdk, of any version from 3 to 5: appends each to the list `seen` and prints it.

use anyhow::{bail, Result};
use bytes::Bytes;
use spin_sdk::redis::{Connection, RedisParameter};
use spin_sdk::{redis_component, variables};

#[redis_component]
fn on_message(message: Bytes) -> Result<()> {
    println!("message {}", String::from_utf8_lossy(&message));
    if &message[..] == b"fail" {
        bail!("asked to fail");
    }
    let connection = Connection::open(&variables::get("redis_address")?)?;
    let words = [RedisParameter::Binary(b"seen".to_vec()), RedisParameter::Binary(message.to_vec())];
    connection.execute("rpush", &words)?;
    Ok(())
}
