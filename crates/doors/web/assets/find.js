// Finding the customer of an interaction that has none yet: search, at most three masked hits, claim.

import { api, byId, el, showProblem } from './common.js';
import { learnFrom } from './lessons.js';

/** Empties the form and the hits. */
export function clearFind() {
  byId('search').reset();
  byId('hits').replaceChildren();
  showSearchBy();
}

function showSearchBy() {
  const by = byId('search').querySelector('[name="by"]:checked').value;
  for (const group of byId('search').querySelectorAll('.fields')) group.hidden = group.dataset.by !== by;
}

/** `live` answers the interaction on screen, `acted` lists an act, `claimed` takes the new state. */
export function setUpFind({ live, acted, claimed }) {
  async function search(event) {
    event.preventDefault();
    const inputs = [...byId('search').querySelectorAll('.fields:not([hidden]) input')];
    const empty = inputs.find((input) => !input.value.trim());
    if (empty) return empty.focus();
    const { id } = live();
    const body = Object.fromEntries(inputs.map((input) => [input.dataset.key, input.value.trim()]));
    const answer = await api('POST', `/v1/interactions/${id}/searches`, body);
    if (live()?.id !== id) return;
    if (answer.ok) acted('Searched', answer.data.receipt, 'search');
    else acted('Search: refused', answer.problem.receipt, 'refused');
    if (!answer.ok) learnFrom(answer.problem);
    if (!answer.ok) return showProblem(byId('hits'), answer.problem);
    drawHits(answer.data, id);
  }

  function drawHits({ hits, hint }, id) {
    byId('hits').replaceChildren(hits.length
      ? el('ul', { class: 'hits', 'aria-label': 'Customers found' }, ...hits.map((hit) => hitRow(hit, id)))
      : el('p', { class: 'empty' }, hint ?? 'No customer fits. Ask the caller to spell it, or search by something else.'));
  }

  function hitRow(hit, id) {
    return el('li', {},
      el('span', { class: 'mask' }, hit.name),
      el('span', { class: 'hint' }, hit.town ?? ''),
      el('button', { type: 'button', class: 'primary', on: { click: () => claim(hit, id) } },
        'Claim', el('span', { class: 'sr-only' }, ' this customer')));
  }

  async function claim({ customer, claim: proof }, id) {
    const answer = await api('POST', `/v1/interactions/${id}/claims`, { customer, claim: proof });
    if (live()?.id !== id) return;
    if (!answer.ok) return showProblem(byId('hits'), answer.problem);
    clearFind();
    claimed(answer.data);
  }

  byId('search').addEventListener('submit', search);
  byId('search').addEventListener('change', showSearchBy);
}
