// Marking a customer as guarded, or taking the mark away.

import { api, byId, el, icon, receiptLink, showProblem } from './common.js';

async function send(method, body, told) {
  const form = byId('guard');
  const customer = form.elements.customer.value.trim();
  const answer = await api(method, `/v1/customers/${encodeURIComponent(customer)}/guard`, body);
  if (!answer.ok) return showProblem(byId('guard-result'), answer.problem);
  form.reset();
  const said = el('div', {}, el('strong', {}, told), el('p', {}, receiptLink(answer.data.receipt)));
  return byId('guard-result').replaceChildren(el('div', { class: 'notice ok', role: 'status' }, icon('ok'), said));
}

function setUp() {
  const form = byId('guard');
  if (!form) return;
  form.addEventListener('submit', (event) => {
    event.preventDefault();
    send('PUT', { reason: form.elements.reason.value }, 'Guarded: a second person must agree to each value');
  });
  byId('unguard').addEventListener('click', () => {
    if (form.elements.customer.reportValidity()) send('DELETE', undefined, 'Guarded no longer');
  });
}

setUp();
