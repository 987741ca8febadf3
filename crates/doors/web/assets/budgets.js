// What the person has left to spend, shown before any refusal.

import { api, byId, clock, el, icon, sentence } from './common.js';

const LABELS = { reveal: 'Reveals', view: 'Records opened', search: 'Searches', verify: 'Verifications', code: 'One-time codes' };
const SHARED = { team: 'your team', tenant: 'everybody' };
const LOW_PART = 0.15;

let budgets = [];

/** One budget in words, such as "37 of 40 left until 16:00."; empty when there is none. */
export function budgetWords(kind) {
  const budget = budgets.find((one) => one.kind === kind);
  return budget ? `${budget.left} of ${budget.limit} left until ${clock(budget.resets_at)}.` : '';
}

/** Reads the budgets again and draws them. */
export async function loadBudgets() {
  const answer = await api('GET', '/v1/me');
  if (!answer.ok) return;
  budgets = answer.data.budgets;
  const resets = new Set(budgets.map((budget) => clock(budget.resets_at)));
  const together = resets.size === 1;
  byId('search-budget').textContent = budgetWords('search');
  byId('budget-reset').hidden = !together;
  byId('budget-reset').textContent = together ? `Full again at ${[...resets][0]}` : '';
  byId('budgets').replaceChildren(...budgets.map((budget) => row(budget, together)));
  const shared = answer.data.shared_budgets;
  byId('shared-budgets-part').hidden = shared.length === 0;
  byId('shared-budgets').replaceChildren(...shared.map((budget) => row(budget, together)));
}

function row({ by, kind, left, limit, resets_at: resets }, together) {
  const whose = by ? `, ${SHARED[by] ?? by}` : '';
  const low = left <= limit * LOW_PART;
  const bar = el('span', { class: 'bar', 'aria-hidden': 'true' }, el('i'));
  bar.firstChild.style.inlineSize = `${limit ? Math.max(0, Math.round((left / limit) * 100)) : 0}%`;
  return el('li', { class: low ? 'low' : '', 'data-budget': by ? `${by}-${kind}` : kind },
    el('span', {}, low && icon('warn'), `${LABELS[kind] ?? sentence(kind)}${whose}`, low && ' (low)'),
    el('b', {}, `${left} of ${limit}`),
    bar,
    !together && el('small', {}, `full again at ${clock(resets)}`));
}
