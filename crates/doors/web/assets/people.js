// "People": who works here, what waits for security, and what an officer changes.

import { api, byId, el, icon, receiptLink, say, showProblem } from './common.js';
import { change } from './power.js';
import { drawWaiting, roleName } from './waiting.js';

const { changes, person: me } = document.body.dataset;
const mayChange = changes !== undefined;
const shown = new Map();
let next = null;
let chosen = null;

const day = (at) => new Date(at).toLocaleDateString([], { dateStyle: 'medium' });

const serves = ({ role }) => ['agent', 'team_leader'].includes(role);

// ---- the list ---------------------------------------------------------------------------------

/** By what somebody gets in, in words. */
function means({ passkeys, devices, logins, key, token }) {
  const many = (count, word) => count > 0 && `${count} ${word}${count > 1 ? 's' : ''}`;
  const all = [many(passkeys, 'passkey'), many(devices, 'device'), many(logins, 'login'), key && 'a key', token && 'a token'];
  return all.filter(Boolean).join(', ') || 'nothing yet';
}

function action(one) {
  if (!mayChange) return false;
  const cell = (...content) => el('td', { role: 'cell', 'data-label': 'Change' }, ...content);
  if (one.left) return cell();
  if (one.person === me) return cell(el('span', { class: 'pill' }, 'You'));
  return cell(el('button', { type: 'button', 'aria-label': `Change ${one.name}`, on: { click: () => choose(one) } }, 'Change'));
}

function row(one) {
  const cell = (label, ...content) => el('td', { role: 'cell', 'data-label': label }, ...content);
  const standing = one.left
    ? el('span', { class: 'pill' }, icon('no'), `Left ${day(one.left)}`)
    : one.probation && serves(one) && el('span', { class: 'pill warn' }, icon('flag'), 'New here');
  return el('tr', { role: 'row', 'data-person': one.person, 'data-left': Boolean(one.left) },
    el('th', { role: 'rowheader', scope: 'row' }, one.name, ' ', standing,
      one.unconfirmed_token && el('span', { class: 'pill warn', 'data-unconfirmed': true }, icon('warn'), 'Set-up token')),
    cell('Role', roleName(one.role)), cell('Team', one.team), cell('Manager', one.manager ?? ''),
    cell('Here since', el('time', { datetime: one.since }, day(one.since))),
    cell('Gets in by', one.left ? '' : means(one)), action(one));
}

function drawList() {
  const all = [...shown.values()];
  const visible = all.filter(({ left }) => byId('leavers').checked || !left);
  byId('people').replaceChildren(...visible.map(row));
  byId('nobody').hidden = visible.length > 0;
  byId('nobody').textContent = byId('named').value ? 'Nobody fits. Try a part of the name, team or role.' : 'Nobody works here yet.';
  byId('more').hidden = !next;
  byId('shown').textContent = `${visible.length} shown${next ? ', there are more' : ''}`;
  if (!mayChange) return;
  const options = (values) => [...new Set(values)].filter(Boolean).map((value) => el('option', { value }));
  byId('names').replaceChildren(...options(all.filter(({ left }) => !left).map(({ name }) => name)));
  byId('teams').replaceChildren(...options(all.map(({ team }) => team)));
}

const query = (named, limit, cursor) => `/v1/people?${new URLSearchParams({ limit, ...(named && { named }), ...(cursor && { cursor }) })}`;

async function load(cursor) {
  const answer = await api('GET', query(byId('named').value.trim(), 200, cursor));
  document.body.dataset.people = answer.ok ? 'shown' : 'refused';
  if (!answer.ok) {
    byId('shown').textContent = '';
    return showProblem(byId('list-problem'), answer.problem);
  }
  byId('list-problem').replaceChildren();
  if (!cursor) shown.clear();
  answer.data.items.forEach((one) => shown.set(one.person, one));
  next = answer.data.next;
  return drawList();
}

byId('find').addEventListener('submit', (event) => { event.preventDefault(); load(); });
byId('leavers').addEventListener('change', drawList);
byId('more').addEventListener('click', () => load(next));

// ---- changes ----------------------------------------------------------------------------------

/** Drafts, asks, signs; draws everything anew and says what was done. */
async function make(wish, place, ready) {
  byId('people-result').replaceChildren();
  const made = await change(wish, place, ready);
  if (!made) return false;
  await Promise.all([load(), drawWaiting(make)]);
  if (made.change) {
    byId('people-result').replaceChildren(el('p', { class: 'notice ok', role: 'status' }, icon('ok'),
      el('span', {}, 'Signed. It stands under ', el('a', { href: '/security/proposals' }, 'Proposals'), ' until it is agreed and its time has come.')));
    say('Signed.');
    byId('people-result').scrollIntoView({ block: 'nearest' });
    return true;
  }
  byId('people-result').replaceChildren(el('p', { class: 'notice ok', role: 'status' }, icon('ok'),
    el('span', {}, `Done: ${made.words} `, receiptLink(made.receipt))));
  say('Done.');
  byId('people-result').scrollIntoView({ block: 'nearest' });
  return true;
}

const wrong = (title, next) => ({ slug: 'unprocessable', title, why: 'Nothing was drafted.', next });

/** The id of who is meant by a name, or null for none; a problem where that isn't one person. */
async function meant(text) {
  const name = text.trim();
  if (!name) return { id: null };
  if (/^per_[0-9a-f]{32}$/.test(name)) return { id: name };
  const answer = await api('GET', query(name, 200));
  if (!answer.ok) return { problem: answer.problem };
  const here = answer.data.items.filter(({ left }) => !left);
  const same = here.filter((one) => one.name.toLowerCase() === name.toLowerCase());
  if (same.length === 1) return { id: same[0].person };
  if (same.length > 1) return { problem: wrong('Several people have this name', `Give the id of the one you mean: ${same.map(({ person, team }) => `${person} (${team || 'no team'})`).join(', ')}.`) };
  return { problem: wrong('Nobody here has this name', here.length ? `Did you mean ${here.slice(0, 3).map((one) => one.name).join(', ')}?` : 'Write the whole name, as the list shows it.') };
}

function choose(one) {
  chosen = one;
  byId('person-title').textContent = `Change ${one.name}`;
  byId('person-problem').replaceChildren();
  byId('role').value = one.role;
  byId('team').value = one.team;
  byId('manager').value = one.manager ?? '';
  // Whoever decides signs in with a passkey alone; a login from before can only be ended.
  byId('bind-login')?.toggleAttribute('hidden', one.role !== 'agent');
  byId('login').hidden = one.logins === 0 && !(one.role === 'agent' && byId('issuer'));
  byId('drop-login').hidden = one.logins === 0;
  byId('key').hidden = one.role !== 'integrator';
  byId('drop-key').hidden = !one.key;
  byId('token').hidden = !one.token;
  byId('keep-token').hidden = !one.unconfirmed_token;
  byId('person').showModal();
}

/** A change of the person whose dialog is open. */
const own = (wish) => make({ ...wish, person: chosen.person }, byId('person-problem'), () => byId('person').close());

function publicKey(text) {
  try { return JSON.parse(text); } catch { return null; }
}

function listen() {
  const submit = (id, act) => byId(id).addEventListener('submit', (event) => { event.preventDefault(); return act(); });
  const click = (id, act) => byId(id).addEventListener('click', act);
  submit('add', async () => {
    const { id, problem } = await meant(byId('add-manager').value);
    if (problem) return showProblem(byId('add-problem'), problem);
    const wish = { change: 'add_person', name: byId('add-name').value, role: byId('add-role').value, team: byId('add-team').value };
    if (await make(id ? { ...wish, reports_to: id } : wish, byId('add-problem'))) byId('add').reset();
    return undefined;
  });
  submit('set-role', () => own({ change: 'set_role', role: byId('role').value, team: byId('team').value }));
  submit('reports-to', async () => {
    const { id, problem } = await meant(byId('manager').value);
    return problem ? showProblem(byId('person-problem'), problem) : own({ change: 'reports_to', manager: id });
  });
  submit('login', () => own({ change: 'bind_login', issuer: byId('issuer').value, subject: byId('subject').value.trim() }));
  submit('key', () => {
    const key = publicKey(byId('jwk').value);
    return key ? own({ change: 'add_key', key })
      : showProblem(byId('person-problem'), wrong('That isn’t a JSON Web Key', 'Give the public half, as a JSON object.'));
  });
  click('drop-login', () => own({ change: 'drop_login' }));
  click('drop-key', () => own({ change: 'drop_key' }));
  click('drop-token', () => own({ change: 'drop_token' }));
  click('keep-token', () => own({ change: 'keep_token' }));
  click('left', () => own({ change: 'left' }));
  document.querySelectorAll('[data-close]').forEach((button) => button.addEventListener('click', () => button.closest('dialog').close()));
}

if (mayChange) listen();
await Promise.all([load(), mayChange && drawWaiting(make)]);
