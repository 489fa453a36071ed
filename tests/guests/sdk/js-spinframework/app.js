// The guest on @spinframework's packages: two of the SDK's interfaces have theirs here, the others are imported as such.
import { Connection as Mqtt } from 'fermyon:spin/mqtt@2.0.0';
import { Connection as Postgres } from 'fermyon:spin/postgres@2.0.0';
import { Connection as Redis } from 'fermyon:spin/redis@2.0.0';
import { Connection as Sqlite } from 'fermyon:spin/sqlite@2.0.0';
import { Store } from 'fermyon:spin/key-value@2.0.0';
import { get } from 'fermyon:spin/variables@2.0.0';
import * as Llm from '@spinframework/spin-llm';
import * as Mysql from '@spinframework/spin-mysql';
import { paths } from '../js/story.js';

const encoder = new TextEncoder();

const tagged = (value, names) =>
  typeof value === 'object' ? value : { tag: names[typeof value] ?? (value % 1 ? names.real : names.integer), val: value };

function openStore(label) {
  const store = Store.open(label);
  const [get, exists, getKeys] = [(key) => store.get(key), (key) => store.exists(key), () => store.getKeys()];
  return { get, exists, getKeys, set: (key, value) => store.set(key, encoder.encode(value)), delete: (key) => store.delete(key), store };
}

function openSqlite(label) {
  const connection = Sqlite.open(label);
  const names = { bigint: 'integer', string: 'text', real: 'real', integer: 'integer' };
  return {
    execute: (statement, values) => {
      const { columns, rows } = connection.execute(statement, values.map((value) => tagged(value, names)));
      return { columns, rows: rows.map((row) => Object.fromEntries(row.values.map((value, i) => [columns[i], value.val]))) };
    },
  };
}

function openPostgres(address) {
  const connection = Postgres.open(address);
  const names = { boolean: 'boolean', bigint: 'int64', string: 'str', real: 'floating64', integer: 'int32' };
  const parameters = (values) => values.map((value) => tagged(value, names));
  return {
    execute: (statement, values) => connection.execute(statement, parameters(values)),
    query: (statement, values) => {
      const { columns, rows } = connection.query(statement, parameters(values));
      const named = (row) => Object.fromEntries(row.map((value, i) => [columns[i].name, value.tag === 'db-null' ? null : value.val]));
      return { columns, rows: rows.map(named) };
    },
  };
}

const answer = paths({
  Kv: { open: openStore, openDefault: () => openStore('default') },
  Llm,
  Mqtt,
  Mysql,
  Postgres: { open: openPostgres },
  Redis,
  Sqlite: { open: openSqlite, openDefault: () => openSqlite('default') },
  Variables: { get },
  setBytes: ({ store }, key, value) => store.set(key, value),
});
addEventListener('fetch', (event) => event.respondWith(answer(event.request)));
