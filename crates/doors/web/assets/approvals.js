// The questions that were put to me as a second person: what for, never what it is about.

import { tell } from './approvals-count.js';
import { api, ask, byId, clock, el, icon, keepProblem, moment, say, sentence, showProblem } from './common.js';

const ASK_AGAIN_MS = 2000;
const STATES = {
  given: ['ok', 'You said yes'], used: ['ok', 'You said yes; it was shown'], declined: ['stop', 'You said no'],
  over: ['pause', 'No answer in time: that is a no'],
};
const SURE = {
  none: 'nobody has been named', claimed: 'the agent says who it is', matched: 'the number or address fits',
  proven: 'the customer has proven it',
};
const CALLS = { connected: 'talking now', held: 'on hold', ended: 'over', announced: 'not answered yet' };

let known = new Set();
let filter = 'all';

const seconds = (until) => Math.max(0, Math.ceil((new Date(until) - Date.now()) / 1000));

function fact(name, value) {
  return el('div', {}, el('dt', {}, name), el('dd', {}, value));
}

/** Nobody is on the line: what the second person should weigh instead. */
const casework = (one) => [
  fact('Casework', `${one.casework}: the customer isn’t on the line`),
  fact('Case', one.call_state === 'connected' ? 'open' : 'over'),
];

function question(one) {
  const place = el('div', { class: 'result', 'aria-live': 'polite' });
  const about = `${one.label} for ${one.asker}`;
  const answer = (word, look) => el('button', {
    type: 'button', class: look, 'data-answer': word, on: { click: () => answerWith(one, word, place) },
  }, word === 'yes' ? 'Yes, show it' : 'No', el('span', { class: 'sr-only' }, `: ${about}`));
  const often = one.asked_in_hour > 3;
  return el('li', { 'data-approval': one.approval, tabindex: '-1' },
    el('div', { class: 'row spread' },
      el('h3', {}, `${one.asker} wants to see: ${one.label}`),
      el('span', { class: 'pill warn', role: 'timer' }, icon('pause'), el('span', { 'data-until': one.until }, `${seconds(one.until)} s`))),
    el('dl', { class: 'about' },
      fact('What for', one.purpose_label),
      fact('Team', one.team || 'none'),
      ...(one.casework ? casework(one) : [
        fact(sentence(one.channel ?? 'call'), CALLS[one.call_state] ?? 'not known'),
        fact('Is it the customer?', SURE[one.binding] ?? 'not known'),
      ]),
      fact('Asked in this hour', `${one.asked_in_hour} ${one.asked_in_hour === 1 ? 'time' : 'times'}${often ? ': that is often' : ''}`)),
    el('p', { class: 'row' }, answer('no', ''), answer('yes', '')), place);
}

async function answerWith(one, word, place) {
  const row = place.closest('li');
  for (const button of row.querySelectorAll('button')) button.disabled = true;
  const answer = await api('POST', `/v1/approvals/${one.approval}/answers`, { answer: word });
  if (!answer.ok) {
    for (const button of row.querySelectorAll('button')) button.disabled = false;
    return showProblem(place, answer.problem);
  }
  say(word === 'yes' ? 'You said yes.' : 'You said no.');
  const next = row.nextElementSibling ?? byId('open-title');
  next.focus();
  return load();
}

function done(one) {
  const [look, words] = STATES[one.state] ?? STATES.over;
  return el('li', {}, icon(look), el('div', {}, el('b', {}, words),
    el('small', {}, `${one.asker}, ${one.label}, ${one.purpose_label.toLowerCase()}, ${moment(one.asked_at)}`)));
}

function draw({ to_answer: all }) {
  const open = all.filter(({ state }) => state === 'asked');
  const list = byId('open');
  const ids = new Set(open.map(({ approval }) => approval));
  for (const row of [...list.children]) if (!ids.has(row.dataset.approval)) row.remove();
  for (const one of open) {
    if (!list.querySelector(`[data-approval="${one.approval}"]`)) list.append(question(one));
  }
  const fresh = open.filter(({ approval }) => !known.has(approval));
  if (fresh.length > 0) tell(`${open.length === 1 ? 'A question waits' : `${open.length} questions wait`} for your answer.`);
  known = ids;
  byId('nothing-open').hidden = open.length > 0;
  const past = all.filter(({ state }) => state !== 'asked' && (filter === 'all' || (filter === 'yes') === ['given', 'used'].includes(state)));
  byId('past').replaceChildren(...past.map(done));
  byId('nothing-past').hidden = past.length > 0;
  document.body.dataset.approvals = 'shown';
  byId('as-of').textContent = `As of ${clock(Date.now(), true)}.`;
}

let last = null;
async function load() {
  const answer = await ask('/v1/approvals');
  byId('approvals-loading').hidden = true;
  if (!answer.ok) {
    document.body.dataset.approvals = 'refused';
    return keepProblem(byId('approvals-problem'), answer.problem);
  }
  byId('approvals-problem').replaceChildren();
  last = answer.data;
  return draw(last);
}

for (const choice of document.querySelectorAll('input[name="past"]')) {
  choice.addEventListener('change', () => {
    filter = choice.value;
    if (last) draw(last);
  });
}
const notify = byId('notify');
notify.hidden = !globalThis.Notification || Notification.permission !== 'default';
notify.addEventListener('click', async () => {
  await Notification.requestPermission();
  notify.hidden = true;
});
setInterval(() => {
  for (const left of document.querySelectorAll('[data-until]')) left.textContent = `${seconds(left.dataset.until)} s`;
}, 500);
const again = async () => {
  await load();
  setTimeout(again, ASK_AGAIN_MS);
};
again();
