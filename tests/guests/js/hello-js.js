// An HTTP guest in JavaScript, by the fetch event: a greeting, an echo, a slow stream, a fetch, an exception.
addEventListener('fetch', (event) => event.respondWith(handle(event.request)));

const sleep = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

async function handle(request) {
  const url = new URL(request.url);
  switch (url.pathname) {
    case '/echo':
      return new Response(request.body, { headers: { 'content-type': 'application/octet-stream' } });
    case '/json':
      return Response.json({
        method: request.method,
        query: Object.fromEntries(url.searchParams),
        headers: Object.fromEntries(request.headers),
        body: await request.text(),
      });
    case '/stream':
      return new Response(slowly(Number(url.searchParams.get('parts') ?? 3)));
    case '/fetch': {
      const answer = await fetch(url.searchParams.get('url'));
      return new Response(answer.body, { status: answer.status });
    }
    case '/throw':
      throw new Error('on purpose');
    case '/random':
      return new Response(`${crypto.randomUUID()}\n`);
    default:
      return new Response('Hello from JavaScript\n', { headers: { 'content-type': 'text/plain' } });
  }
}

function slowly(parts) {
  const encoder = new TextEncoder();
  let part = 0;
  return new ReadableStream({
    async pull(controller) {
      if (part === parts) {
        controller.close();
        return;
      }
      await sleep(20);
      part += 1;
      controller.enqueue(encoder.encode(`part ${part}\n`));
    },
  });
}
