// A page came without its browser's signature: the worker was away, as after a forced reload. If this browser holds the session's
// key, the page is asked for again; otherwise it says what to do.

import { byId } from './common.js';
import { workerReady } from './browser.js';

/** So often within so long the page is asked for again; then something else is wrong than a worker that was away. */
const TRIES = 3;
const WITHIN_MS = 10000;
const { kept, read, setClock, sign, write } = globalThis.ringfence;

async function mayGoOn() {
  const tries = (await read('resumed') ?? []).filter((at) => Date.now() - at < WITHIN_MS);
  await write('resumed', [...tries, Date.now()]);
  if (tries.length >= TRIES) return false;
  await workerReady();
  return works(true);
}

/** Does the server believe this browser's key? Its clock may have to be set first. */
async function works(again) {
  const session = await kept();
  if (!session) return false;
  const url = new URL('/v1/me', location.href);
  const answer = await fetch(url, { headers: await sign(session, 'GET', url, null), cache: 'no-store' });
  if (!answer.ok && again && await setClock(session, answer.headers.get('date'))) return works(false);
  return answer.ok;
}

if (await mayGoOn().catch(() => false)) {
  location.replace(location.href);
} else {
  byId('checking').hidden = true;
  byId('not-this-browser').hidden = false;
  byId('main').focus();
}
