// What others asked for and what waits for security: proposals of the identity provider, and devices.

import { api, byId, el, icon, moment, say, showProblem } from './common.js';

const ROLES = [...byId('roles').options].map(({ value, label }) => [value, label]);

/** A role as people call it. */
export const roleName = (slug) => ROLES.find(([value]) => value === slug)?.[1] ?? slug;

const choices = () => [['', 'Choose a role'], ...ROLES].map(([value, label]) => el('option', { value }, label));

const button = (words, label, click) => el('button', { type: 'button', 'aria-label': label, on: { click } }, words);

function proposalRow({ proposal, says, role, at }, make) {
  const place = el('div', { 'aria-live': 'polite', class: 'result' });
  const said = says.join(' ');
  const select = !role && el('select', { 'aria-label': `Role for: ${said}` }, ...choices());
  const apply = () => make({ change: 'apply_proposal', proposal, ...(select && select.value && { role: select.value }) }, place);
  const decline = async () => {
    const answer = await api('DELETE', `/v1/proposals/${proposal}`);
    if (!answer.ok) return showProblem(place, answer.problem);
    say('Declined.');
    return drawWaiting(make);
  };
  return el('li', { 'data-proposal': proposal },
    el('div', {}, el('b', {}, said), el('small', {}, `Proposed by the identity provider, ${moment(at)}.${role ? ` Role: ${roleName(role)}.` : ''}`)),
    select, button('Apply', `Apply: ${said}`, apply), button('Decline', `Decline: ${said}`, decline), place);
}

function deviceRow({ device, name, leader_agreed: agreed, until }, make) {
  const place = el('div', { 'aria-live': 'polite', class: 'result' });
  const about = el('div', {}, el('b', {}, `${name} wants to work from a new device`), el('small', {}, `Waits until ${moment(until)}.`));
  if (!agreed) return el('li', { 'data-device': device }, about, el('span', { class: 'pill warn' }, icon('pause'), 'The team leader agrees first'));
  const code = el('input', { id: `code-${device}`, required: true, minlength: 8, maxlength: 16, autocomplete: 'off', spellcheck: 'false', class: 'code' });
  const enrol = (event) => {
    event.preventDefault();
    return make({ change: 'enrol_device', device, code: code.value.trim() }, place);
  };
  return el('li', { 'data-device': device }, about,
    el('form', { class: 'row', on: { submit: enrol } }, el('label', { for: code.id }, 'Code on its screen'), code, el('button', { type: 'submit' }, 'Enrol')), place);
}

/** Asks what waits and shows it; `make` makes a change of power. */
export async function drawWaiting(make) {
  const [proposals, devices] = await Promise.all([api('GET', '/v1/proposals'), api('GET', '/v1/devices')]);
  const refused = [proposals, devices].find(({ ok }) => !ok);
  if (refused) {
    byId('nothing-waits').hidden = true;
    return showProblem(byId('waiting-problem'), refused.problem);
  }
  byId('waiting-problem').replaceChildren();
  const rows = [...proposals.data.items.map((one) => proposalRow(one, make)), ...devices.data.items.map((one) => deviceRow(one, make))];
  const more = [proposals, devices].some(({ data }) => data.next);
  byId('waiting').replaceChildren(...rows, ...(more ? [el('li', { class: 'hint' }, 'More waits: answer some of these first.')] : []));
  byId('nothing-waits').hidden = rows.length > 0;
  byId('nothing-waits').textContent = 'Nothing waits.';
  return undefined;
}
