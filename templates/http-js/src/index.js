// Answers every request with a greeting.
function handle(request) {
  console.log(request.method, new URL(request.url).pathname);
  return new Response('Hello from %NAME%\n', { headers: { 'content-type': 'text/plain' } });
}

addEventListener('fetch', (event) => event.respondWith(handle(event.request)));
