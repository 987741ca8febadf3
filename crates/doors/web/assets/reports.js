// Reports, for who handles them: what was said, until when something is due, and the next step.

import { api, byId, el, icon, receiptLink, say, showProblem } from './common.js';

const LIST = document.body.dataset.list;
const FOUND = {
  explained: 'there was a good reason', stopped: 'it was wrong, and is stopped',
  mistake: 'a mistake of ours, put right', unclear: 'it can’t be found out',
};
const WHO = { reporter: 'They', security: 'Security', outside: 'Outside security' };
let next = null;

const place = (report) => byId(`result-${report}`);

async function go(report, body) {
  const answer = await api('POST', `/v1/reports/${encodeURIComponent(report)}/steps`, body);
  if (!answer.ok) return showProblem(place(report), answer.problem);
  await load();
  place(report)?.replaceChildren(el('p', { class: 'notice ok', role: 'status' }, icon('ok'), el('span', {}, 'Done; whoever reported reads it. ', receiptLink(answer.data.receipt))));
  return say('Done');
}

const line = ({ by, day, text }) => el('p', { class: 'said' }, el('b', {}, `${WHO[by]}, ${day}: `), text);

function clockOf({ found, overdue, due, acknowledged }) {
  if (found) return el('span', { class: 'pill ok' }, icon('ok'), `Closed: ${FOUND[found]}`);
  const what = acknowledged ? 'Answer by' : 'Say it was read by';
  return el('span', { class: overdue ? 'pill danger' : 'pill' }, overdue && icon('warn'), overdue ? `Too late: ${what.toLowerCase()} ${due}` : `${what} ${due}`);
}

function steps({ report, acknowledged }) {
  const text = el('textarea', { id: `say-${report}`, rows: 3, maxlength: 4000 });
  const found = el('select', { id: `found-${report}` }, el('option', { value: '' }, 'Choose what was found'), ...Object.entries(FOUND).map(([value, words]) => el('option', { value }, words)));
  const said = () => text.value.trim();
  const tell = (event) => { event.preventDefault(); if (said()) go(report, { step: 'say', text: said() }); else text.focus(); };
  const button = el('button', { type: 'button' }, 'Close the report');
  const sure = (yes) => { button.dataset.sure = yes ? 'yes' : ''; button.textContent = yes ? 'Close it for good' : 'Close the report'; };
  // A closed report stays closed: it takes a choice and two clicks.
  function close() {
    if (!found.value) return found.focus();
    if (button.dataset.sure) return go(report, { step: 'close', found: found.value, ...(said() && { text: said() }) });
    sure(true);
    return say('Press again to close it for good.');
  }
  button.addEventListener('click', close);
  found.addEventListener('change', () => sure(false));
  return el('form', { class: 'stack', method: 'post', 'aria-label': `Answer or close ${report}`, on: { submit: tell } },
    !acknowledged && el('p', { class: 'row' }, el('button', { type: 'button', class: 'primary', on: { click: () => go(report, { step: 'acknowledge' }) } }, 'Say that it was read')),
    el('label', { for: `say-${report}` }, 'Ask or tell them something'), text,
    el('p', { class: 'row' }, el('button', { type: 'submit' }, 'Send')),
    el('p', { class: 'row' }, el('label', { for: `found-${report}` }, 'What came of it'), found, button));
}

function row(one) {
  const { report, day, by, text, interaction, frozen, about_security: about, files, said, found } = one;
  const file = (number) => el('a', { href: `/v1/reports/${report}/files/${number}` }, `File ${number + 1}`);
  return el('li', { 'data-report': report }, el('div', { class: 'stack' },
    el('p', { class: 'row' }, clockOf(one), about && el('span', { class: 'pill warn' }, 'About security'), frozen && el('span', { class: 'pill' }, icon('lock'), 'Evidence is kept')),
    el('p', { class: 'said' }, text),
    el('small', {}, `${day} · by ${by}`, interaction && ` · in ${interaction}`),
    files > 0 && el('p', { class: 'row' }, ...Array.from({ length: files }, (_, number) => file(number))),
    ...said.map(line),
    !found && el('details', {}, el('summary', {}, 'Answer or close'), steps(one)),
    el('div', { id: `result-${report}`, 'aria-live': 'polite' })));
}

const broken = (report) => el('li', {}, el('div', { class: 'notice danger' }, icon('warn'), `${report} was edited in the database, or isn’t what the log says. What it said can’t be relied on.`));

const crowding = (full, away) => el('div', { class: 'notice warn', role: 'alert' }, icon('warn'),
  full ? 'In the six hours before the box was last turned, the page for reports without a name was full again and again.' : 'More came than is taken in.',
  away > 0 && ` The server that answers here turned away at least ${away} attempts in the day before that.`,
  ' Others may not have been able to report: tell staff of another way until it is over.');

async function load(cursor) {
  const answer = await api('GET', cursor ? `${LIST}?cursor=${encodeURIComponent(cursor)}` : LIST);
  byId('loading').hidden = true;
  if (!answer.ok) return showProblem(byId('list-problem'), answer.problem);
  const { items, edited, damaged, crowded: full, turned_away: away } = answer.data;
  byId('list-problem').replaceChildren(...(full || away ? [crowding(full, away)] : []), ...(damaged ? [el('div', { class: 'notice danger', role: 'alert' }, icon('warn'), 'A report was changed in the database, taken out or put back.')] : []));
  const rows = [...(cursor ? [] : edited.map(broken)), ...items.map(row)];
  if (cursor) byId('reports').append(...rows); else byId('reports').replaceChildren(...rows);
  byId('nobody').hidden = byId('reports').children.length > 0;
  next = answer.data.next;
  byId('more').hidden = !next;
  return null;
}

byId('again').addEventListener('click', () => load());
byId('more').addEventListener('click', () => load(next));
load();
