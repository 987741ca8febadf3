// The open cases of a team: who works on what, opening one for somebody, closing one.

import { api, byId, clock, el, icon, keepProblem, moment, say, showProblem } from './common.js';

function line({ case: id, name, reason_label: reason, opened_at: opened, until }) {
  const place = el('div', { 'aria-live': 'polite' });
  const close = el('button', { type: 'button', 'data-close': id, on: { click: () => shut(id, name, place) } },
    'Close', el('span', { class: 'sr-only' }, `: ${name}, ${reason}`));
  return el('li', {}, icon('flag'), el('div', {}, el('b', {}, `${name}: ${reason}`),
    el('small', {}, `opened ${moment(opened)}, ends by itself ${moment(until)}`), place), close);
}

async function shut(id, name, place) {
  const answer = await api('DELETE', `/v1/cases/${id}`);
  if (!answer.ok) return showProblem(place, answer.problem);
  say(`${name}’s case is closed.`);
  byId('cases-title').focus();
  return loadCases();
}

/** Each reading is an entry of the log, so it is read when somebody asks. */
export async function loadCases() {
  const answer = await api('GET', '/v1/cases');
  if (!answer.ok) return keepProblem(byId('cases-result'), answer.problem);
  byId('cases-result').replaceChildren();
  byId('case-list').replaceChildren(...answer.data.items.map(line));
  byId('no-cases').hidden = answer.data.items.length > 0;
  byId('cases-as-of').textContent = `As of ${clock(Date.now())}.`;
  document.body.dataset.cases = 'shown';
}

/** Who can be given a case: others of the team. */
export function drawHolders(members, own) {
  const others = members.filter(({ person }) => person !== own);
  byId('case-holder').replaceChildren(...others.map(({ person, name }) => el('option', { value: person }, name)));
  byId('case-form').hidden = others.length === 0;
}

/** What was wanted last and its key: whoever tries again after a lost connection opens no second case. */
let tried = {};

byId('case-form').addEventListener('submit', async (event) => {
  event.preventDefault();
  const place = byId('case-result');
  const body = { customer: byId('case-customer').value.trim(), person: byId('case-holder').value, reason: byId('case-reason').value };
  const wanted = JSON.stringify(body);
  if (tried.wanted !== wanted) tried = { wanted, key: crypto.randomUUID() };
  const answer = await api('POST', '/v1/cases', body, { 'idempotency-key': tried.key });
  if (answer.status !== 0) tried = {};
  if (!answer.ok) return showProblem(place, answer.problem);
  byId('case-customer').value = '';
  place.replaceChildren(el('p', { class: 'notice ok', role: 'status' }, icon('ok'), `Opened until tomorrow, ${clock(answer.data.until)}. It is on their desk.`));
  return loadCases();
});
