// The guest on @fermyon/spin-sdk.
import { Kv, Llm, Mqtt, Mysql, Postgres, Redis, Sqlite, Variables } from '@fermyon/spin-sdk';
import { paths } from '../js/story.js';

// This SDK's set() takes an array of bytes for an object, and stores it as JSON.
import { Store } from 'fermyon:spin/key-value@2.0.0';
const setBytes = (_, key, value) => Store.open('default').set(key, value);

const answer = paths({ Kv, Llm, Mqtt, Mysql, Postgres, Redis, Sqlite, Variables, setBytes });
addEventListener('fetch', (event) => event.respondWith(answer(event.request)));
