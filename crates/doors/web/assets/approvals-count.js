// How many questions wait for me as a second person, beside the link to them; and who isn't looking is told on their desktop.

import { ask, say } from './common.js';

const ASK_AGAIN_MS = 4000;
const place = document.querySelector('[data-approvals-count]');
let before = 0;

/** Tells who isn't looking: that something waits, and nothing of it. Of several open pages, one is heard. */
export function tell(words) {
  say(words);
  if (globalThis.Notification?.permission === 'granted' && document.visibilityState === 'hidden') {
    const told = new Notification('Ringfence', { body: 'Somebody asks for a second person.', tag: 'approval' });
    told.addEventListener('click', () => window.focus());
  }
}

async function look() {
  const answer = await ask('/v1/approvals');
  if (answer.ok) {
    const open = answer.data.to_answer.filter(({ state }) => state === 'asked').length;
    place.textContent = open ? String(open) : '';
    place.hidden = !open;
    if (open > before) tell(`${open === 1 ? 'A question waits' : `${open} questions wait`} for your answer on the page Approvals.`);
    before = open;
  }
  setTimeout(look, ASK_AGAIN_MS);
}

if (place) look();
