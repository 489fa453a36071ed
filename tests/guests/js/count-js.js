// A Spin component in JavaScript: a counter in key-value, a setting.
import { Store } from 'fermyon:spin/key-value@2.0.0';
import { get } from 'fermyon:spin/variables@2.0.0';

addEventListener('fetch', (event) => event.respondWith(handle(event.request)));

async function handle(request) {
  const path = new URL(request.url).pathname;
  if (path.endsWith('/setting')) {
    return new Response(`${get('greeting')}\n`);
  }
  const store = Store.open('default');
  const before = store.get('visits');
  const now = before === undefined ? 1 : Number(new TextDecoder().decode(before)) + 1;
  store.set('visits', new TextEncoder().encode(String(now)));
  return new Response(`${now}\n`);
}
