// The log's health: its alarms on top, and beside the list whether it only grows and its witnesses sign it.

import {
  api, ask, byId, clock, el, icon, moment,
} from './common.js';

/** The signed checkpoint's text: origin, size, root, an empty line, then one line per signature. */
function readCheckpoint(text) {
  const [head, signatures = ''] = text.split('\n\n');
  const [, size, root] = head.split('\n');
  return { size: Number(size), root, signatures: signatures.split('\n').filter(Boolean).length };
}

const STATUS_MS = 1000;
const log = { size: 0 };

function logState(look, mark, text) {
  const pill = byId('log-state');
  if (pill.textContent === text) return;
  pill.className = `pill ${look}`;
  pill.replaceChildren(icon(mark), text);
}

async function loadLog() {
  const answer = await api('GET', `/log/${encodeURIComponent(document.body.dataset.tenant)}/checkpoint`);
  setTimeout(loadLog, 5000);
  if (!answer.ok) return logState('no', 'warn', 'Not reachable');
  const { size, root, signatures } = readCheckpoint(answer.data);
  if (!Number.isSafeInteger(size) || !root) return logState('no', 'warn', 'Not readable');
  byId('log-size').textContent = size.toLocaleString('en');
  byId('log-root').textContent = `${root.slice(0, 12)}…`;
  byId('log-signatures').textContent = signatures;
  byId('log-checked').textContent = clock(Date.now(), true);
  if (size < log.size) return logState('no', 'warn', 'Shrank: stop and investigate');
  log.size = size;
  logState('ok', 'ok', 'Only grows');
}

const WITNESS_STATES = {
  none: ['no', 'warn', 'None configured', 'Nobody outside signs this log: whoever runs it could show two versions.'],
  witnessed: ['ok', 'ok', 'Every entry witnessed', 'Outside parties signed every entry in the tree.'],
  waiting: ['ok', 'ok', 'Newest entries on their way', 'Witnesses sign the newest entries within seconds.'],
  missing: ['no', 'warn', 'Missing', ''],
  set_back: ['no', 'warn', 'Log was set back: stop and investigate', 'A witness signed more entries than this log holds.'],
};
const WHEN_MISSING = {
  warn: 'Too few witnesses answer. Disclosures go on; ask the witnesses.',
  stop: 'Too few witnesses answer. Disclosures are refused until enough sign again.',
};

function alarmBand({ kind, since, what, next }) {
  return el('div', { class: 'notice danger', 'data-alarm': kind }, icon('warn'),
    el('div', {},
      el('strong', {}, what),
      el('p', {}, 'Since ', el('time', { datetime: since }, moment(since))),
      el('p', { class: 'next' }, el('b', {}, 'What to do next '), next)));
}

/** Draws the alarms anew only when others stand: a screen reader says each of them once. */
function drawAlarms(alarms) {
  const there = [...byId('alarms').children].map((band) => band.dataset.alarm).join();
  if (alarms.map(({ kind }) => kind).join() !== there) byId('alarms').replaceChildren(...alarms.map(alarmBand));
}

async function loadStatus() {
  const answer = await ask('/v1/log/status');
  setTimeout(loadStatus, STATUS_MS);
  const pill = byId('witness-state');
  const data = answer.ok ? answer.data : {};
  const [look, mark, text, hint] = WITNESS_STATES[data.state] ?? ['no', 'warn', 'Not reachable', ''];
  if (pill.textContent !== text) {
    pill.className = `pill ${look}`;
    pill.replaceChildren(icon(mark), text);
  }
  byId('witness-hint').textContent = hint || WHEN_MISSING[data.when_missing] || '';
  if (!answer.ok) return;
  drawAlarms(data.alarms);
  const newest = data.witnesses.filter((witness) => witness.newest).length;
  byId('witness-quorum').textContent = `${data.quorum} of ${data.witnesses.length}`;
  byId('witness-newest').textContent = data.witnesses.length ? `${newest} of ${data.witnesses.length}` : '–';
  byId('witness-last').textContent = data.witnessed ? `${data.witnessed.size.toLocaleString('en')} entries, ${clock(data.witnessed.at, true)}` : '–';
}

/** Asks by itself, for as long as the page is open. */
export function watchLog() {
  loadLog();
  loadStatus();
}
