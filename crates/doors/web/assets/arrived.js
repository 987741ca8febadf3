// Back from the identity provider: sends its answer on with this browser's own key, and goes on; or shows the code under which
// team leader and security find this device.

import { byId, problemPanel } from './common.js';
import { workerReady } from './browser.js';

const { keep, ownDevice } = globalThis.ringfence;
const UNFIT = {
  slug: 'browser-unfit', title: 'This browser can’t keep a key',
  why: 'A sign-in works only from a device that is known, and this browser keeps no key for that.',
  next: 'Use a current browser, not in a private window, and open this page over https or on this machine.',
};
const LOST = {
  slug: 'unreachable', title: 'Ringfence did not answer',
  why: 'The connection was lost, so you are not signed in.', next: 'Check your connection and try again.',
};

function show(id) {
  byId('checking').hidden = true;
  byId(id).hidden = false;
  byId('again').hidden = false;
}

function refuse(problem) {
  byId('sign-in-problem').replaceChildren(problemPanel(problem));
  show('sign-in-problem');
}

async function finish(given) {
  let own;
  try {
    await workerReady();
    own = await ownDevice();
  } catch {
    return refuse(UNFIT);
  }
  let response;
  try {
    response = await fetch(byId('sign-in-problem').dataset.finish, {
      method: 'POST', headers: { accept: 'application/json' }, credentials: 'same-origin', cache: 'no-store',
      body: new URLSearchParams({ ...given, device: own.shown }), signal: AbortSignal.timeout(20000),
    });
  } catch {
    return refuse(LOST);
  }
  const answer = await response.json().catch(() => ({}));
  if (response.status === 202) {
    byId('device-code').textContent = answer.code;
    show('device');
    byId('device-title').focus();
    return undefined;
  }
  if (!response.ok) {
    return refuse({ ...answer, slug: String(answer.type ?? '').split('/').pop(), title: answer.title ?? 'That did not work' });
  }
  await keep(own, answer);
  location.replace(answer.next);
  return undefined;
}

const asked = new URLSearchParams(location.search);
// The answer counts once; it needn't stay in the address.
history.replaceState(null, '', location.pathname);
const names = ['code', 'state', 'iss', 'error'].filter((name) => asked.has(name));
await finish(Object.fromEntries(names.map((name) => [name, asked.get(name)])));
