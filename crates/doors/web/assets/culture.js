// Planning a drill for people, and calling one off.

import { api, byId, el, icon, receiptLink, showProblem } from './common.js';

const RESULT = 'drill-result';

function told(words, receipt) {
  byId(RESULT).replaceChildren(el('div', { class: 'notice ok', role: 'status' }, icon('ok'),
    el('div', {}, el('strong', {}, words), el('p', {}, receiptLink(receipt), ' · ', el('a', { href: '/security/culture' }, 'Load again')))));
}

/** A time as the form has it, in the form's own time zone. */
const local = (at) => new Date(at - new Date(at).getTimezoneOffset() * 60000).toISOString().slice(0, 16);

async function plan(event) {
  event.preventDefault();
  const form = byId('plan').elements;
  const teams = form.teams.value.split(',').map((team) => team.trim()).filter(Boolean);
  const moment = (input) => new Date(input.value).toISOString();
  const answer = await api('POST', '/v1/people-drills', {
    kind: form.kind.value, teams, share_percent: Number(form.share.value), from: moment(form.from), until: moment(form.until),
  });
  if (!answer.ok) {
    const said = answer.status === 422 && answer.problem.slug === 'unprocessable';
    return showProblem(byId(RESULT), said ? { ...answer.problem, why: answer.problem.detail } : answer.problem);
  }
  return told(`Planned: ${answer.data.drawn} people were drawn`, answer.data.receipt);
}

async function callOff(button) {
  const answer = await api('DELETE', `/v1/people-drills/${encodeURIComponent(button.dataset.callOff)}`);
  if (!answer.ok) return showProblem(byId(RESULT), answer.problem);
  button.closest('li').remove();
  return told('Called off: nothing of it comes to any desk any more', answer.data.receipt);
}

byId('plan').addEventListener('submit', plan);
for (const button of document.querySelectorAll('[data-call-off]')) button.addEventListener('click', () => callOff(button));
byId('plan').elements.from.value = local(Date.now());
byId('plan').elements.until.value = local(Date.now() + 7 * 24 * 3600000);
