// What comes to the desk beside customers, and what it was. It waits while a customer is here.

import { api, byId, el, icon, say } from './common.js';

const POLL_MS = 15000;
/** By then it is known whether a customer is here. */
const FIRST_MS = 3000;
const AWAY_MS = 500;
let shown = false;
/** Has somebody touched the page since it was last asked for? Nothing comes to an empty chair. */
let touched = true;
for (const kind of ['pointerdown', 'pointermove', 'keydown', 'wheel', 'touchstart']) {
  addEventListener(kind, () => { touched = true; }, { capture: true, passive: true });
}

function card(...children) {
  byId('message').replaceChildren(...children);
  byId('message').hidden = false;
}

function button(words, answer, look = '') {
  return el('button', { type: 'button', class: look, 'data-answer': answer, on: { click: () => reply(answer) } }, words);
}

function draw({ title, from, said, mask, yes, no }) {
  if (shown) return;
  shown = true;
  card(el('h2', { id: 'message-title' }, title), el('p', { class: 'hint' }, 'From ', el('b', {}, from)),
    el('p', {}, said), mask && el('p', { class: 'mask' }, mask),
    el('p', { class: 'row' }, button(yes, 'yes'), button(no, 'no'), button('Looks wrong: report it', 'report', 'plain')));
  say(`${title}, from ${from}.`);
}

function clear() {
  shown = false;
  byId('message').replaceChildren();
  byId('message').hidden = true;
}

/** It was a drill: what it was, what to learn, and thanks. */
export function debrief({ said, shown: value, lesson }) {
  shown = false;
  card(el('h2', { id: 'message-title', tabindex: '-1' }, 'That was a drill'),
    el('div', { class: 'notice ok', role: 'status' }, icon('ok'), el('div', {}, el('p', {}, said),
      value && el('p', { class: 'hint' }, 'Made up, and nobody’s: ', el('span', { class: 'mask' }, value)))),
    el('h3', {}, lesson.title), el('p', {}, lesson.text),
    el('p', { class: 'row' }, el('button', { type: 'button', on: { click: clear } }, 'Close')));
}

async function reply(answer) {
  const told = await api('POST', '/v1/desk/message/answers', { answer });
  if (!told.ok) return clear();
  debrief(told.data);
  return byId('message-title').focus();
}

function follow({ message, debrief: told }) {
  if (told) debrief(told);
  else if (message) draw(message);
  else if (shown) clear();
  byId('message').hidden = byId('message').childElementCount === 0;
}

/** `busy` answers whether a customer is here. */
export function setUpMessage(busy) {
  async function poll() {
    if (!busy() && document.visibilityState === 'visible') {
      const headers = touched ? {} : { 'x-unattended': '1' };
      touched = false;
      const answer = await api('GET', '/v1/desk/message', undefined, headers);
      if (answer.ok && !busy()) follow(answer.data);
    }
    setTimeout(poll, POLL_MS);
  }
  setTimeout(poll, FIRST_MS);
  setInterval(() => { if (busy()) byId('message').hidden = true; }, AWAY_MS);
}
