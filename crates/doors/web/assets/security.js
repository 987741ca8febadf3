// The security officer's live view: who looked at what, counters. The log's health is log-health.js.
// Nothing here is a customer's value: the API gives pseudonyms and kinds only.

import {
  api, byId, clock, el, icon, keepProblem, say, sentence, words,
} from './common.js';
import { watchLog } from './log-health.js';

const ROWS_STEP = 40;
const MOST_KEPT = 5000;
const HOUR_MS = 3600000;
const PAGE = 200;
const MOST_PAGES = 5;
const DISCLOSING = new Set(['reveal', 'view', 'search', 'verification']);
/** How much is shown, each with what stands before it; each line says the narrowest that includes it. */
const SHOWN = ['looks', 'acts', 'all'];
/** Does the page go on by itself, or does it show what a question found? */
const LIVE = document.body.dataset.stream !== 'still';

const stream = { seen: new Map(), waiting: [], paused: false, complete: false, asked: false, rows: ROWS_STEP, source: null, loaded: 'looks', over: false };
const refused = ({ decision }) => decision === 'refused';
const label = (kind) => [...byId('kind').options].find(({ value }) => value === kind)?.textContent ?? sentence(kind);

// ---- rows -------------------------------------------------------------------------------------

const cell = (label, ...children) => el('td', { role: 'cell', 'data-label': label }, ...children);

function decisionCell(item) {
  return cell('Decision', el('span', { class: `pill ${refused(item) ? 'no' : 'ok'}` },
    icon(refused(item) ? 'stop' : 'ok'), sentence(item.decision)),
  item.reason && el('span', { class: 'reason' }, words(item.reason)));
}

function rowOf(item) {
  return el('tr', { role: 'row', 'data-kind': item.kind, 'data-decision': item.decision, 'data-entry': item.id },
    cell('Time', el('time', { datetime: item.at }, clock(item.at, true))),
    cell('Person', item.person_name ?? item.person ?? ''),
    cell('What', label(item.kind), item.field && el('b', {}, ` ${words(item.field)}`)),
    cell('Customer', item.customer_alias && el('span', { class: 'mono' }, item.customer_alias)),
    cell('Purpose', item.purpose && sentence(item.purpose)),
    decisionCell(item),
    cell('Proof', el('a', { class: 'receipt', href: item.proof_url, 'aria-label': `Proof of ${label(item.kind)} at ${clock(item.at, true)}` }, 'Proof')));
}

/** As the form says it; who chooses a kind wants that kind. */
const shown = () => byId('show').value || (byId('kind').value ? 'all' : 'looks');
const within = (one, other) => SHOWN.indexOf(one) <= SHOWN.indexOf(other);
const asks = (name, found) => !byId(name).value || byId(name).value === found;

/** Narrows what is loaded by the form; times are asked of the whole log only. */
const fits = (item) => asks('decision', item.decision) && asks('kind', item.kind) && asks('person', item.person)
  && asks('customer', item.customer_alias) && asks('purpose', item.purpose) && asks('field', item.field)
  && within(item.shown, shown());

/** Newest first, all rows anew: after loading, and when a filter changes. */
function drawAll() {
  const items = [...stream.seen.values()].sort((a, b) => Date.parse(b.at) - Date.parse(a.at));
  stream.seen = new Map(items.toReversed().map((item) => [item.id, item]));
  byId('rows').replaceChildren(...items.filter(fits).slice(0, stream.rows).map(rowOf));
  byId('older').hidden = items.filter(fits).length <= stream.rows;
  drawEmpty();
  drawCounters();
}

function drawEmpty() {
  const none = byId('rows').childElementCount === 0;
  byId('rows-empty').hidden = !none;
  byId('rows-empty').textContent = stream.seen.size
    ? 'Nothing of what is loaded fits. Ask the whole log, or clear the form.' : 'Nobody has looked at anything yet. The first look appears here by itself.';
}

/** Takes one item in; true when it is new. */
function take(item) {
  if (stream.seen.has(item.id)) return false;
  stream.seen.set(item.id, item);
  if (stream.seen.size > MOST_KEPT) stream.seen.delete(stream.seen.keys().next().value);
  return true;
}

function arrived(item) {
  if (stream.seen.has(item.id)) return;
  if (stream.paused) {
    stream.waiting.push(item);
    return drawPause();
  }
  take(item);
  if (fits(item)) {
    const row = rowOf(item);
    row.classList.add('new');
    byId('rows').prepend(row);
    if (byId('rows').childElementCount > stream.rows) {
      byId('rows').lastElementChild.remove();
      byId('older').hidden = false;
    }
  }
  if (refused(item)) say(`Refused: ${item.person_name ?? 'someone'}, ${label(item.kind)}.`);
  drawEmpty();
  drawCounters();
}

function drawPause() {
  const count = stream.waiting.length;
  byId('pause').setAttribute('aria-pressed', String(stream.paused));
  byId('pause').querySelector('span').textContent = stream.paused ? `Resume (${count} waiting)` : 'Pause';
}

function togglePause() {
  stream.paused = !stream.paused;
  for (const item of stream.waiting.splice(0)) take(item);
  drawPause();
  if (!stream.paused) drawAll();
}

/** Counts what happened in the last hour. */
function drawCounters() {
  const since = Date.now() - HOUR_MS;
  const recent = [...stream.seen.values()].filter(({ at }) => Date.parse(at) >= since);
  const looks = recent.filter((item) => !refused(item) && DISCLOSING.has(item.kind));
  byId('n-allowed').textContent = looks.length;
  byId('n-refused').textContent = recent.filter(refused).length;
  byId('n-reveal').textContent = looks.filter(({ kind }) => kind === 'reveal').length;
  byId('n-people').textContent = new Set(looks.map(({ person }) => person)).size;
  byId('hour-note').textContent = stream.complete ? 'In the last hour' : 'In the last hour, as far as loaded: there may be more';
}

// ---- loading and the live stream --------------------------------------------------------------

async function load() {
  stream.asked = true;
  stream.loaded = shown();
  const since = Date.now() - HOUR_MS;
  let cursor = null;
  for (let page = 0; page < MOST_PAGES; page += 1) {
    const query = new URLSearchParams({ limit: PAGE, show: stream.loaded, ...(cursor ? { cursor } : {}) });
    const answer = await api('GET', `/v1/disclosures?${query}`);
    if (!answer.ok) return failed(answer.problem);
    const { items, next } = answer.data;
    const fresh = items.filter((item) => take(item)).length;
    cursor = next;
    const reached = items.some(({ at }) => Date.parse(at) < since);
    stream.complete = stream.complete || reached || !next || (page > 0 && fresh === 0);
    if (stream.complete) break;
  }
  byId('stream-problem').replaceChildren();
  if (!stream.paused) drawAll();
}

function failed(problem) {
  stream.over = problem.slug === 'unauthenticated';
  keepProblem(byId('stream-problem'), problem);
  if (stream.seen.size === 0) byId('rows-empty').textContent = 'The list could not be loaded.';
}

function state(name, look, mark, text) {
  document.body.dataset.stream = name;
  byId('stream-state').className = `pill ${look}`;
  byId('stream-state').replaceChildren(icon(mark), text);
}

/** Disconnected. Where the browser gave up, the list's answer says why: a session that ended is over. */
async function lost() {
  const closed = stream.source.readyState === EventSource.CLOSED;
  state('lost', 'no', 'warn', 'Disconnected, trying again');
  if (closed || !stream.asked) await load();
  if (stream.over) state('lost', 'no', 'stop', 'Signed out');
  else if (closed) setTimeout(connect, 3000);
}

function connect() {
  stream.source = new EventSource('/v1/disclosures/stream');
  // What came while disconnected is in the list: load it again on every (re)connection.
  stream.source.addEventListener('open', () => { state('live', 'ok', 'live', 'Live'); load(); });
  stream.source.addEventListener('disclosure', ({ data }) => arrived(JSON.parse(data)));
  stream.source.addEventListener('missed', load);
  stream.source.addEventListener('error', lost);
}

if (LIVE) {
  byId('pause').addEventListener('click', togglePause);
  byId('older').addEventListener('click', () => { stream.rows += ROWS_STEP; drawAll(); });
  byId('ask').addEventListener('input', () => {
    drawAll();
    if (!within(shown(), stream.loaded)) load();
  });
  setInterval(drawCounters, 10000);
  connect();
}
watchLog();
