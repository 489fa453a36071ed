// The counter's API:
//   GET    /api/visits    the number of visits so far
//   POST   /api/visits    counts one more
//   DELETE /api/visits    begins again
//   GET    /api/greeting  the application's setting "greeting"
import { open } from 'wasi:keyvalue/store@0.2.0-draft2';
import { increment } from 'wasi:keyvalue/atomics@0.2.0-draft2';
import { get as setting } from 'fermyon:spin/variables@2.0.0';

addEventListener('fetch', (event) => event.respondWith(handle(event.request)));

async function handle(request) {
  const { pathname } = new URL(request.url);
  if (pathname === '/api/greeting') {
    return Response.json({ greeting: setting('greeting') });
  }
  if (pathname !== '/api/visits') {
    return Response.json({ error: `nothing at ${pathname}` }, { status: 404 });
  }
  const store = open('default');
  switch (request.method) {
    case 'GET':
      return visits(increment(store, 'visits', 0n));
    case 'POST':
      return visits(increment(store, 'visits', 1n));
    case 'DELETE':
      store.delete('visits');
      return visits(0n);
    default:
      return Response.json({ error: 'use GET, POST or DELETE' }, { status: 405 });
  }
}

function visits(count) {
  return Response.json({ visits: Number(count) });
}
