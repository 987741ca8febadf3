// Customers' requests by right: filing one, and going on with one. Nothing of a customer's comes here.

import { api, byId, el, icon, moment, receiptLink, say, sentence, showProblem } from './common.js';

const LIST = '/v1/privacy/requests';
const TWO = ['access', 'portability', 'erasure'];
const REFUSALS = [
  ['not_identified', 'not shown to be the customer’s'], ['nothing_held', 'nothing is held'], ['unfounded', 'manifestly unfounded'],
  ['excessive', 'excessive'], ['must_be_kept', 'the data must be kept'],
];
const LONGER = [['complexity', 'the request is complex'], ['number', 'there are many requests']];
const KINDS = [['postal_address', 'postal address'], ['phone', 'phone number'], ['date_of_birth', 'date of birth'], ['order', 'order number']];
let next = null;
let key = crypto.randomUUID();

const notice = (kind, title, ...more) => el('div', { class: `notice ${kind}`, role: 'status' }, icon(kind === 'ok' ? 'ok' : 'warn'),
  el('div', {}, el('strong', {}, title), ...more));

/** What a step led to, in words. */
function told(step, done) {
  if (done.waits_until) return ['ok', 'A second person must say the same', `Until ${moment(done.waits_until)}: another data protection officer or a security officer, on this page.`];
  if (done.match === false) return ['warn', 'That isn’t right', `${done.tries_left} more may be wrong.`];
  if (done.match) return ['ok', done.proven ? 'The request is the customer’s own' : 'That fits', done.proven ? '' : 'Check one more of another kind.'];
  if (step === 'send_code') return ['ok', 'A code is on its way to the address on file', 'Ask the customer for it; you can’t see it.'];
  const letter = done.told ? 'The customer was told by letter.' : 'No letter went: tell the customer by the way on which the request came.';
  const words = { answer: 'Answered', refuse: 'Refused', withdraw: 'Taken back', extend: `Due on ${done.due_on} now` };
  return ['ok', words[step], letter];
}

async function go(request, body) {
  const answer = await api('POST', `${LIST}/${encodeURIComponent(request.id)}/steps`, body);
  const place = () => byId(`result-${request.id}`);
  if (!answer.ok) return showProblem(place(), answer.problem);
  await refresh(request.id);
  const [kind, title, more] = told(body.step, answer.data);
  place()?.replaceChildren(notice(kind, title, more && el('p', {}, more), el('p', {}, receiptLink(answer.data.receipt))));
  return say(title);
}

const button = (label, handler, kind = '') => el('button', { type: 'button', class: kind, on: { click: handler } }, label);

/** A field or list with its button. */
function form(request, label, input, name, make) {
  const id = `${name}-${request.id}`;
  input.id = id;
  input.required = true;
  const send = (event) => { event.preventDefault(); go(request, make(input.value.trim())); };
  return el('form', { class: 'row', 'aria-label': `${label}: ${request.id}`, on: { submit: send } },
    el('label', { for: id }, label), input, el('button', { type: 'submit' }, name === 'refuse' ? 'Refuse' : name === 'extend' ? 'Extend' : 'Check'));
}

const text = () => el('input', { autocomplete: 'off', spellcheck: 'false', maxlength: 400 });
const select = (options) => el('select', {}, el('option', { value: '' }, 'Choose'), ...options.map(([value, label]) => el('option', { value }, label)));

function answers(request) {
  const kind = select(KINDS);
  kind.id = `kind-${request.id}`;
  kind.required = true;
  const said = form(request, 'What they say', text(), 'said', (value) => ({ step: 'check_answer', field: kind.value, said: value }));
  said.prepend(el('label', { for: kind.id }, 'Kind'), kind);
  return el('details', {}, el('summary', {}, 'No e-mail address is on file'),
    el('p', { class: 'hint' }, 'Then two right answers of different kinds show it: a date of birth, and something by which the request wasn’t filed. Only yes or no comes back.'), said);
}

function identity(request) {
  const { inside } = request;
  if (!inside.found) return [el('p', { class: 'hint' }, 'No customer was found by what was filed. File it anew by something else, or refuse it, as nothing is held.')];
  return [
    el('p', { class: 'row' }, button(inside.code_sent ? 'Send another code' : 'Send a code', () => go(request, { step: 'send_code' }), 'primary'),
      el('span', { class: 'hint' }, `${inside.tries_left} tries left.`)),
    inside.code_sent && form(request, 'The code that they tell you', text(), 'code', (code) => ({ step: 'check_code', code })),
    answers(request),
  ];
}

function answering(request) {
  const two = TWO.includes(request.right);
  const { first, waits_until: until } = request.inside;
  const waits = first && el('p', {}, `${first} wants it answered. It waits for a second person until ${moment(until)}.`);
  const label = request.can.includes('agree') ? 'Agree: answer it' : two ? 'Ask that it be answered' : 'Answered';
  const may = request.state === 'in_work' && (request.can.includes('agree') || (request.can.includes('handle') && !first));
  return [waits, may && el('p', { class: 'row' }, button(label, () => go(request, { step: 'answer' }), 'primary'))];
}

function others(request) {
  return el('details', {}, el('summary', {}, 'More time, refuse, taken back'),
    !request.extended_for && form(request, 'Two months more, as', select(LONGER), 'extend', (reason) => ({ step: 'extend', reason })),
    form(request, 'Refuse, as', select(REFUSALS), 'refuse', (reason) => ({ step: 'refuse', reason })),
    el('p', { class: 'row' }, button('Taken back by who asked', () => go(request, { step: 'withdraw' }))));
}

function facts(request) {
  const { answer, copy } = request;
  return [
    answer && `${answer.values} values, ${answer.as_masks} of them as masks: all that is held.`,
    copy && `The customer took the copy on ${moment(copy.taken_at)}: ${copy.size} bytes, SHA-256 ${copy.sha256}.`,
    answer && !copy && 'The customer hasn’t taken the copy yet.',
    request.inside && !request.inside.told && ['answered', 'refused', 'withdrawn'].includes(request.state) && 'No letter told the customer how it ended: tell them by the way on which the request came.',
    request.inside?.handler && `Handled by ${request.inside.handler}.`,
  ].filter(Boolean).map((line) => el('small', {}, line));
}

function pills(request) {
  const pill = (kind, name, words) => el('span', { class: `pill ${kind}` }, icon(name), words);
  const state = request.refused_for ? `Refused: ${REFUSALS.find(([slug]) => slug === request.refused_for)?.[1]}` : sentence(request.state);
  return [
    request.overdue && pill('danger', 'warn', 'Overdue'),
    request.due_soon && pill('warn', 'warn', 'Due within a week'),
    request.extended_for && pill('', 'pause', 'Extended'),
    pill('', request.state === 'answered' ? 'ok' : 'lock', state),
  ];
}

function row(request) {
  const open = ['received', 'identity_asked', 'in_work'].includes(request.state);
  const handles = request.can.includes('handle');
  return el('li', { id: request.id, 'data-state': request.state },
    el('div', {}, el('b', {}, sentence(request.right)), ' ', el('small', { class: 'mono' }, request.id),
      el('small', {}, `Came in on ${request.received_on}${open ? `; answer it by ${request.due_on}` : ''}.`), ...facts(request)),
    ...pills(request),
    el('div', { class: 'result stack' },
      ...(handles && request.state !== 'in_work' ? identity(request) : []), ...(open ? answering(request) : []),
      handles && others(request),
      el('p', { class: 'row' }, receiptLink(request.filed_receipt, 'Receipt of filing'), ' ', receiptLink(request.last_receipt, 'Receipt of the last step'))),
    el('div', { class: 'result', id: `result-${request.id}`, 'aria-live': 'polite' }));
}

/** One request as it is now, where it stands. */
async function refresh(id) {
  const answer = await api('GET', `${LIST}/${encodeURIComponent(id)}`);
  if (answer.ok) byId(id)?.replaceWith(row(answer.data.request));
}

async function more() {
  const answer = await api('GET', `${LIST}${next ? `?cursor=${encodeURIComponent(next)}` : ''}`);
  byId('loading').hidden = true;
  if (!answer.ok) { showProblem(byId('list-problem'), answer.problem); return; }
  const { items, damaged } = answer.data;
  byId('list-problem').replaceChildren(...(damaged ? [notice('danger', 'A request was edited in the database, taken out or put back',
    el('p', {}, 'So something may be missing here. Tell security: somebody can write to the database.'))] : []));
  // What was closed meanwhile comes once more, among the closed ones.
  byId('requests').append(...items.filter(({ id }) => !byId(id)).map(row));
  next = answer.data.next;
  byId('more').hidden = !next;
  byId('nobody').hidden = byId('requests').children.length > 0;
  say(`${byId('requests').children.length} shown.`);
}

async function load() {
  next = null;
  byId('requests').replaceChildren();
  await more();
}

async function file(event) {
  event.preventDefault();
  const { right, came_by: way, received_on: day, language, by, term } = event.target.elements;
  const body = { right: right.value, came_by: way.value, received_on: day.value, language: language.value, find: { [by.value]: term.value.trim() } };
  const answer = await api('POST', LIST, body, { 'idempotency-key': key });
  if (!answer.ok) { showProblem(byId('file-result'), answer.problem); return; }
  key = crypto.randomUUID();
  event.target.reset();
  byId('file-result').replaceChildren(notice('ok', `Filed: answer it by ${answer.data.due_on}`,
    el('p', {}, 'Its number is ', el('span', { class: 'mono' }, answer.data.id), '.'), el('p', {}, receiptLink(answer.data.receipt))));
  await load();
}

byId('file')?.addEventListener('submit', file);
byId('more').addEventListener('click', more);
byId('again').addEventListener('click', load);
load();
