// What a team and its members have left to spend.

import { api, byId, clock, el, icon, keepProblem, say } from './common.js';
import { budgetRow, moment, number } from './budgets.js';
import { drawHolders, loadCases } from './team-cases.js';

const WINDOWS = ['hour', 'day', '30_days'];

function state(name) {
  document.body.dataset.team = name;
  byId('team-loading').hidden = name !== 'loading';
  byId('together').hidden = byId('each').hidden = name !== 'shown';
}

/** What is left in one window, with a word where it is little. */
function cell({ left, limit, low, more_at: more }) {
  if (!low) return el('td', {}, el('b', {}, number(left)), ` of ${number(limit)}`);
  const word = left === 0 ? 'spent' : 'low';
  return el('td', { class: 'low' }, icon('warn'), ' ', el('b', {}, number(left)), ` of ${number(limit)}, ${word}`,
    more && el('small', {}, `some free again at ${moment(more)}`));
}

function member({ name, probation, budgets }) {
  const own = (window) => budgets.find((budget) => budget.window === window);
  const cells = WINDOWS.map((window) => (own(window) ? cell(own(window)) : el('td', {}, 'no limit')));
  return el('tr', {}, el('th', { scope: 'row' }, name, probation && el('small', {}, 'new here: a quarter')), ...cells);
}

async function load() {
  state('loading');
  byId('again').disabled = true;
  const answer = await api('GET', '/v1/team/budgets');
  byId('again').disabled = false;
  if (!answer.ok) {
    state('refused');
    return keepProblem(byId('team-result'), answer.problem);
  }
  byId('team-result').replaceChildren();
  const { team, members, shared_budgets: shared } = answer.data;
  byId('shared').replaceChildren(...shared.map((budget) => budgetRow(budget)));
  byId('members').replaceChildren(...members.map(member));
  drawHolders(members, document.body.dataset.person);
  byId('table-part').hidden = members.length === 0;
  byId('nobody').hidden = members.length > 0;
  byId('nobody').textContent = team ? 'Nobody serves customers in this team yet.' : 'You are in no team. Whoever manages people can put you into one.';
  byId('as-of').textContent = `As of ${clock(Date.now())}. Points come back by themselves, as the windows slide.`;
  state('shown');
  const low = members.filter(({ budgets }) => budgets.some((budget) => budget.low)).length;
  say(`${members.length} people shown, ${low} of them low.`);
}

const all = () => Promise.all([load(), loadCases()]);
byId('again').addEventListener('click', all);
all();
