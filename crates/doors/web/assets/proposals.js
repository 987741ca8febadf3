// "Proposals": what waits for a second officer or for its time; officers sign it, withdraw it, try it, or go back to what was.

import { api, byId, el, icon, moment, receiptLink, say, sentence, showProblem } from './common.js';
import { asked, change, standing, untried } from './power.js';
import { tryOut } from './trial.js';

const mayChange = document.body.dataset.changes !== undefined;

/** How long until a moment, in words. */
function left(at) {
  const minutes = Math.max(0, Math.round((new Date(at) - Date.now()) / 60000));
  if (minutes < 120) return `${minutes} minutes`;
  return minutes < 48 * 60 ? `${Math.round(minutes / 60)} hours` : `${Math.round(minutes / 1440)} days`;
}

const DAY = 24 * 3_600_000;

/** What comes of it by itself: it is made, or ends. */
function ending(one) {
  if (one.in_force_at) return `It comes into force on ${moment(one.in_force_at)}.`;
  const waited = Date.now() - new Date(one.drafted);
  const since = waited < DAY ? '' : `Nobody else has signed it for ${waited < 2 * DAY ? 'a day' : `${Math.floor(waited / DAY)} days`}. `;
  return `${since}Without the missing signature it ends on ${moment(one.until)}, and must be proposed anew.`;
}

function pill(one) {
  if (one.overtaken) return el('span', { class: 'pill warn' }, icon('warn'), 'Overtaken');
  if (one.in_force_at) return el('span', { class: 'pill warn' }, icon('warn'), `Counts in ${left(one.in_force_at)}`);
  const old = Date.now() - new Date(one.drafted) >= DAY;
  return el('span', { class: old ? 'pill warn' : 'pill' }, icon(old ? 'warn' : 'flag'), `${one.signatures} more to sign, ${left(one.until)} left`);
}

/** Says what came of a signature. */
function tell(made) {
  const what = made.change
    ? [made.in_force_at ? `Signed. It comes into force on ${moment(made.in_force_at)}.` : 'Signed. Another officer must sign it too.']
    : ['Done. It counts from now on. ', receiptLink(made.receipt)];
  byId('result').replaceChildren(el('p', { class: 'notice ok', role: 'status' }, icon('ok'), el('span', {}, ...what)));
  say('Done.');
  byId('result').scrollIntoView({ block: 'nearest' });
}

async function sign(one) {
  const made = await asked(one);
  if (!made) return;
  await Promise.all([load(), loadEarlier()]);
  tell(made);
}

async function withdraw(one, place) {
  const answer = await api('DELETE', `/v1/power/changes/${one.change}`);
  if (!answer.ok) { showProblem(place, answer.problem); return; }
  await load();
  byId('result').replaceChildren(el('p', { class: 'notice ok', role: 'status' }, icon('ok'), el('span', {}, 'Withdrawn.')));
  say('Withdrawn.');
}

function line(one) {
  const place = el('div', { 'aria-live': 'polite' });
  const button = (text, act, attributes = {}) => el('button', {
    type: 'button', 'aria-label': `${text}: ${one.words}`, on: { click: act }, ...attributes,
  }, text);
  const open = !one.in_force_at && !one.overtaken;
  const facts = one.overtaken
    ? 'Something else changed the same since, so it can’t be made any more. Withdraw it, and propose it again.'
    : `${standing(one)} ${ending(one)}`;
  return el('li', { 'data-change': one.change },
    el('div', {}, el('b', {}, one.words), el('small', {}, facts),
      one.details.length > 0 && el('details', {}, el('summary', {}, 'Everything that changes'), el('ul', { class: 'mono' }, ...one.details.map((text) => el('li', {}, text)))),
      mayChange && el('p', { class: 'row' },
        open && button('Look and sign', () => sign(one), { class: 'primary' }),
        one.can_be_tried && button('Try it on the last 30 days', () => tryOut({ change: one.change }, place)),
        button('Withdraw', () => withdraw(one, place))),
      ...untried(one), place),
    pill(one));
}

async function load() {
  const answer = await api('GET', '/v1/power/changes');
  byId('loading').hidden = true;
  document.body.dataset.proposals = answer.ok ? 'shown' : 'refused';
  if (!answer.ok) { showProblem(byId('list-problem'), answer.problem); return; }
  byId('list-problem').replaceChildren();
  byId('proposals').replaceChildren(...answer.data.items.map(line));
  byId('nothing').hidden = answer.data.items.length > 0;
}

async function back({ version }) {
  const made = await change({ change: 'roll_back', version }, byId('earlier-problem'));
  if (!made) return;
  await Promise.all([load(), loadEarlier()]);
  tell(made);
}

function earlier(one) {
  const name = `${sentence(one.what)} until version ${one.version}`;
  return el('li', { 'data-version': one.version },
    el('div', {}, el('b', {}, name), el('small', {}, `They counted until ${moment(one.until)}.`)),
    el('button', { type: 'button', 'aria-label': `Go back: ${name}`, on: { click: () => back(one) } }, 'Go back'));
}

async function loadEarlier() {
  const answer = await api('GET', '/v1/power/texts');
  if (!answer.ok) { showProblem(byId('earlier-problem'), answer.problem); return; }
  byId('earlier').replaceChildren(...answer.data.items.map(earlier));
  byId('no-earlier').hidden = answer.data.items.length > 0;
}

await Promise.all([load(), mayChange && loadEarlier()]);
