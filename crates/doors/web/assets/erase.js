// Asking that a customer be erased, or agreeing to it as the second officer.

import { api, byId, el, icon, moment, receiptLink, showProblem } from './common.js';

const KEPT = 'Of each e-mail address and phone number a digest that nobody can read back is kept for three years, so that no old file brings them back.';

function tell({ receipt, waits_until: until, backups_unreadable_by: by }) {
  const [title, more] = until
    ? ['A second officer must ask for the same', `Until ${moment(until)}. Nothing is erased until then.`]
    : ['Erased', `No backup opens either from ${by}. ${KEPT}`];
  const said = el('div', {}, el('strong', {}, title), el('p', {}, more), el('p', {}, receiptLink(receipt)));
  byId('erase-result').replaceChildren(el('div', { class: 'notice ok', role: 'status' }, icon(until ? 'pause' : 'ok'), said));
}

byId('erase').addEventListener('submit', async (event) => {
  event.preventDefault();
  const form = event.target;
  const answer = await api('DELETE', `/v1/customers/${encodeURIComponent(form.elements.customer.value.trim())}`);
  if (!answer.ok) { showProblem(byId('erase-result'), answer.problem); return; }
  form.reset();
  tell(answer.data);
});
