//! What spin-sdk has since version 5 only: the newer interfaces to SQLite and PostgreSQL with their further types.

use anyhow::{Context, Result};
use spin_sdk::{pg3, pg4, sqlite3, variables};

pub fn sqlite3() -> Result<String> {
    use sqlite3::Value;
    let connection = sqlite3::Connection::open_default()?;
    connection.execute("CREATE TABLE IF NOT EXISTS numbered (id INTEGER PRIMARY KEY, name TEXT)", &[])?;
    connection.execute("DELETE FROM numbered", &[])?;
    connection.execute("INSERT INTO numbered VALUES (?, ?)", &[Value::Integer(7), Value::Text("grün".into())])?;
    let (id, changes) = (connection.last_insert_rowid(), connection.changes());
    let result = connection.execute("SELECT name FROM numbered", &[])?;
    let row = result.rows().next().context("no row")?;
    Ok(format!("id {id}\nchanges {changes}\nname {}", row.get::<&str>("name").context("name")?))
}

pub fn postgres3() -> Result<String> {
    use pg3::Decode;
    let connection = pg3::Connection::open(&variables::get("postgres_address")?)?;
    let values = [pg3::ParameterValue::Date((2024, 2, 29)), pg3::ParameterValue::Time((13, 14, 15, 16000))];
    let found = connection.query("SELECT $1::date, $2::time, $1::date + $2::time", &values)?;
    let row = found.rows.first().context("no row")?;
    let date = chrono::NaiveDate::decode(&row[0])?;
    let time = chrono::NaiveTime::decode(&row[1])?;
    let both = chrono::NaiveDateTime::decode(&row[2])?;
    Ok(format!("date {date}\ntime {time}\nboth {both}"))
}

pub fn postgres4() -> Result<String> {
    let connection = pg4::Connection::open(&variables::get("postgres_address")?)?;
    let id = uuid::Uuid::from_u128(0x1234_5678_9abc_def0_1234_5678_9abc_def0);
    let values = [
        id.into(),
        pg4::jsonb(&serde_json::json!({"a": [1, "grün"]}))?,
        vec![1i32, 2, 3].into(),
        (1i32..5).into(),
    ];
    let found = connection.query("SELECT $1::uuid u, $2::jsonb j, $3::int4[] l, $4::int4range r, 1.50::numeric n", &values)?;
    let row = found.rows().next().context("no row")?;
    let list = row.get::<Vec<Option<i32>>>("l").context("l")?;
    let refused = match connection.query("SELECT * FROM nowhere", &[]) {
        Err(pg4::PgError::QueryFailed(pg4::QueryError::DbError(error))) => error.code,
        other => format!("{:?}", other.is_ok()),
    };
    Ok(format!(
        "uuid {}\njson {}\nlist {:?}\nnumber {}\nrefused {refused}",
        row.get::<uuid::Uuid>("u").context("u")?,
        row.get::<serde_json::Value>("j").context("j")?,
        list.into_iter().flatten().collect::<Vec<_>>(),
        row.get::<rust_decimal::Decimal>("n").context("n")?,
    ))
}
