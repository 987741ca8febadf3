// The agent's desk: follows the live interaction and draws what belongs to it.

import { api, ask, byId, clock, el, icon, keepProblem, receiptLink, say, sentence, showProblem } from './common.js';
import { budgetWords, loadBudgets } from './budgets.js';
import { CASEWORK, drawCases, drawCasework, isCase, setUpCases } from './cases.js';
import { clearFind, setUpFind } from './find.js';
import { learn } from './lessons.js';
import { setUpMessage } from './message.js';
import { closeSlots, drawRecord, maskAll } from './record.js';

const POLL_MS = 2000;
const CHANNELS = { call: 'Call', chat: 'Chat', ticket: 'Ticket', case: 'Case' };
const BINDINGS = {
  none: ['No customer yet', 0, 'Find the customer to begin.'],
  claimed: ['Claimed', 1, 'You chose this customer; nothing shows yet that the caller is this person. Verify, or send a code.'],
  matched: ['Matched', 2, 'The caller’s number or address is the one on record. A code makes it certain.'],
  proven: ['Proven', 3, 'The customer proved it on their own device.'],
};

const desk = { live: null, chosen: null, viewed: null, boundAt: null, lost: 0 };

// ---- the interaction --------------------------------------------------------------------------

async function poll() {
  const answer = await ask('/v1/interactions?state=live');
  if (answer.ok) {
    desk.lost = 0;
    byId('offline').hidden = true;
    byId('desk-problem').replaceChildren();
    follow(answer.data.items.filter(({ state }) => state !== 'ended'));
  } else if (answer.status === 0) {
    desk.lost += 1;
    if (desk.lost === 2) connectionLost();
  } else {
    maskAll('the desk was refused');
    keepProblem(byId('desk-problem'), answer.problem);
  }
  setTimeout(poll, POLL_MS);
}

/** Whether the customer is still there can't be known now, so nothing stays readable. */
function connectionLost() {
  maskAll('the connection was lost');
  closeSlots();
  byId('offline').hidden = false;
  byId('call-state').className = 'pill warn';
  byId('call-state').replaceChildren(icon('warn'), 'Unknown');
}

function follow(items) {
  const now = items.find(({ id }) => id === desk.chosen) ?? items.find((item) => !isCase(item)) ?? null;
  const before = desk.live;
  if (before && before.id !== now?.id) leave(before);
  desk.live = now;
  document.body.dataset.live = now?.id ?? '';
  desk.chosen = now?.id ?? null;
  drawOthers(items);
  drawCases(items, desk.chosen, (id) => { desk.chosen = id; follow(items); });
  if (!now) return wait();
  if (now.state === 'held' && before?.state !== 'held') maskAll('the interaction is on hold');
  if (before?.id !== now.id) say(`${CHANNELS[now.channel] ?? 'Interaction'} connected.`);
  else if (before.binding !== now.binding) say(`Now ${BINDINGS[now.binding][0]}.`);
  drawCall(now);
  drawCustomer(now);
}

function leave(ended) {
  maskAll('the interaction has ended');
  for (const id of ['fields', 'note-list', 'acts', 'record-problem', 'note-result', 'code-result']) byId(id).replaceChildren();
  byId('note-form').reset();
  clearFind();
  desk.viewed = null;
  desk.boundAt = null;
  byId('acts-empty').hidden = false;
  byId('waiting-last').textContent = `The last one ended after ${lasted(ended)}. Everything of it is gone from this screen.`;
}

function wait() {
  document.body.dataset.desk = 'waiting';
  byId('waiting').hidden = false;
  for (const id of ['call', 'find', 'record', 'notes']) byId(id).hidden = true;
}

function lasted({ started_at: start }) {
  const seconds = Math.max(0, Math.floor((Date.now() - Date.parse(start)) / 1000));
  const parts = [Math.floor(seconds / 3600), Math.floor(seconds / 60) % 60, seconds % 60];
  const [hours, minutes, rest] = parts.map((part) => String(part).padStart(2, '0'));
  return parts[0] ? `${parts[0]}:${minutes}:${rest}` : `${parts[1]}:${rest}`;
}

function drawCall(now) {
  byId('waiting').hidden = true;
  byId('call').hidden = false;
  byId('call-channel').textContent = CHANNELS[now.channel] ?? sentence(now.channel);
  const channel = isCase(now) ? 'flag' : now.channel;
  byId('call-icon').setAttribute('href', `#i-${now.channel in CHANNELS ? channel : 'chat'}`);
  byId('call-reference').textContent = now.case_label ?? now.reference;
  const held = now.state === 'held';
  const [look, sign, said] = isCase(now) ? ['warn', 'flag', 'Not on the line'] : held ? ['warn', 'pause', 'On hold'] : ['ok', 'live', 'Connected'];
  byId('call-state').className = `pill ${look}`;
  byId('call-state').replaceChildren(icon(sign), said);
  const [word, step, means] = isCase(now) ? CASEWORK : BINDINGS[now.binding] ?? BINDINGS.none;
  byId('bind').dataset.step = step;
  byId('bind-word').textContent = word;
  byId('bind-means').textContent = means;
  const proven = now.binding === 'proven';
  if (proven && !byId('send-code').hidden) byId('code-result').replaceChildren();
  byId('send-code').hidden = isCase(now) || !now.customer || proven;
  byId('send-own-code').hidden = isCase(now) || !proven;
  drawCasework(now);
  if (isCase(now)) learn('alone');
  drawTimer();
}

function drawTimer() {
  if (desk.live) byId('call-timer').textContent = lasted(desk.live);
}

function drawOthers(all) {
  const items = all.filter((item) => !isCase(item));
  byId('others').hidden = items.length < (isCase(desk.live ?? {}) ? 1 : 2);
  const had = byId('others').contains(document.activeElement);
  byId('others').replaceChildren(...items.map((item) => el('button', {
    type: 'button', class: 'plain', 'aria-pressed': String(item.id === desk.chosen),
    on: { click: () => { desk.chosen = item.id; follow(all); } },
  }, `${CHANNELS[item.channel] ?? item.channel} ${item.reference}`)));
  if (had) byId('others').querySelector('[aria-pressed="true"]')?.focus();
}

function drawCustomer(now) {
  document.body.dataset.desk = now.customer ? 'record' : 'search';
  for (const [id, on] of [['find', !now.customer], ['record', now.customer], ['notes', now.customer]]) byId(id).hidden = !on;
  if (!now.customer) return;
  if (desk.viewed !== `${now.id} ${now.customer}`) {
    if (now.state !== 'held') view(now);
    else byId('record-problem').replaceChildren(el('p', { class: 'hint' }, 'The record opens when the interaction resumes.'));
  }
  byId('record-again').hidden = desk.boundAt === null || desk.boundAt === now.binding;
}

// ---- the record -------------------------------------------------------------------------------

const contextOf = (now) => ({
  interaction: now.id,
  purposeLabel: (id) => now.purposes?.find((purpose) => purpose.id === id)?.label ?? sentence(id),
  budgetWords,
  acted: (...act) => { if (desk.live?.id === now.id) acted(...act); },
  isLive: () => desk.live?.id === now.id && desk.live.state === 'connected',
});

async function view(now) {
  desk.viewed = `${now.id} ${now.customer}`;
  desk.boundAt = now.binding;
  byId('record').setAttribute('aria-busy', 'true');
  byId('record-problem').replaceChildren(el('p', { class: 'hint' }, 'Opening the masked record…'));
  const answer = await api('POST', `/v1/customers/${now.customer}/views`, { interaction: now.id });
  byId('record').removeAttribute('aria-busy');
  if (desk.live?.id !== now.id) return;
  byId('record-problem').replaceChildren();
  if (!answer.ok) {
    showProblem(byId('record-problem'), answer.problem);
    byId('record-problem').append(el('button', { type: 'button', on: { click: () => view(desk.live) } }, 'Try again'));
    return acted('Masked record: refused', answer.problem.receipt, 'refused');
  }
  drawRecord(answer.data, contextOf(now), byId('fields'), byId('note-list'));
  byId('note-empty').hidden = byId('note-list').childElementCount > 0;
  acted('Masked record opened', answer.data.receipt, 'lock');
}

/** Adds one line to "this interaction so far" and reads the budgets again. */
function acted(words, receipt, kind) {
  const marks = { ok: 'ok', no: 'no', refused: 'stop' };
  byId('acts-empty').hidden = true;
  byId('acts').prepend(el('li', {}, icon(marks[kind] ?? kind), el('span', {}, words), ' ',
    el('small', {}, clock(Date.now()), ' ', receipt ? receiptLink(receipt) : '')));
  loadBudgets();
}

// ---- code, notes, keys ------------------------------------------------------------------------

async function sendCode(ownPage) {
  const { id } = desk.live;
  const answer = await api('POST', `/v1/interactions/${id}/codes`, ownPage ? { own_page: true } : {});
  if (desk.live?.id !== id) return;
  if (!answer.ok) return showProblem(byId('code-result'), answer.problem);
  const where = ownPage ? 'on the page “Your data”, with something that they know,' : 'on their own device';
  byId('code-result').hidden = false;
  byId('code-result').replaceChildren(el('p', { class: 'notice ok', role: 'status' }, icon('ok'),
    `Code sent. Ask the customer to enter it ${where} before ${clock(answer.data.expires_at)}; you never see it, and never ask for it.`));
  learn('codes');
  acted(ownPage ? 'Code for their own page sent' : 'One-time code sent', answer.data.receipt, 'ok');
}

async function saveNote(event) {
  event.preventDefault();
  const text = byId('note-text').value.trim();
  const { id, customer } = desk.live;
  if (!text) return byId('note-text').focus();
  const answer = await api('POST', `/v1/customers/${customer}/notes`, { interaction: id, text });
  if (desk.live?.id !== id) return;
  if (!answer.ok) return showProblem(byId('note-result'), answer.problem);
  byId('note-form').reset();
  byId('note-result').replaceChildren(el('p', { class: 'notice ok', role: 'status' }, icon('ok'), `Note ${answer.data.instance} is sealed. It is in the list when the record is opened next.`));
  acted(`Note ${answer.data.instance} saved`, answer.data.receipt, 'lock');
}

document.addEventListener('keydown', ({ key }) => {
  if (key !== 'Escape') return;
  maskAll();
  if (!byId('report')?.open) closeSlots();
});
document.addEventListener('visibilitychange', () => { if (document.visibilityState === 'hidden') maskAll('the page was hidden'); });
window.addEventListener('pagehide', () => maskAll());
byId('note-form').addEventListener('submit', saveNote);
byId('send-code').addEventListener('click', () => sendCode(false));
byId('send-own-code').addEventListener('click', () => sendCode(true));
byId('record-again').addEventListener('click', () => view(desk.live));

/** A claim was accepted: the interaction now belongs to a customer. */
function claimed(interaction) {
  desk.live = interaction;
  drawCall(interaction);
  drawCustomer(interaction);
  byId('main').focus();
}

/** A closed case leaves the screen at once. */
function put(id) {
  if (desk.live?.id === id) leave(desk.live);
  document.body.dataset.live = '';
  desk.live = null;
  desk.chosen = null;
  wait();
}

setUpCases({ live: () => desk.live, acted, put });
setUpFind({ live: () => desk.live, acted, claimed });
setUpMessage(() => Boolean(desk.live));

/** The time in the watermark: who took a partial screenshot shows in it, and when. */
function stamp() {
  const name = document.querySelector('.who').textContent;
  for (const { dataset } of document.querySelectorAll('.watermark span')) dataset.mark = `${name} ${clock(Date.now())}`;
}
setInterval(drawTimer, 1000);
setInterval(stamp, 20000);
stamp();
loadBudgets();
poll();
