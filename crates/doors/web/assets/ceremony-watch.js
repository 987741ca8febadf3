// Keeps the ceremony's page as it stands: asks for its mark, and loads it anew once that is another one.

import { ask, byId } from './common.js';

const EVERY_MS = 2000;
let mark = null;

/** A screen reader hears of changes only. */
function say(words) {
  if (byId('live').textContent !== words) byId('live').textContent = words;
}

/** The page as it is now, in place of what is shown. It loads itself, so that keeps nobody signed in. */
async function load() {
  const response = await fetch('/security/ceremony', {
    credentials: 'same-origin', cache: 'no-store', headers: { 'x-unattended': '1' },
  });
  const now = new DOMParser().parseFromString(await response.text(), 'text/html').getElementById('guide');
  if (!now) throw new Error('another page');
  byId('guide').replaceChildren(...now.childNodes);
  const stage = byId('guide').querySelector('[data-stage]');
  const counted = stage.querySelector('[data-counted]')?.textContent ?? '';
  say(`Changed: ${stage.querySelector('h2').textContent}. ${counted}`);
}

async function follow() {
  const answer = await ask('/v1/keyholder/mark');
  try {
    if (!answer.ok) throw new Error(answer.problem.slug);
    if (mark !== null && mark !== answer.data.mark) await load();
    mark = answer.data.mark;
  } catch {
    say('This page doesn’t follow any more: the connection was lost, or you are signed out. Load it again.');
  }
  setTimeout(follow, EVERY_MS);
}

follow();
