// "Your account": one's passkeys and sessions; for security officers also the passkeys that wait for them.

import { api, byId, el, icon, moment, showProblem } from './common.js';
import { answer as answerWith, make } from './passkey.js';
import { change } from './power.js';

let mine = null;

function said(words) {
  byId('account-result').replaceChildren(el('p', { class: 'notice ok', role: 'status' }, icon('ok'), words));
}

/** Asks and, if that went well, says so and draws everything anew. */
async function act(method, path, body, words) {
  byId('account-result').replaceChildren();
  const answer = await api(method, path, body);
  if (!answer.ok) return showProblem(byId('account-result'), answer.problem);
  await draw();
  return said(words);
}

const WAITS = 'Waits for security, and an agent’s for the team leader first';

const button = (words, label, click) => el('button', { type: 'button', 'aria-label': label, on: { click } }, words);

// ---- passkeys ---------------------------------------------------------------------------------

/** What its owner reads out and whoever lets it count compares. */
const checkWords = (check) => el('small', {}, 'Check words: ', el('code', {}, check));

function passkeyRow({ passkey, label, check, added, used, waits }) {
  const state = waits ? el('span', { class: 'pill warn' }, icon('pause'), WAITS) : el('span', { class: 'pill ok' }, icon('ok'), 'Counts');
  return el('li', { 'data-passkey': passkey },
    el('div', {}, el('b', {}, label), el('small', {}, `Registered ${moment(added)}.${used ? ` Last used ${moment(used)}.` : ''}`), waits && checkWords(check)),
    state,
    !waits && button('Take back', `Take back ${label}`, () => act('DELETE', `/v1/me/passkeys/${passkey}`, undefined, `${label} is taken back.`)));
}

async function drawPasskeys() {
  const answer = await api('GET', '/v1/me/passkeys');
  if (!answer.ok) return showProblem(byId('passkeys'), answer.problem);
  mine = answer.data;
  byId('passkeys').replaceChildren(...mine.items.map(passkeyRow));
  byId('no-passkeys').hidden = mine.items.length > 0;
  byId('add-passkey').hidden = !mine.asking;
  byId('nameless').hidden = Boolean(mine.asking);
  return undefined;
}

byId('add-passkey').addEventListener('submit', async (event) => {
  event.preventDefault();
  const existing = mine.items.map(({ credential }) => credential);
  const name = document.querySelector('.who').textContent;
  const { made, problem } = await make(mine.asking, { handle: mine.handle, name, existing });
  if (problem) return showProblem(byId('account-result'), problem);
  const label = byId('label').value;
  await act('POST', '/v1/me/passkeys', { ...made, label }, `${label} is registered. It counts once security has let it, an agent’s after their team leader’s yes.`);
  return event.target.reset();
});

// ---- sessions ---------------------------------------------------------------------------------

const WAYS = { passkey: 'with a passkey', token: 'with an access token', chosen: 'by choosing a role', login: 'with the company’s login' };

function sessionRow({ session, begun, seen, way, current }) {
  return el('li', { 'data-session': session },
    el('div', {}, el('b', {}, `Since ${moment(begun)}`), el('small', {}, `Signed in ${WAYS[way] ?? way}. Last used ${moment(seen)}.`)),
    current ? el('span', { class: 'pill' }, icon('live'), 'This browser')
      : button('End', `End the session since ${moment(begun)}`, () => act('DELETE', `/v1/sessions/${session}`, undefined, 'That session is over.')));
}

async function drawSessions() {
  const answer = await api('GET', '/v1/me/sessions');
  if (!answer.ok) return showProblem(byId('sessions'), answer.problem);
  return byId('sessions').replaceChildren(...answer.data.items.map(sessionRow));
}

// ---- what waits for a team leader or an officer ----------------------------------------------------------------

/** Of somebody who decides: the first of two signatures makes it a proposal. */
async function propose(enrolment, name) {
  byId('account-result').replaceChildren();
  const made = await change({ change: 'let_passkey', enrolment }, byId('account-result'));
  if (!made) return;
  await draw();
  said(made.change ? `Signed. Another officer must sign it too, on the page Proposals; then ${name} can sign in.` : `${name} can sign in now.`);
}

/** What still lacks, or who agreed. */
function standing({ signatures, needs_leader: needsLeader, agreed_by: agreedBy, leader_missing: leaderMissing }) {
  if (signatures > 1) return ' Two officers sign it; if another has, it is under Proposals.';
  if (agreedBy) return ` ${agreedBy} agreed as team leader.`;
  if (leaderMissing) return ' Nobody leads their team: give it a leader under Security, People; that leader agrees then.';
  return needsLeader ? ' Their team leader hasn’t agreed yet.' : '';
}

function waitingRow(item, credentials) {
  const { enrolment, name, role, label, check, added, challenge, signatures } = item;
  const about = el('div', {}, el('b', {}, name), el('small', {}, `${role}, “${label}”, registered ${moment(added)}.${standing(item)}`), checkWords(check));
  const decline = button('Decline', `Decline: ${name}, ${label}`, () => act('DELETE', `/v1/enrolments/${enrolment}`, undefined, `${name}’s passkey “${label}” is declined.`));
  const open = item.needs_leader && !item.agreed_by;
  if (open || byId('waiting').dataset.leads) {
    const agree = () => act('POST', `/v1/enrolments/${enrolment}/agreements`, undefined, `You agreed. Security lets ${name}’s passkey count now.`);
    return el('li', { 'data-enrolment': enrolment }, about, open && byId('waiting').dataset.leads && button('Agree', `Agree: ${name}, ${label}`, agree), decline);
  }
  if (signatures > 1) return el('li', { 'data-enrolment': enrolment }, about, button('Look and sign', `Look and sign: ${name}, ${label}`, () => propose(enrolment, name)), decline);
  const approve = async () => {
    const { answer, problem } = await answerWith(challenge, mine.asking?.rp_id, credentials);
    if (problem) return showProblem(byId('account-result'), problem);
    return act('POST', `/v1/enrolments/${enrolment}/approvals`, answer, `${name} can sign in with “${label}” now.`);
  };
  return el('li', { 'data-enrolment': enrolment },
    about, button('Let it count', `Let it count: ${name}, ${label}`, approve), decline);
}

async function drawWaiting() {
  if (!byId('waiting')) return undefined;
  const answer = await api('GET', '/v1/enrolments');
  if (!answer.ok) return showProblem(byId('waiting'), answer.problem);
  const { items, credentials } = answer.data;
  byId('waiting').replaceChildren(...items.map((item) => waitingRow(item, credentials)));
  byId('nobody-waits').hidden = items.length > 0;
  return undefined;
}

async function draw() {
  await drawPasskeys();
  await Promise.all([drawSessions(), drawWaiting()]);
  document.body.dataset.account = 'drawn';
}

await draw();
