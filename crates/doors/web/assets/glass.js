// "Break-glass": officers ask, agree and are shown one value; who was neither reviews it. Others watch.

import { api, byId, el, icon, moment, receiptLink, say, showProblem } from './common.js';
import { answer as answerWith } from './passkey.js';
import { NOT_HERE, usable } from './power.js';

let passkeys = [];
/** Is a value on screen? It isn't shown again, so nothing is drawn over it. */
let showing = false;

const STATES = {
  asked: ['flag', 'Waits for another officer'],
  agreed: ['flag', 'Agreed, not yet seen'],
  broken: ['warn', 'Waits for a review'],
  reviewed: ['ok', 'Reviewed'],
  declined: ['no', 'Declined'],
  over: ['no', 'Came to nothing'],
};

function pill({ state, overdue, review }) {
  const [name, text] = STATES[state];
  if (overdue) return el('span', { class: 'pill danger' }, icon('warn'), 'Review overdue');
  if (review) return el('span', { class: `pill ${review.finding === 'justified' ? '' : 'warn'}` }, icon(name), review.finding === 'justified' ? 'Justified' : 'Not justified');
  return el('span', { class: `pill ${state === 'broken' ? 'warn' : ''}` }, icon(name), text);
}

function done(text, receipt) {
  byId('result').replaceChildren(el('p', { class: 'notice ok', role: 'status' }, icon('ok'), el('span', {}, text, ' ', receipt && receiptLink(receipt))));
  say(text);
}

/** Signs with a passkey of one's own what the request says: answers {answer} or {problem}. */
async function signed({ challenge }) {
  const mine = usable(passkeys);
  return mine ? answerWith(challenge, mine.rpId, mine.ids) : { problem: NOT_HERE };
}

async function agree(one, place) {
  const { answer, problem } = await signed(one);
  if (problem) { showProblem(place, problem); return; }
  await send(one, 'answers', { answer: 'yes', assertion: answer }, place, 'You agreed. The officer who asked has five minutes to look.');
}

async function send(one, what, body, place, told) {
  const answer = await api('POST', `/v1/glass/${one.glass}/${what}`, body);
  if (!answer.ok) { showProblem(place, answer.problem); return; }
  done(told, answer.data.receipt);
  await load();
}

/** The value, until its countdown is over; then it is gone for good. */
function show({ value, remask_in_s: seconds, receipt }, one, place) {
  let left = seconds;
  const rest = el('small', {}, `Gone in ${left} seconds.`);
  place.replaceChildren(el('div', { class: 'notice warn', 'data-value': '' }, icon('eye'),
    el('div', {}, el('strong', {}, value), el('p', {}, rest), el('p', {}, 'It isn’t shown again. ', receiptLink(receipt)))));
  say(`${one.label}: ${value}`);
  const ticking = setInterval(async () => {
    left -= 1;
    rest.textContent = `Gone in ${left} seconds.`;
    if (left > 0) return;
    clearInterval(ticking);
    place.replaceChildren();
    showing = false;
    await load();
  }, 1000);
}

async function look(one, place) {
  const { answer, problem } = await signed(one);
  if (problem) { showProblem(place, problem); return; }
  const shown = await api('POST', `/v1/glass/${one.glass}/reveal`, { assertion: answer });
  if (!shown.ok) { showProblem(place, shown.problem); return; }
  showing = true;
  show(shown.data, one, place);
}

function buttons(one, place) {
  const button = (text, act, attributes = {}) => el('button', {
    type: 'button', 'aria-label': `${text}: ${one.label}, asked by ${one.asker}`, on: { click: act }, ...attributes,
  }, text);
  if (one.step === 'answer') {
    return [button('Agree with my passkey', () => agree(one, place), { class: 'primary' }),
      button('No', () => send(one, 'answers', { answer: 'no' }, place, 'You said no. Nothing is shown.'))];
  }
  if (one.step === 'reveal') return [button('Show it with my passkey', () => look(one, place), { class: 'primary' })];
  if (one.step === 'review') {
    const review = (finding, told) => () => send(one, 'review', { finding }, place, told);
    return [button('It was justified', review('justified', 'Reviewed: justified.'), { class: 'primary' }),
      button('It was not', review('not_justified', 'Reviewed: not justified.'))];
  }
  return [];
}

function facts(one) {
  return [
    `${one.asker} asked on ${moment(one.asked_at)}.`,
    one.second && (one.state === 'declined' ? `${one.second} said no.` : `${one.second} agreed.`),
    one.until && (one.state === 'asked' ? `Silence is a no on ${moment(one.until)}.` : `It counts until ${moment(one.until)}.`),
    one.broken_at && `Shown on ${moment(one.broken_at)}.`,
    one.state === 'broken' && `The review is due by ${moment(one.review_due)}.`,
    one.review && `${one.review.by} reviewed it on ${moment(one.review.at)}.`,
  ].filter(Boolean).join(' ');
}

function line(one) {
  const place = el('div', { 'aria-live': 'polite' });
  const all = buttons(one, place);
  const what = `${one.label}${one.instance > 1 ? ` ${one.instance}` : ''}: ${one.reason_label}`;
  return el('li', { 'data-glass-request': one.glass, 'data-state': one.state },
    el('div', {}, el('b', {}, what), el('small', {}, facts(one)),
      one.customer && el('small', { class: 'mono' }, one.customer),
      one.note && el('p', { class: 'said' }, one.note),
      all.length > 0 && el('p', { class: 'row' }, ...all),
      place),
    pill(one));
}

async function load() {
  if (showing) return;
  const answer = await api('GET', '/v1/glass');
  byId('loading').hidden = true;
  document.body.dataset.glass = answer.ok ? 'shown' : 'refused';
  if (!answer.ok) { showProblem(byId('list-problem'), answer.problem); return; }
  byId('list-problem').replaceChildren();
  ({ passkeys } = answer.data);
  byId('damaged').hidden = !answer.data.damaged;
  byId('requests').replaceChildren(...answer.data.items.map(line));
  byId('nothing').hidden = answer.data.items.length > 0;
}

async function ask(form) {
  const { customer, field, instance, reason, note } = form.elements;
  const answer = await api('POST', '/v1/glass', {
    customer: customer.value.trim(), field: field.value, instance: Number(instance.value), reason: reason.value, note: note.value,
  });
  if (!answer.ok) { showProblem(byId('result'), answer.problem); return; }
  form.reset();
  const others = answer.data.other_officers;
  done(others > 0
    ? 'Asked. Ring another officer now: they agree on this page, on their own device, within ten minutes.'
    : 'Asked, but nobody else can agree: no other officer has a passkey that counts.', answer.data.receipt);
  await load();
}

byId('ask')?.addEventListener('submit', (event) => { event.preventDefault(); ask(event.target); });
// Each reading is an entry of the log, so the page asks when somebody wants to know.
byId('again').addEventListener('click', load);
await load();
