// Signs every request of our own pages, so that the session's cookie is worth nothing in another browser. Navigations, forms,
// requests of scripts and live streams all pass here.

importScripts('/assets/keep.js');

self.addEventListener('install', () => self.skipWaiting());
self.addEventListener('activate', (event) => event.waitUntil(self.clients.claim()));

const SAFE = ['GET', 'HEAD', 'OPTIONS'];
/** What needs no session: files, the ways to get one, and what is said without a name: nothing signs that. */
const open = (path) => ['/assets/', '/sign-in', '/ceremony', '/speak-up', '/worker.js', '/log/'].some((start) => path.startsWith(start));

/**
 * Did one of our own pages ask for this? The browser lets other sites' pages send forms here; those go on as they come, so that the
 * server sees where they are from. Our pages always say where they are; others can hide it, not change it.
 */
function ours(request) {
  if (request.mode !== 'navigate' || SAFE.includes(request.method)) return true;
  return request.referrer !== '' && new URL(request.referrer, location.href).origin === location.origin;
}

self.addEventListener('fetch', (event) => {
  const url = new URL(event.request.url);
  if (url.origin === location.origin && !open(url.pathname) && ours(event.request)) event.respondWith(answer(event.request, url));
});

async function answer(request, url) {
  const session = await ringfence.kept().catch(() => null);
  if (!session) return fetch(request);
  const body = SAFE.includes(request.method) ? null : await request.clone().arrayBuffer();
  const first = await send(session, request, url, body);
  // Nothing was done yet: a request that isn't believed can be sent again.
  if (first.status === 401 && await ringfence.setClock(session, first.headers.get('date'))) {
    return send(await ringfence.kept(), request, url, body);
  }
  if (url.pathname === '/sign-out' && body) await ringfence.forget();
  return first;
}

async function send(session, request, url, body) {
  const headers = new Headers(request.headers);
  const signed = await ringfence.sign(session, request.method, url, body);
  for (const [name, value] of Object.entries(signed)) headers.set(name, value);
  const navigating = request.mode === 'navigate';
  return fetch(url.href, {
    method: request.method,
    headers,
    body: body ?? undefined,
    mode: navigating ? 'same-origin' : request.mode,
    credentials: 'same-origin',
    cache: request.cache === 'only-if-cached' ? 'default' : request.cache,
    redirect: request.redirect,
    referrer: request.referrer,
    signal: request.signal,
  });
}
