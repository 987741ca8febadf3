// Asking that what a customer had limited end, or agreeing to it as the second.

import { api, byId, el, icon, moment, receiptLink, showProblem } from './common.js';

function tell({ receipt, waits_until: until, told }) {
  const [title, more] = until
    ? ['A second person must ask for the same', `Until ${moment(until)}. ${told ? 'The customer was written to.' : 'No letter reached the customer: tell them by another way first.'}`]
    : ['It has ended', ''];
  const said = el('div', {}, el('strong', {}, title), more && el('p', {}, more), el('p', {}, receiptLink(receipt)));
  byId('limit-result').replaceChildren(el('div', { class: 'notice ok', role: 'status' }, icon(until ? 'pause' : 'ok'), said));
}

byId('limit').addEventListener('submit', async (event) => {
  event.preventDefault();
  const { customer, limit, language } = event.target.elements;
  const body = { limit: limit.value, language: language.value };
  const answer = await api('POST', `/v1/customers/${encodeURIComponent(customer.value.trim())}/limit-ends`, body);
  if (!answer.ok) { showProblem(byId('limit-result'), answer.problem); return; }
  event.target.reset();
  tell(answer.data);
});
