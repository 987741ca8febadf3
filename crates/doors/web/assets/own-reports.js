// What I reported, on my account's page: what was said since, and what came of it.

import { api, byId, el, icon, showProblem } from './common.js';

const FOUND = {
  explained: 'There was a good reason.', stopped: 'It was wrong, and has been stopped.',
  mistake: 'It was a mistake, and has been put right.', unclear: 'It couldn’t be found out.',
};
const WHO = { reporter: 'You', security: 'Security', outside: 'Outside security' };

function state({ found, acknowledged, acknowledge_by: by, answer_by: until }) {
  if (found) return `${FOUND[found]} Thank you for telling us.`;
  return acknowledged ? `It was read. You learn what comes of it by ${until}.` : `It will be read by ${by}.`;
}

function more({ report }) {
  const text = el('textarea', { id: `more-${report}`, rows: 2, maxlength: 4000, required: true });
  const result = el('div', { 'aria-live': 'polite' });
  async function send(event) {
    event.preventDefault();
    const answer = await api('POST', `/v1/reports/${encodeURIComponent(report)}/replies`, { text: text.value.trim() });
    return answer.ok ? load() : showProblem(result, answer.problem);
  }
  return el('details', {}, el('summary', {}, 'Say more'), el('form', { class: 'stack', method: 'post', on: { submit: send } },
    el('label', { for: `more-${report}` }, 'What else?'), text, el('p', { class: 'row' }, el('button', { type: 'submit' }, 'Send')), result));
}

const row = (one) => el('li', {}, el('div', {}, el('p', { class: 'said' }, one.text), el('small', {}, one.day),
  ...one.said.map(({ by, day, text }) => el('p', { class: 'said' }, el('b', {}, `${WHO[by]}, ${day}: `), text)),
  el('p', {}, one.found && icon('ok'), state(one)), !one.found && more(one)));

async function load() {
  const answer = await api('GET', '/v1/reports/mine');
  if (!answer.ok) return showProblem(byId('own-reports-problem'), answer.problem);
  byId('own-reports').replaceChildren(...answer.data.items.map(row));
  byId('own-reports-none').hidden = answer.data.items.length > 0;
  byId('own-reports-none').textContent = 'You have reported nothing yet.';
  return null;
}

load();
