// The masked record: one row per field with Verify and Reveal, and the notes.
// A revealed value lives in one text node and nowhere else; it is removed when its time is out,
// on Escape, when the page is hidden, on hold and on hang-up.

import { api, countdownRing, el, icon, problemPanel, say } from './common.js';
import { learn, learnFrom } from './lessons.js';
import { askSecond, wouldHelp } from './second.js';

const BULLET = /[•●*]+/g;
const shown = new Set();
/** What follows somebody for years once it is known. */
const LASTING = ['date_of_birth', 'bank_account'];
let wrong = 0;

/** Masks every value on the page again. */
export function maskAll(why) {
  for (const reveal of [...shown]) reveal.end(why);
}

/** Closes the open forms of all rows. */
export function closeSlots() {
  for (const slot of document.querySelectorAll('.slot')) {
    if (slot.contains(document.activeElement)) slot.closest('li').querySelector('button')?.focus();
    slot.replaceChildren();
  }
}

function maskOf(field, name) {
  const visible = field.mask.replace(BULLET, ' ').trim();
  return [
    el('span', { 'aria-hidden': 'true' }, field.mask),
    el('span', { class: 'sr-only' }, `${name}, masked${visible ? `; shown part: ${visible}` : ''}`),
  ];
}

function whyMasked(field, name) {
  return el('details', { class: 'why' },
    el('summary', {}, icon('lock'), el('span', {}, 'Why masked'), el('span', { class: 'sr-only' }, `: ${name}`)),
    el('p', {}, field.why_masked));
}

/** Counts fields of each kind so that two phones are "Phone 1" and "Phone 2". */
function namer(fields) {
  const count = {};
  for (const { field } of fields) count[field] = (count[field] ?? 0) + 1;
  return ({ field, label, instance }) => (count[field] > 1 ? `${label} ${instance}` : label);
}

/** Draws the record into its list; notes go into `noteList`. */
export function drawRecord(view, context, list, noteList) {
  maskAll();
  wrong = 0;
  const nameOf = namer(view.fields);
  const row = (field) => fieldRow(field, nameOf(field), { ...context, customer: view.customer });
  const isNote = ({ field }) => field === 'note';
  list.replaceChildren(...view.fields.filter((field) => !isNote(field)).map(row));
  if (view.guarded) {
    learn('guarded');
    list.prepend(el('li', { class: 'guarded' }, el('p', { class: 'notice warn' }, icon('lock'), el('span', {}, 'Guarded: each value needs a second person.'))));
  }
  if (view.fields.length === 0) list.append(el('li', { class: 'empty' }, 'Nothing is held about this customer.'));
  noteList.replaceChildren(...view.fields.filter(isNote).map(row));
}

function fieldRow(field, name, context) {
  const value = el('span', { class: 'mask' }, ...maskOf(field, name));
  const extra = el('span', { class: 'extra' });
  const verified = el('span');
  const slot = el('div', { class: 'slot', 'aria-live': 'polite' });
  const row = { field, name, context, value, extra, verified, slot, busy: false };
  const button = (act, words, opened, look = 'plain') => el('button', {
    type: 'button', class: look, 'data-act': act, on: { click: opened },
  }, words, el('span', { class: 'sr-only' }, ` ${name}`));
  const can = new Set(field.can);
  return el('li', { 'data-field': field.field, 'data-instance': field.instance },
    el('span', { class: 'label' }, name),
    el('span', { class: 'shown' }, value, extra, verified,
      field.field === 'card' && !can.has('reveal')
        && el('span', { class: 'hint never' }, icon('stop'), 'Never shown to a person.'),
      whyMasked(field, name)),
    el('span', { class: 'acts-row' },
      can.has('verify') && button('verify', 'Verify', () => openVerify(row), ''),
      can.has('reveal') && button('reveal', 'Reveal', () => openReveal(row))),
    slot);
}

const target = ({ field, context }) => ({
  interaction: context.interaction, field: field.field, instance: field.instance,
});

function refuse(row, answer, second) {
  const panel = problemPanel(answer.problem, () => row.slot.replaceChildren());
  if (second && wouldHelp(row.field, answer.problem)) {
    panel.lastElementChild.append(el('button', { type: 'button', 'data-act': 'second', on: { click: second } }, 'Ask a second person'));
  }
  row.slot.replaceChildren(panel);
  learnFrom(answer.problem);
  row.context.acted(`${row.name}: refused`, answer.problem.receipt, 'refused');
}

// ---- verify -----------------------------------------------------------------------------------

function openVerify(row) {
  const input = el('input', {
    type: 'text', autocomplete: 'off', autocapitalize: 'off', autocorrect: 'off', spellcheck: 'false',
    'aria-label': `What the caller says for ${row.name}`, required: true,
  });
  const result = el('p', { class: 'result', role: 'status' });
  const form = el('form', { method: 'post', autocomplete: 'off', class: 'verify' },
    el('span', { 'aria-hidden': 'true', class: 'prompt' }, 'The caller says'), input,
    el('button', { type: 'submit', class: 'primary' }, 'Check'), result);
  form.addEventListener('submit', (event) => {
    event.preventDefault();
    check(row, input, result);
  });
  row.slot.replaceChildren(form);
  input.focus();
}

async function check(row, input, result) {
  if (row.busy || !input.value.trim()) return;
  row.busy = true;
  const path = `/v1/customers/${row.context.customer}/verifications`;
  const answer = await api('POST', path, { ...target(row), said: input.value });
  row.busy = false;
  input.value = '';
  if (!answer.ok) return refuse(row, answer);
  const { match, attempts_left: left, receipt, hint } = answer.data;
  result.className = `result ${match ? 'ok' : 'no'}`;
  result.replaceChildren(icon(match ? 'ok' : 'no'),
    el('b', {}, match ? 'Match.' : 'No match.'),
    ` ${left} ${left === 1 ? 'attempt' : 'attempts'} left.`,
    match ? '' : ` ${hint ?? 'Ask again, or check another field.'}`);
  if (!match) wrong += 1;
  if (wrong === 2) learn('answers-wrong');
  if (match) row.verified.replaceChildren(el('span', { class: 'pill ok' }, icon('ok'), 'Verified'));
  else input.focus();
  row.context.acted(`${row.name}: ${match ? 'match' : 'no match'}`, receipt, match ? 'ok' : 'no');
}

// ---- reveal -----------------------------------------------------------------------------------

function openReveal(row) {
  const { field, name, context } = row;
  const buttons = field.purposes.map((purpose) => el('button', {
    type: 'button', 'data-purpose': purpose,
    on: { click: () => (field.second_person === 'always' ? second(row, purpose) : reveal(row, purpose)) },
  }, context.purposeLabel(purpose)));
  const budget = context.budgetWords();
  row.slot.replaceChildren(el('div', { class: 'purposes', role: 'group', 'aria-label': `Show ${name} for` },
    el('p', {}, el('b', {}, `What do you need ${name} for?`), ' ',
      el('span', { class: 'hint' }, `${field.second_person === 'always' ? 'A second person must agree first. ' : ''}It is shown for a short time and logged with this purpose. ${budget}`)),
    ...buttons));
  buttons[0]?.focus();
  learn(LASTING.includes(field.field) ? 'sensitive-look' : 'read-back');
}

function second(row, purpose) {
  learn('hurry');
  return askSecond(row, {
    body: { ...target(row), purpose }, show: () => reveal(row, purpose), refuse: (answer) => refuse(row, answer),
  });
}

async function reveal(row, purpose) {
  if (row.busy) return;
  row.busy = true;
  const { context, name } = row;
  const asked = performance.now();
  const answer = await api('POST', `/v1/customers/${context.customer}/reveals`,
    { ...target(row), purpose }, { 'idempotency-key': crypto.randomUUID() });
  row.busy = false;
  if (!answer.ok) return refuse(row, answer, () => second(row, purpose));
  context.acted(`${name}: revealed, ${context.purposeLabel(purpose)}`, answer.data.receipt, 'eye');
  if (document.visibilityState === 'hidden' || !context.isLive()) return;
  row.slot.replaceChildren();
  showFor(row, answer.data, asked);
}

/** Shows the value until its time is out. The time runs from when it was asked for. */
function showFor(row, { value, remask_in_s: seconds }, asked) {
  row.current?.end();
  const ring = countdownRing();
  const left = el('span', { class: 'seconds' });
  const hide = el('button', { type: 'button', class: 'plain', on: { click: () => current.end() } },
    'Mask now', el('span', { class: 'sr-only' }, ` ${row.name}`));
  const clear = el('span', { class: 'clear', tabindex: '-1', 'data-revealed': true });
  clear.textContent = value;
  const until = asked + seconds * 1000;
  const tick = () => {
    const ms = until - performance.now();
    if (ms <= 0) return current.end('time is out');
    ring.draw(ms / (seconds * 1000));
    left.textContent = `${Math.ceil(ms / 1000)} s`;
  };
  const timer = setInterval(tick, 200);
  const current = { end: (why) => endReveal(row, current, timer, clear, why) };
  row.current = current;
  shown.add(current);
  row.value.replaceChildren(clear);
  row.extra.replaceChildren(el('span', { class: 'countdown' }, ring.svg, left), hide);
  tick();
  clear.focus({ preventScroll: true });
  say(`${row.name} is shown for ${seconds} seconds.`);
}

function endReveal(row, current, timer, clear, why) {
  clearInterval(timer);
  if (!shown.delete(current)) return;
  const hadFocus = row.value.contains(document.activeElement) || row.extra.contains(document.activeElement);
  clear.textContent = '';
  row.value.replaceChildren(...maskOf(row.field, row.name));
  row.extra.replaceChildren();
  row.current = null;
  if (hadFocus) row.value.closest('li')?.querySelector('[data-act="reveal"]')?.focus({ preventScroll: true });
  say(`${row.name} is masked again${why ? `: ${why}` : ''}.`);
}
