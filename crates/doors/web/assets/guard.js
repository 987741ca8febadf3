// Marking a customer as guarded, asking that a mark goes, and who is guarded.

import { api, byId, el, icon, moment, receiptLink, say, showProblem } from './common.js';

const REASONS = Object.fromEntries([...(byId('reason')?.options ?? [])].map(({ value, label }) => [value, label]));
let next = null;

function tell({ receipt, waits_until: until }, told) {
  const words = until
    ? ['A second one of security must ask for the same', `Until ${moment(until)}. The customer stays guarded until then.`]
    : [told, ''];
  const said = el('div', {}, el('strong', {}, words[0]), words[1] && el('p', {}, words[1]), el('p', {}, receiptLink(receipt)));
  byId('guard-result').replaceChildren(el('div', { class: 'notice ok', role: 'status' }, icon(until ? 'pause' : 'ok'), said));
}

async function send(method, customer, body, told) {
  const answer = await api(method, `/v1/customers/${encodeURIComponent(customer)}/guard`, body);
  if (!answer.ok) return showProblem(byId('guard-result'), answer.problem);
  byId('guard').reset();
  await load();
  return tell(answer.data, told);
}

function row({ customer, reason }) {
  const lift = () => send('DELETE', customer, undefined, 'Guarded no longer');
  const state = reason
    ? el('span', { class: 'pill' }, icon('lock'), REASONS[reason] ?? reason)
    : el('span', { class: 'pill warn' }, icon('warn'), 'Their row was edited');
  return el('li', { 'data-customer': customer }, el('div', {}, el('b', { class: 'mono' }, customer)), state,
    el('button', { type: 'button', 'aria-label': `Guard no longer: ${customer}`, on: { click: lift } }, 'Guard no longer'));
}

/** The next page, behind what is shown; a page may be empty and not be the last. */
async function more() {
  const answer = await api('GET', `/v1/guards${next ? `?cursor=${encodeURIComponent(next)}` : ''}`);
  byId('loading').hidden = true;
  if (!answer.ok) { showProblem(byId('list-problem'), answer.problem); return; }
  byId('list-problem').replaceChildren();
  byId('guarded').append(...answer.data.items.map(row));
  next = answer.data.next;
  byId('more').hidden = !next;
  byId('nobody').hidden = Boolean(next) || byId('guarded').children.length > 0;
  say(`${byId('guarded').children.length} shown.`);
}

async function load() {
  next = null;
  byId('guarded').replaceChildren();
  await more();
}

function setUp() {
  const form = byId('guard');
  if (!form) return;
  const customer = () => form.elements.customer.value.trim();
  form.addEventListener('submit', (event) => {
    event.preventDefault();
    send('PUT', customer(), { reason: form.elements.reason.value }, 'Guarded: a second person must agree to each value');
  });
  byId('unguard').addEventListener('click', () => {
    if (form.elements.customer.reportValidity()) send('DELETE', customer(), undefined, 'Guarded no longer');
  });
  byId('more').addEventListener('click', more);
  load();
}

setUp();
