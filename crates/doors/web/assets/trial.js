// What isn't in force, tried on the last thirty days of the log: what they would have refused and allowed.

import { el, icon, receiptLink, sentence, showProblem, words } from './common.js';

const BROKEN = {
  slug: 'trial-broken', title: 'The trial broke off', why: 'Somebody changed people or rules meanwhile, or the connection was lost.',
  next: 'Try it again.',
};

const UNSAID = {
  ground: 'how the interaction stood', channel: 'by which channel the customer was in touch',
  device: 'by what means somebody was signed in', person: 'who it was', consent: 'whether the customer had agreed',
};

const count = (number, one) => `${number.toLocaleString()} ${one}${number === 1 ? '' : 's'}`;

function row({ entry, at, kind, field, purpose, role, becomes, unsaid }) {
  const cell = (label, ...content) => el('td', { role: 'cell', 'data-label': label }, ...content);
  const verdict = becomes === 'unknown' ? `Unknown: ${UNSAID[unsaid]}` : `Would be ${becomes}`;
  return el('tr', { role: 'row' },
    cell('When', el('time', { datetime: at }, new Date(at).toLocaleString())),
    cell('What', [sentence(kind), field && words(field), purpose && `for ${words(purpose)}`].filter(Boolean).join(' ')),
    cell('By', role ? words(role) : ''), cell('Then', verdict), cell('Entry', receiptLink(entry, 'Entry')));
}

function told(found) {
  const unknown = Object.entries(found.unknown);
  const all = unknown.reduce((sum, [, many]) => sum + many, 0);
  const parts = [
    el('p', {}, icon('eye'), ` Of ${count(found.judged, 'act')} in the last 30 days it would have refused `,
      el('b', {}, found.would_refuse.toLocaleString()), ' and allowed ', el('b', {}, `${found.would_allow.toLocaleString()} more`), '. ', receiptLink(found.receipt)),
    all > 0 && el('p', { class: 'hint' }, `${count(all, 'more act')} can’t be told, as the log doesn’t say ${unknown.map(([what, many]) => `${UNSAID[what]} (${many.toLocaleString()})`).join(', ')}.`),
    el('p', { class: 'hint' }, `Tried are ${found.tried.map(words).join(', ')}. Of other acts nothing is said: those without a customer on the line, what was shown again, and the answers of second people.`),
    found.damaged > 0 && el('p', { class: 'notice warn' }, `${count(found.damaged, 'entry').replace('entrys', 'entries')} were edited in the database, and aren’t counted.`),
    found.examples.length > 0 && el('table', { role: 'table', class: 'stacked' }, el('caption', {}, 'Some of them'),
      el('thead', { role: 'rowgroup' }, el('tr', { role: 'row' }, ...['When', 'What', 'By', 'Then', 'Entry'].map((name) => el('th', { role: 'columnheader', scope: 'col' }, name)))),
      el('tbody', { role: 'rowgroup' }, ...found.examples.map(row))),
  ];
  return parts.filter(Boolean);
}

/** Reads lines as they come; answers the last. */
async function follow(response, progress) {
  const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
  let rest = '';
  let last = null;
  for (;;) {
    const { value, done } = await reader.read();
    if (done) return last;
    const lines = `${rest}${value}`.split('\n');
    rest = lines.pop();
    if (lines.length > 0) {
      last = JSON.parse(lines.at(-1));
      progress.max = Math.max(last.of, 1);
      progress.value = last.read;
    }
  }
}

/** Tries a draft or a proposal and tells what came of it in `place`. */
export async function tryOut({ change, draft }, place) {
  const progress = el('progress', { 'aria-label': 'Entries read' });
  place.replaceChildren(el('p', { class: 'hint' }, 'Reading the last 30 days. ', progress));
  try {
    const response = await fetch(`/v1/power/changes/${change}/trial`, {
      method: 'POST', credentials: 'same-origin', cache: 'no-store', headers: { 'content-type': 'application/json' },
      body: JSON.stringify(draft ? { draft } : {}),
    });
    if (!response.ok) {
      const problem = await response.json();
      return showProblem(place, { ...problem, slug: String(problem.type ?? '').split('/').pop() });
    }
    const found = await follow(response, progress);
    return found?.done ? place.replaceChildren(...told(found)) : showProblem(place, BROKEN);
  } catch {
    return showProblem(place, BROKEN);
  }
}
