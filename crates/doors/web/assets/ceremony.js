// The ceremony: who is invited, a new passkey, what comes next. The code behind the address's # is sent in a request's body only.

import { api, byId, showProblem } from './common.js';
import { NO_PASSKEYS, make } from './passkey.js';

const code = location.hash.slice(1);
let invited = null;

function step(name) {
  for (const part of document.querySelectorAll('[data-step]')) part.hidden = part.dataset.step !== name;
}

async function begin() {
  if (!code) return step('no-code');
  if (!globalThis.PublicKeyCredential) return showProblem(byId('ceremony-problem'), NO_PASSKEYS);
  const answer = await api('POST', '/ceremony/invitation', { code });
  if (!answer.ok) {
    step('over');
    return showProblem(byId('ceremony-problem'), answer.problem);
  }
  invited = answer.data;
  for (const place of document.querySelectorAll('[data-name]')) place.textContent = invited.name;
  for (const place of document.querySelectorAll('[data-role]')) place.textContent = invited.role.toLowerCase();
  for (const part of document.querySelectorAll('[data-first]')) part.hidden = !(invited.at_once && invited.officer);
  step('make');
  return byId('label').focus();
}

byId('make').addEventListener('submit', async (event) => {
  event.preventDefault();
  byId('ceremony-problem').replaceChildren();
  const { made, problem } = await make(invited, { handle: invited.handle, name: invited.name });
  if (problem) return showProblem(byId('ceremony-problem'), problem);
  const answer = await api('POST', '/ceremony/passkey', { code, passkey: { ...made, label: byId('label').value } });
  if (!answer.ok) return showProblem(byId('ceremony-problem'), answer.problem);
  for (const part of document.querySelectorAll('[data-waiting]')) part.hidden = !answer.data.waiting;
  for (const part of document.querySelectorAll('[data-counts]')) part.hidden = answer.data.waiting;
  byId('check').textContent = answer.data.check ?? '';
  step('done');
  return byId('main').focus();
});

addEventListener('hashchange', () => location.reload());
await begin();
