// What came of what a customer reported: security says it, the customer reads it on their own page.

import { api, el, icon, showProblem } from './common.js';

const FOUND = {
  explained: 'there was a good reason', stopped: 'it was wrong, and is stopped',
  mistake: 'a mistake of ours, put right', unclear: 'it can’t be found out',
};

/** The form under a customer's report; nothing for others', who are answered otherwise. */
export function outcomeForm({ report, by }) {
  if (by !== 'a customer') return false;
  const select = el('select', { 'aria-label': 'What came of it' }, ...Object.entries(FOUND).map(([value, words]) => el('option', { value }, words)));
  const said = el('span', { role: 'status' });
  async function tell(event) {
    event.preventDefault();
    const answer = await api('POST', `/v1/reports/${encodeURIComponent(report)}/outcome`, { found: select.value });
    if (!answer.ok) return showProblem(said, answer.problem);
    return said.replaceChildren(icon('ok'), ' The customer reads it on their own page.');
  }
  return el('form', { class: 'row', method: 'post', 'data-outcome': report, on: { submit: tell } }, select,
    el('button', { type: 'submit' }, 'Tell the customer'), said);
}
