// What the person has left to learn, in points of information, shown before any refusal.

import { api, byId, clock, el, icon, sentence } from './common.js';
import { learn } from './lessons.js';

const WINDOWS = { hour: 'This hour', day: '24 hours', '30_days': '30 days' };
const SHARED = { team: 'Your team', tenant: 'Everybody' };
const DAY_MS = 24 * 3_600_000;

let budgets = [];

const own = (window) => budgets.find((one) => one.kind === 'information' && !one.purpose && one.window === window);

/** With separators: 12,400. */
export const number = (of) => of.toLocaleString('en');

/** A time of day; with its date where it isn't within a day. */
export function moment(text) {
  const at = new Date(text);
  const date = at.toLocaleDateString('en-GB', { day: 'numeric', month: 'short' });
  return at - Date.now() < DAY_MS ? clock(text) : `${date}, ${clock(text)}`;
}

/** What is left this hour, such as "212 of 320 points left this hour."; empty when it isn't known. */
export function budgetWords() {
  const budget = own('hour');
  return budget ? `${number(budget.left)} of ${number(budget.limit)} points left this hour.` : '';
}

/** Reads the budgets again and draws them. */
export async function loadBudgets() {
  const answer = await api('GET', '/v1/me');
  if (!answer.ok) return;
  budgets = answer.data.budgets;
  byId('search-budget').textContent = budgetWords();
  const whole = budgets.filter(({ purpose, kind }) => !purpose && kind === 'information');
  if (whole.some(({ low }) => low)) learn('budget-low');
  const codes = budgets.filter(({ kind }) => kind === 'code');
  // A purpose's limit is shown once some of it is spent: until then there is nothing to look after.
  const purposes = budgets.filter(({ purpose, left, limit }) => purpose && left < limit);
  byId('budgets').replaceChildren(...[...whole, ...codes, ...purposes].map((budget) => budgetRow(budget)));
  const shared = answer.data.shared_budgets;
  byId('shared-budgets-part').hidden = shared.length === 0;
  byId('shared-budgets').replaceChildren(...shared.map((budget) => budgetRow(budget)));
}

function label({ by, kind, purpose, window }) {
  const time = WINDOWS[window] ?? sentence(window);
  if (kind === 'code') return 'One-time codes, this hour';
  if (by) return `${SHARED[by] ?? by}, ${time.toLowerCase()}`;
  return purpose ? `${sentence(purpose)}, ${time.toLowerCase()}` : time;
}

/** One budget as a line of a list: its words, its numbers, a bar, and when more of it is free. */
export function budgetRow(budget, unit = true) {
  const { by, kind, purpose, window, left, limit, low, more_at: more } = budget;
  const bar = el('span', { class: 'bar', 'aria-hidden': 'true' }, el('i'));
  bar.firstChild.style.inlineSize = `${limit ? Math.max(0, Math.round((left / limit) * 100)) : 0}%`;
  const warning = left === 0 ? ' (spent)' : ' (low)';
  const points = unit && kind === 'information' ? ' points' : '';
  return el('li', { class: low ? 'low' : '', 'data-budget': [by, purpose, kind, window].filter(Boolean).join('-') },
    el('span', {}, low && icon('warn'), label(budget), low && warning),
    el('b', {}, `${number(left)} of ${number(limit)}${points}`),
    bar,
    low && more && el('small', {}, `some free again at ${moment(more)}`));
}
