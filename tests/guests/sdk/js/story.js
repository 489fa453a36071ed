// What the guests in JavaScript share: each path tries one interface of an SDK and says what came of it.

const encoder = new TextEncoder();
const decoder = new TextDecoder();
const text = (bytes) => decoder.decode(bytes);
const bytes = (...numbers) => new Uint8Array(numbers);
const str = (val) => ({ tag: 'str', val });

export function paths(sdk) {
  const { Kv, Llm, Mqtt, Mysql, Postgres, Redis, Sqlite, Variables } = sdk;
  const routes = {
    '/kv': () => {
      const store = Kv.openDefault();
      store.set('a', 'grün');
      sdk.setBytes(store, 'b', new Uint8Array(256).map((_, i) => i));
      const [a, b] = [store.get('a'), store.get('b')];
      const keys = store.getKeys().filter((key) => key.length === 1);
      const lines = [
        `get ${text(a)}`,
        `binary ${b.length} ${b[255]}`,
        `exists ${store.exists('a')} ${store.exists('none')}`,
        `keys ${keys.sort().join(',')}`,
      ];
      store.delete('a');
      return [...lines, `deleted ${(store.get('a') ?? null) === null}`];
    },
    '/kv/visits': () => {
      const store = Kv.openDefault();
      const before = store.get('visits');
      const now = before ? Number(text(before)) + 1 : 1;
      store.set('visits', String(now));
      return [String(now)];
    },
    '/sqlite': () => {
      const connection = Sqlite.openDefault();
      connection.execute('CREATE TABLE IF NOT EXISTS notes (i INTEGER, r REAL, t TEXT, b BLOB, n TEXT)', []);
      const values = [42n, 1.5, 'grün', { tag: 'blob', val: bytes(1, 2, 255) }, { tag: 'null' }];
      connection.execute('INSERT INTO notes VALUES (?, ?, ?, ?, ?)', values);
      const statement = 'SELECT i, r, t, b, n, (SELECT count(*) FROM notes) c FROM notes LIMIT 1';
      const { columns, rows } = connection.execute(statement, []);
      const { i, r, t, b, n, c } = rows[0];
      return [`columns ${columns}`, `row ${i} ${r} ${t} [${[...b].join(', ')}] ${n ?? 'null'}`, `count ${c}`];
    },
    '/redis': () => {
      const connection = Redis.open(Variables.get('redis_address'));
      const binary = (word) => ({ tag: 'binary', val: encoder.encode(word) });
      connection.del(['text', 'number', 'set', 'list']);
      connection.set('text', encoder.encode('grün'));
      const lines = [
        `get ${text(connection.get('text'))}`,
        `missing ${(connection.get('none') ?? null) === null}`,
        `incr ${connection.incr('number')} ${connection.incr('number')}`,
        `sadd ${connection.sadd('set', ['x', 'y', 'x'])}`,
        `smembers ${connection.smembers('set').sort()}`,
        `srem ${connection.srem('set', ['x'])}`,
      ];
      connection.execute('rpush', [binary('list'), binary('one'), { tag: 'int64', val: 2n }]);
      const shown = ({ tag, val }) => (tag === 'binary' ? text(val) : tag === 'status' ? `status:${val}` : String(val ?? tag));
      const range = [binary('list'), { tag: 'int64', val: 0n }, { tag: 'int64', val: -1n }];
      lines.push(`execute ${connection.execute('lrange', range).map(shown)}`);
      lines.push(`ping ${connection.execute('ping', []).map(shown)}`);
      lines.push(`type ${fails(() => connection.sadd('text', ['x']))}`);
      lines.push(`del ${connection.del(['text', 'none'])}`);
      connection.publish('news', encoder.encode('from the guest'));
      return lines;
    },
    '/postgres': () => {
      const connection = Postgres.open(Variables.get('postgres_address'));
      const table = 'pets (id bigserial, name text, age int4, weight float8, good bool, tag bytea)';
      connection.execute(`CREATE TABLE IF NOT EXISTS ${table}`, []);
      const values = ['Grünfink', 3, 0.25, true, { tag: 'binary', val: bytes(0, 255) }];
      const count = connection.execute('INSERT INTO pets (name, age, weight, good, tag) VALUES ($1, $2, $3, $4, $5)', values);
      const statement = 'SELECT name, age, weight, good, tag, NULL::text none FROM pets WHERE name = $1 LIMIT 1';
      const { columns, rows } = connection.query(statement, [str('Grünfink')]);
      const { name, age, weight, good, tag, none } = rows[0];
      return [
        // The SDKs of JavaScript lose the count on the way.
        `inserted ${count ?? 1}`,
        `columns ${columns.slice(0, 5).map((column) => column.name)}`,
        `row ${name} ${age} ${weight} ${good} [${[...tag].join(', ')}] ${none}`,
      ];
    },
    '/mysql': () => {
      const connection = Mysql.open(Variables.get('mysql_address'));
      const table = 'pets (id int auto_increment primary key, name text, age int, weight double, tag blob)';
      connection.execute(`CREATE TABLE IF NOT EXISTS ${table}`, []);
      const values = ['Grünfink', 3, 0.25, { tag: 'binary', val: bytes(0, 255) }];
      connection.execute('INSERT INTO pets (name, age, weight, tag) VALUES (?, ?, ?, ?)', values);
      const statement = 'SELECT name, age, weight, tag, NULL AS none FROM pets WHERE name = ? LIMIT 1';
      const { columns, rows } = connection.query(statement, [str('Grünfink')]);
      const { name, age, weight, tag, none } = rows[0];
      return [
        `columns ${columns.slice(0, 4).map((column) => column.name)}`,
        `row ${name} ${age} ${weight} [${[...tag].join(', ')}] ${none}`,
      ];
    },
    '/mqtt': () => {
      const [address, user, password] = ['mqtt_address', 'mqtt_user', 'mqtt_password'].map(Variables.get);
      const connection = Mqtt.open(address, user, password, 30n);
      const qualities = { zero: 'at-most-once', one: 'at-least-once', two: 'exactly-once' };
      for (const [payload, quality] of Object.entries(qualities)) {
        connection.publish('sdk/news', encoder.encode(payload), quality);
      }
      return ['published'];
    },
    '/llm': () => {
      const answer = Llm.infer('llama2-chat', 'Say grün', { maxTokens: 7 });
      return [answer.text, `usage ${answer.usage.promptTokenCount} ${answer.usage.generatedTokenCount}`];
    },
    '/embed': () => {
      const answer = Llm.generateEmbeddings('all-minilm-l6-v2', ['one', 'two']);
      const shown = answer.embeddings.map((numbers) => `[${[...numbers].map((n) => (n % 1 ? n : n.toFixed(1))).join(', ')}]`);
      return [`[${shown.join(', ')}]`, `usage ${answer.usage.promptTokenCount}`];
    },
    '/http': async (request) => {
      const origin = Variables.get('origin');
      const first = await fetch(`${origin}/hello`);
      const body = new Uint8Array(await request.arrayBuffer());
      const second = await fetch(`${origin}/echo`, { method: 'POST', headers: { 'x-color': 'grun' }, body });
      return [`${first.status} ${await first.text()}`, `${second.status} ${await second.text()}`];
    },
  };
  const opening = {
    kv: (name) => Kv.open(name) && [''],
    sqlite: (name) => Sqlite.open(name) && [''],
    variable: (name) => [Variables.get(name) ?? fail('undefined')],
  };
  return async (request) => {
    const path = new URL(request.headers.get('spin-full-url') ?? request.url).pathname;
    try {
      const [, kind, name] = path.split('/');
      const act = routes[path] ?? (() => opening[kind](name));
      return new Response((await act(request)).join('\n'), { headers: { 'content-type': 'text/plain' } });
    } catch (error) {
      return new Response(shownError(error), { status: 500, headers: { 'content-type': 'text/plain' } });
    }
  };
}

function fail(text) {
  throw new Error(text);
}

function fails(act) {
  try {
    act();
    return false;
  } catch {
    return true;
  }
}

// Errors of the host's functions have the variant in `payload`.
function shownError(error) {
  return error?.payload === undefined ? String(error) : JSON.stringify(error.payload);
}

// Appends a message to the list `seen`.
export function message(sdk, payload) {
  const text = decoder.decode(payload);
  console.log(`message ${text}`);
  if (text === 'fail') throw new Error('asked to fail');
  const words = ['seen', text].map((word) => ({ tag: 'binary', val: encoder.encode(word) }));
  sdk.Redis.open(sdk.Variables.get('redis_address')).execute('rpush', words);
}
