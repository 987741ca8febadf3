// Signing in: makes this browser's key, sends the form, keeps the key that was agreed on, goes on.

import { api, byId, problemPanel } from './common.js';
import { workerReady } from './browser.js';
import { answer as answerWith } from './passkey.js';

const { ownDevice, keep } = globalThis.ringfence;

const LOST = {
  slug: 'unreachable', title: 'Ringfence did not answer',
  why: 'The connection was lost, so you are not signed in.', next: 'Check your connection and try again.',
};
const UNFIT = {
  slug: 'browser-unfit', title: 'This browser can’t keep a key',
  why: 'A sign-in works only in the browser that made it, and this browser keeps no key for that.',
  next: 'Use a current browser, not in a private window, and open this page over https or on this machine.',
};

function refuse(problem) {
  byId('sign-in-problem').replaceChildren(problemPanel(problem));
}

/** Sends what signs in, with this browser's key; goes on to the person's page. Answers only when that failed. */
export async function signInWith(path, fields) {
  let device;
  try {
    await workerReady();
    device = await ownDevice();
  } catch {
    return refuse(UNFIT);
  }
  let response;
  try {
    response = await fetch(path, {
      method: 'POST', headers: { accept: 'application/json' }, credentials: 'same-origin', cache: 'no-store',
      body: new URLSearchParams({ ...fields, device: device.shown }), signal: AbortSignal.timeout(15000),
    });
  } catch {
    return refuse(LOST);
  }
  const answer = await response.json().catch(() => ({}));
  if (!response.ok) {
    return refuse({ ...answer, slug: String(answer.type ?? '').split('/').pop(), title: answer.title ?? 'That did not work' });
  }
  await keep(device, answer);
  location.assign(answer.next);
  return undefined;
}

/** Asks for a challenge, lets the person use a passkey, signs in with it. */
async function withPasskey() {
  const asked = await api('POST', '/sign-in/passkey/challenge', {});
  if (!asked.ok) return refuse(asked.problem);
  const { answer, handle, problem } = await answerWith(asked.data.challenge, asked.data.rp_id);
  return problem ? refuse(problem) : signInWith('/sign-in/passkey', { ...answer, handle });
}

byId('with-passkey')?.addEventListener('click', async () => {
  byId('sign-in-problem').replaceChildren();
  byId('with-passkey').setAttribute('aria-busy', 'true');
  await withPasskey();
  byId('with-passkey').removeAttribute('aria-busy');
});

for (const form of document.querySelectorAll('form[data-sign-in]')) {
  form.addEventListener('submit', async (event) => {
    event.preventDefault();
    const button = form.querySelector('button');
    button.setAttribute('aria-disabled', 'true');
    await signInWith(form.getAttribute('action'), Object.fromEntries(new FormData(form)));
    button.removeAttribute('aria-disabled');
    form.querySelector('[data-after-refusal]')?.focus();
  });
}
