//! Uses all that spin-sdk has, of any version from 3 to 5: each path tries one interface and says what came of it.

use anyhow::{Context, Result};
use spin_sdk::http::{send, IntoResponse, Method, Params, Request, Response, Router};
use spin_sdk::{http_component, key_value, llm, mqtt, mysql, pg, redis, sqlite, variables};

#[http_component]
async fn handle(request: Request) -> impl IntoResponse {
    let mut router = Router::new();
    router.get("/kv", answering(kv));
    router.get("/kv/visits", answering(visits));
    router.get("/kv/:store", |_: Request, parameters: Params| {
        answer(key_value::Store::open(parameters.get("store").unwrap()).map(|_| String::new()).map_err(Into::into))
    });
    router.get("/variable/:name", |_: Request, parameters: Params| {
        answer(variables::get(parameters.get("name").unwrap()).map_err(Into::into))
    });
    router.get("/wasi", answering(wasi));
    router.get("/reach/:kind/:name", |_: Request, parameters: Params| {
        answer(reach(parameters.get("kind").unwrap(), parameters.get("name").unwrap()))
    });
    router.get("/sqlite", answering(sqlite));
    router.get("/sqlite/:label", |_: Request, parameters: Params| {
        answer(sqlite::Connection::open(parameters.get("label").unwrap()).map(|_| String::new()).map_err(Into::into))
    });
    router.get("/redis", answering(redis));
    router.get("/postgres", answering(postgres));
    router.get("/mysql", answering(mysql));
    router.get("/mqtt", answering(mqtt));
    router.get("/llm", answering(llm));
    router.get("/embed", answering(embed));
    router.any_async("/http", |request: Request, _: Params| async move { answer(http(request).await) });
    #[cfg(feature = "newer")]
    {
        router.get("/sqlite3", answering(newer::sqlite3));
        router.get("/postgres3", answering(newer::postgres3));
        router.get("/postgres4", answering(newer::postgres4));
    }
    router.handle_async(request).await
}

fn answering(act: fn() -> Result<String>) -> impl Fn(Request, Params) -> Response {
    move |_, _| answer(act())
}

fn answer(result: Result<String>) -> Response {
    let (status, body) = match result {
        Ok(text) => (200, text),
        Err(error) => (500, format!("{error:?}")),
    };
    Response::builder().status(status).header("content-type", "text/plain").body(body).build()
}

fn kv() -> Result<String> {
    let store = key_value::Store::open_default()?;
    store.set("a", "grün".as_bytes())?;
    store.set("b", &(0..=255).collect::<Vec<u8>>())?;
    let (a, b) = (store.get("a")?.context("no a")?, store.get("b")?.context("no b")?);
    let mut keys = store.get_keys()?;
    keys.retain(|key| key.len() == 1);
    keys.sort();
    let mut lines = vec![
        format!("get {}", String::from_utf8(a)?),
        format!("binary {} {}", b.len(), b[255]),
        format!("exists {} {}", store.exists("a")?, store.exists("none")?),
        format!("keys {}", keys.join(",")),
    ];
    store.delete("a")?;
    lines.push(format!("deleted {}", store.get("a")?.is_none()));
    Ok(lines.join("\n"))
}

fn visits() -> Result<String> {
    let store = key_value::Store::open_default()?;
    let before = store.get("visits")?.map_or(Ok(0u64), |bytes| String::from_utf8_lossy(&bytes).parse())?;
    store.set("visits", (before + 1).to_string().as_bytes())?;
    Ok((before + 1).to_string())
}

fn wasi() -> Result<String> {
    Ok(format!("environment {}\nfile {}", std::env::var("MOOD")?, std::fs::read_to_string("/words.txt")?))
}

/// What a program of the standard library can reach: the names of its environment, the names in its folders, sockets.
fn reach(kind: &str, name: &str) -> Result<String> {
    use std::net::{TcpListener, TcpStream, ToSocketAddrs, UdpSocket};
    Ok(match kind {
        "environment" => std::env::vars().map(|(name, value)| format!("{name}={value}")).collect::<Vec<_>>().join("\n"),
        "folder" => std::fs::read_dir(name.replace('+', "/"))?
            .map(|entry| entry.map(|entry| entry.file_name().to_string_lossy().into_owned()))
            .collect::<Result<Vec<_>, _>>()?
            .join("\n"),
        "tcp" => TcpStream::connect(name).map(|_| "connected".to_string())?,
        "udp" => UdpSocket::bind("0.0.0.0:0")?.send_to(b"x", name).map(|count| count.to_string())?,
        "listen" => TcpListener::bind(name).map(|_| "listens".to_string())?,
        "name" => (name, 80).to_socket_addrs()?.map(|address| address.to_string()).collect(),
        _ => anyhow::bail!("nothing of that kind"),
    })
}

fn sqlite() -> Result<String> {
    use sqlite::Value;
    let connection = sqlite::Connection::open_default()?;
    connection.execute("CREATE TABLE IF NOT EXISTS notes (i INTEGER, r REAL, t TEXT, b BLOB, n TEXT)", &[])?;
    let values = [Value::Integer(42), Value::Real(1.5), Value::Text("grün".into()), Value::Blob(vec![1, 2, 255]), Value::Null];
    connection.execute("INSERT INTO notes VALUES (?, ?, ?, ?, ?)", &values)?;
    let result = connection.execute("SELECT i, r, t, b, n, (SELECT count(*) FROM notes) c FROM notes LIMIT 1", &[])?;
    let row = result.rows().next().context("no row")?;
    Ok(format!(
        "columns {}\nrow {} {} {} {:?} {}\ncount {}",
        result.columns.join(","),
        row.get::<i64>("i").context("i")?,
        row.get::<f64>("r").context("r")?,
        row.get::<&str>("t").context("t")?,
        row.get::<&[u8]>("b").context("b")?,
        row.get::<&str>("n").unwrap_or("null"),
        row.get::<u32>("c").context("c")?,
    ))
}

fn redis() -> Result<String> {
    use redis::RedisParameter::{Binary, Int64};
    let connection = redis::Connection::open(&variables::get("redis_address")?)?;
    let names = |names: &[&str]| names.iter().map(|name| name.to_string()).collect::<Vec<_>>();
    connection.del(&names(&["text", "number", "set", "list"]))?;
    connection.set("text", &"grün".as_bytes().to_vec())?;
    let text = connection.get("text")?.context("no text")?;
    let mut lines = vec![format!("get {}", String::from_utf8(text)?)];
    lines.push(format!("missing {}", connection.get("none")?.is_none()));
    lines.push(format!("incr {} {}", connection.incr("number")?, connection.incr("number")?));
    lines.push(format!("sadd {}", connection.sadd("set", &names(&["x", "y", "x"]))?));
    let mut members = connection.smembers("set")?;
    members.sort();
    lines.push(format!("smembers {}", members.join(",")));
    lines.push(format!("srem {}", connection.srem("set", &names(&["x"]))?));
    connection.execute("rpush", &[Binary(b"list".to_vec()), Binary(b"one".to_vec()), Int64(2)])?;
    let range = [Binary(b"list".to_vec()), Int64(0), Int64(-1)];
    lines.push(format!("execute {}", connection.execute("lrange", &range)?.iter().map(shown).collect::<Vec<_>>().join(",")));
    lines.push(format!("ping {}", connection.execute("ping", &[])?.iter().map(shown).collect::<String>()));
    lines.push(format!("type {}", connection.sadd("text", &names(&["x"])).is_err()));
    lines.push(format!("del {}", connection.del(&names(&["text", "none"]))?));
    connection.publish("news", &b"from the guest".to_vec())?;
    Ok(lines.join("\n"))
}

fn shown(result: &redis::RedisResult) -> String {
    match result {
        redis::RedisResult::Nil => "nil".into(),
        redis::RedisResult::Status(text) => format!("status:{text}"),
        redis::RedisResult::Int64(number) => number.to_string(),
        redis::RedisResult::Binary(bytes) => String::from_utf8_lossy(bytes).into_owned(),
    }
}

fn postgres() -> Result<String> {
    use pg::{Decode, ParameterValue};
    let connection = pg::Connection::open(&variables::get("postgres_address")?)?;
    connection.execute("CREATE TABLE IF NOT EXISTS pets (id bigserial, name text, age int4, weight float8, good bool, tag bytea)", &[])?;
    let values = [
        ParameterValue::Str("Grünfink".into()),
        ParameterValue::Int32(3),
        ParameterValue::Floating64(0.25),
        ParameterValue::Boolean(true),
        ParameterValue::Binary(vec![0, 255]),
    ];
    let count = connection.execute("INSERT INTO pets (name, age, weight, good, tag) VALUES ($1, $2, $3, $4, $5)", &values)?;
    let found = connection.query("SELECT name, age, weight, good, tag, NULL::text FROM pets WHERE name = $1 LIMIT 1", &values[..1])?;
    let row = found.rows.first().context("no row")?;
    Ok(format!(
        "inserted {count}\ncolumns {}\nrow {} {} {} {} {:?} {}",
        found.columns.iter().take(5).map(|column| column.name.as_str()).collect::<Vec<_>>().join(","),
        String::decode(&row[0])?,
        i32::decode(&row[1])?,
        f64::decode(&row[2])?,
        bool::decode(&row[3])?,
        Vec::<u8>::decode(&row[4])?,
        Option::<String>::decode(&row[5])?.unwrap_or("null".into()),
    ))
}

fn mysql() -> Result<String> {
    use mysql::{Decode, ParameterValue};
    let connection = mysql::Connection::open(&variables::get("mysql_address")?)?;
    connection.execute("CREATE TABLE IF NOT EXISTS pets (id int auto_increment primary key, name text, age int, weight double, tag blob)", &[])?;
    let values = [
        ParameterValue::Str("Grünfink".into()),
        ParameterValue::Int32(3),
        ParameterValue::Floating64(0.25),
        ParameterValue::Binary(vec![0, 255]),
    ];
    connection.execute("INSERT INTO pets (name, age, weight, tag) VALUES (?, ?, ?, ?)", &values)?;
    let found = connection.query("SELECT name, age, weight, tag, NULL FROM pets WHERE name = ? LIMIT 1", &values[..1])?;
    let row = found.rows.first().context("no row")?;
    Ok(format!(
        "columns {}\nrow {} {} {} {:?} {}",
        found.columns.iter().take(4).map(|column| column.name.as_str()).collect::<Vec<_>>().join(","),
        String::decode(&row[0])?,
        i32::decode(&row[1])?,
        f64::decode(&row[2])?,
        Vec::<u8>::decode(&row[3])?,
        Option::<String>::decode(&row[4])?.unwrap_or("null".into()),
    ))
}

fn mqtt() -> Result<String> {
    let (user, password) = (variables::get("mqtt_user")?, variables::get("mqtt_password")?);
    let connection = mqtt::Connection::open(&variables::get("mqtt_address")?, &user, &password, 30)?;
    for (payload, quality) in [("zero", mqtt::Qos::AtMostOnce), ("one", mqtt::Qos::AtLeastOnce), ("two", mqtt::Qos::ExactlyOnce)] {
        connection.publish("sdk/news", &payload.as_bytes().to_vec(), quality)?;
    }
    Ok("published".into())
}

fn llm() -> Result<String> {
    let options = llm::InferencingParams { max_tokens: 7, ..Default::default() };
    let answer = llm::infer_with_options(llm::InferencingModel::Llama2Chat, "Say grün", options)?;
    Ok(format!("{}\nusage {} {}", answer.text, answer.usage.prompt_token_count, answer.usage.generated_token_count))
}

fn embed() -> Result<String> {
    let answer = llm::generate_embeddings(llm::EmbeddingModel::AllMiniLmL6V2, &["one".to_string(), "two".to_string()])?;
    Ok(format!("{:?}\nusage {}", answer.embeddings, answer.usage.prompt_token_count))
}

/// Asks the origin once without and once with a body.
async fn http(request: Request) -> Result<String> {
    let origin = variables::get("origin")?;
    let first: Response = send(Request::get(format!("{origin}/hello"))).await?;
    let mut second = Request::builder();
    second.method(Method::Post).uri(format!("{origin}/echo")).header("x-color", "grün").body(request.body().to_vec());
    let second: Response = send(second.build()).await?;
    Ok(format!(
        "{} {}\n{} {}",
        first.status(),
        String::from_utf8_lossy(first.body()),
        second.status(),
        String::from_utf8_lossy(second.body())
    ))
}

#[cfg(feature = "newer")]
#[path = "newer.rs"]
mod newer;
