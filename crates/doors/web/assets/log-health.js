// The log's health beside the list: does it only grow, and do its witnesses sign it?

import {
  api, byId, clock, el, icon,
} from './common.js';

/** The signed checkpoint's text: origin, size, root, an empty line, then one line per signature. */
function readCheckpoint(text) {
  const [head, signatures = ''] = text.split('\n\n');
  const [, size, root] = head.split('\n');
  return { size: Number(size), root, signatures: signatures.split('\n').filter(Boolean).length };
}

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

/** What somebody must look at, each once: a screen reader says what is new. */
function drawAlarms(alarms) {
  const list = byId('log-alarms');
  const text = alarms.map(({ since, words }) => `${clock(since, true)}: ${words}`);
  if (list.dataset.shown === text.join()) return;
  list.dataset.shown = text.join();
  list.replaceChildren(...text.map((line) => el('li', {}, icon('warn'), line)));
}

async function loadWitnesses() {
  const answer = await api('GET', '/v1/log/status');
  setTimeout(loadWitnesses, 5000);
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
  loadWitnesses();
}
