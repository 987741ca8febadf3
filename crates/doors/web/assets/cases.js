// Casework at the desk: following up a conversation, one's open cases, and closing one.

import { api, byId, clock, el, icon, say, showProblem } from './common.js';

const DAY_MS = 24 * 3600 * 1000;

/** What is said where the binding stands: nobody is on the line who could be known. */
export const CASEWORK = ['Casework', 0, 'The customer isn’t on the line. Each value needs a second person, and the customer reads what you looked at.'];
const HINT = {
  case: 'Masks and notes are open. A value is shown for a moment once a second person agrees. Press Escape to mask everything.',
  call: 'Ask the caller and use Verify first: it needs no reveal. Press Escape to mask everything.',
};

export const isCase = ({ channel }) => channel === 'case';

/** When a case ends by itself. */
function ends({ started_at: start }) {
  const at = new Date(Date.parse(start) + DAY_MS);
  return `${at.getDate() === new Date().getDate() ? 'today' : 'tomorrow'} at ${clock(at)}`;
}

/** One's open cases. Choosing the chosen one again puts it away. */
export function drawCases(items, chosen, choose) {
  const cases = items.filter(isCase);
  const list = byId('case-list');
  const had = list.contains(document.activeElement);
  byId('cases').hidden = cases.length === 0;
  list.replaceChildren(...cases.map((item) => el('li', {},
    el('button', {
      type: 'button', 'aria-pressed': String(item.id === chosen), 'data-case': item.id,
      on: { click: () => choose(item.id === chosen ? null : item.id) },
    }, icon('flag'), ` For ${item.case_label}`),
    el('small', {}, `ends ${ends(item)}`))));
  if (had) (list.querySelector('[aria-pressed="true"]') ?? list.querySelector('button'))?.focus();
}

/** What differs on screen between a case and somebody on the line. */
export function drawCasework(now) {
  const known = ['matched', 'proven'].includes(now.binding);
  byId('follow-up').hidden = isCase(now) || !now.customer || !known;
  byId('close-case').hidden = !isCase(now);
  byId('record-hint').textContent = isCase(now) ? HINT.case : HINT.call;
}

export function setUpCases({ live, acted, put }) {
  byId('follow-up').addEventListener('submit', async (event) => {
    event.preventDefault();
    const { id, customer } = live();
    const body = { interaction: id, reason: byId('follow-reason').value };
    const answer = await api('POST', `/v1/customers/${customer}/cases`, body);
    if (live()?.id !== id) return;
    if (!answer.ok) return showProblem(byId('code-result'), answer.problem);
    byId('code-result').hidden = false;
    byId('code-result').replaceChildren(el('p', { class: 'notice ok', role: 'status' }, icon('ok'),
      `A case is open until ${clock(answer.data.until)} tomorrow. It is under “Your cases”.`));
    if (answer.data.receipt) acted('Case opened', answer.data.receipt, 'flag');
  });
  byId('close-case').addEventListener('click', async () => {
    const { id } = live();
    const answer = await api('DELETE', `/v1/cases/${id}`);
    if (!answer.ok) return showProblem(byId('code-result'), answer.problem);
    say('The case is closed.');
    put(id);
  });
}
