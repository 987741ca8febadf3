// People and what lets them in, changed by an officer with a passkey, in a real browser with a virtual authenticator, against a
// centre of the test's own.
//
// RINGFENCE_BIN names the program; target/release/ringfence of this repository otherwise.

import assert from 'node:assert/strict';
import { execFileSync, spawn } from 'node:child_process';
import { generateKeyPairSync, randomUUID, sign } from 'node:crypto';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { after, before, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { WIDTHS, ask, axeFindings, fitsWidth, openBrowser, openPage, screenshot } from './lib.mjs';

const BIN = process.env.RINGFENCE_BIN ?? fileURLToPath(new URL('../target/release/ringfence', import.meta.url));
const ISSUER = 'https://id.example.com';
let chrome;
let centre;
let officer;

/** A new centre with one officer, some people, a machine client and an identity provider, served on this machine under its name. */
async function openCentre() {
  const folder = mkdtempSync(join(tmpdir(), 'ringfence-e2e-'));
  const data = join(folder, 'data');
  const run = (...words) => execFileSync(BIN, words, { encoding: 'utf8', env: { ...process.env, RINGFENCE_DATA: data } });
  const made = JSON.parse(run('init', data, '--key-file', join(folder, 'keys', 'root.key'), '--officer', 'Ada First', '--output', 'json'));
  const config = join(data, 'ringfence.toml');
  writeFileSync(config, `${readFileSync(config, 'utf8').replace('tokens = false', 'tokens = true')}
[[identity_provider]]\nissuer = "${ISSUER}"\nclient_id = "ringfence"\n
[budgets]\nwidening_waits_s = 0\n`);
  const hire = (name, role, team = '') => JSON.parse(run('person', 'add', '--name', name, '--role', role, '--team', team, '--output', 'json')).person;
  const ids = {
    lea: hire('Lea Leader', 'team_leader', 'north'), cy: hire('Cy Agent', 'agent', 'north'), ivo: hire('Ivo Operator', 'it_operator'),
    max: hire('Max Müller <b>', 'agent', 'south'), auditor: hire('Otto Auditor', 'auditor'), machine: hire('Directory', 'integrator'),
  };
  const { publicKey, privateKey } = generateKeyPairSync('ed25519');
  const key = join(folder, 'key.jwk');
  writeFileSync(key, JSON.stringify(publicKey.export({ format: 'jwk' })));
  run('person', 'key', ids.machine, '--key-file', key);
  const tokens = Object.fromEntries(['auditor', 'cy', 'max'].map((name) => [name, run('person', 'token', ids[name]).trim()]));
  const serving = spawn(BIN, ['serve', '--port', '0', '--output', 'json'], { env: { ...process.env, RINGFENCE_DATA: data } });
  const [line] = await new Promise((resolve) => { createInterface(serving.stdout).once('line', (text) => resolve([text])); });
  const url = JSON.parse(line).url.replace('127.0.0.1', 'localhost');
  const close = async () => { const ended = once(serving, 'exit'); serving.kill('SIGTERM'); await ended; rmSync(folder, { recursive: true, force: true }); };
  return { url, ids, tokens, close, privateKey, first: `${url}/ceremony${new URL(made.ceremony).hash}` };
}

/** The identity provider proposes somebody. */
async function propose(user) {
  const part = (value) => Buffer.from(JSON.stringify(value)).toString('base64url');
  const now = Math.floor(Date.now() / 1000);
  const iss = centre.ids.machine;
  const said = `${part({ alg: 'EdDSA' })}.${part({ iss, sub: iss, aud: `${centre.url}/oauth2/token`, jti: randomUUID(), iat: now, exp: now + 60 })}`;
  const assertion = `${said}.${sign(null, Buffer.from(said), centre.privateKey).toString('base64url')}`;
  const form = { grant_type: 'client_credentials', client_assertion_type: 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer', client_assertion: assertion };
  const granted = await (await fetch(`${centre.url}/oauth2/token`, { method: 'POST', body: new URLSearchParams(form) })).json();
  const headers = { authorization: `Bearer ${granted.access_token}`, 'content-type': 'application/scim+json' };
  const made = await fetch(`${centre.url}/scim/v2/Users`, { method: 'POST', headers, body: JSON.stringify(user) });
  assert.equal(made.status, 201, await made.text());
}

/** The officer's browser: its authenticator has the passkey, and it is signed in. */
async function openOfficer() {
  const opened = await openPage(chrome.browser);
  const { page } = opened;
  const cdp = await opened.context.newCDPSession(page);
  await cdp.send('WebAuthn.enable');
  await cdp.send('WebAuthn.addVirtualAuthenticator', {
    options: {
      protocol: 'ctap2', transport: 'internal', hasResidentKey: true, hasUserVerification: true, isUserVerified: true,
      automaticPresenceSimulation: true,
    },
  });
  await page.goto(centre.first);
  await page.getByRole('button', { name: 'Make my passkey' }).click();
  await page.getByRole('heading', { name: 'What comes next' }).waitFor();
  await page.goto(`${centre.url}/sign-in`);
  await page.getByRole('button', { name: 'Use my passkey' }).click();
  await page.waitForURL((url) => url.pathname === '/security');
  return opened;
}

before(async () => { chrome = await openBrowser(); centre = await openCentre(); officer = await openOfficer(); });
after(async () => { await chrome?.close(); await centre?.close(); });

const opened = async (page) => {
  await page.goto(`${centre.url}/security/people`);
  await page.locator('body[data-people="shown"]').waitFor();
};
const row = (page, name) => page.getByRole('row').filter({ has: page.getByRole('rowheader', { name }) });
const result = (page) => page.locator('#people-result [role="status"]');

/** How it looks in both widths, in another page of the same browser: axe's own session would end the authenticator's. */
async function judged(name, prepare = async () => {}) {
  for (const width of WIDTHS) {
    const look = await officer.context.newPage();
    await look.setViewportSize({ width, height: 900 });
    await opened(look);
    await prepare(look);
    assert.deepEqual(await axeFindings(look), [], name);
    assert.ok(await fitsWidth(look), `${name} fits ${width}`);
    await screenshot(look, `${name}-${width}`);
    await look.close();
  }
}

test('an officer sees who works here, and finds somebody', async () => {
  const { page } = officer;
  await page.getByRole('navigation', { name: 'Security' }).getByRole('link', { name: 'People' }).click();
  await page.locator('body[data-people="shown"]').waitFor();
  await page.getByText('Nothing waits.').waitFor();
  assert.match(await row(page, 'Directory').textContent(), /Integrator.*a key/);
  assert.match(await row(page, 'Ada First').textContent(), /Security officer.*1 passkey/);
  assert.match(await row(page, 'Max Müller <b>').textContent(), /New here/, 'text stays text');
  await page.getByLabel('Name, team or role').fill('NORTH');
  await page.getByLabel('Name, team or role').press('Enter');
  await page.getByText('2 shown').waitFor();
  await page.getByLabel('Name, team or role').fill('nobody at all');
  await page.getByRole('button', { name: 'Find' }).click();
  await page.getByText('Nobody fits.').waitFor();
  await judged('people');
});

test('what the identity provider proposes waits, is applied with a role and a signature, or declined', async () => {
  const { page } = officer;
  await propose({ userName: 'nia@acme.example', displayName: 'Nia New', externalId: 'nia-1' });
  await propose({ userName: 'eve@acme.example', displayName: 'Eve <i>Else</i>' });
  await judged('people-waiting', (look) => look.locator('[data-proposal]').nth(1).waitFor());
  await opened(page);
  const nia = page.locator('[data-proposal]').filter({ hasText: 'Nia New' });
  await nia.getByRole('button', { name: /^Apply/ }).click();
  await nia.getByText('Nobody has said which role').waitFor();
  await nia.getByRole('combobox').selectOption('agent');
  await nia.getByRole('button', { name: /^Apply/ }).click();
  const draft = page.getByRole('dialog', { name: 'Make this change?' });
  await draft.getByText('Let “Nia New” (“nia@acme.example”) in, with a role that you choose. The role is Agent.').waitFor();
  await draft.getByRole('button', { name: 'Sign with my passkey' }).click();
  await result(page).getByText('Done: Let “Nia New”').waitFor();
  assert.match(await row(page, 'Nia New').textContent(), /Agent.*1 login/);
  await page.locator('[data-proposal]').filter({ hasText: 'Eve <i>Else</i>' }).getByRole('button', { name: /^Decline/ }).click();
  await page.getByText('Nothing waits.').waitFor();
  await row(page, 'Nia New').waitFor();
  assert.equal(await row(page, 'Eve').count(), 0);
});

test('an officer adds somebody: the draft in words, the passkey, the receipt', async () => {
  const { page } = officer;
  await opened(page);
  await page.getByRole('heading', { name: 'Add somebody' }).click();
  await page.getByLabel('Name', { exact: true }).fill('Mo Novak');
  await page.locator('#add-role').selectOption('agent');
  await page.locator('#add-team').fill('north');
  await page.getByLabel('Manager, if any').fill('lea leader');
  // By keyboard alone from here.
  await page.getByLabel('Manager, if any').press('Enter');
  const draft = page.getByRole('dialog', { name: 'Make this change?' });
  await draft.getByText('Add Mo Novak as agent, in team north, reporting to Lea Leader.').waitFor();
  await draft.getByRole('button', { name: 'Sign with my passkey' }).focus();
  await page.keyboard.press('Enter');
  await result(page).getByText('Done: Add Mo Novak').waitFor();
  assert.match(await result(page).getByRole('link', { name: 'Receipt' }).getAttribute('href'), /^\/v1\/receipts\/ent_/);
  for (const width of WIDTHS) {
    await page.setViewportSize({ width, height: 900 });
    assert.ok(await fitsWidth(page), `fits ${width}`);
    await screenshot(page, `people-done-${width}`);
  }
  await page.setViewportSize({ width: 1280, height: 860 });
  assert.match(await row(page, 'Mo Novak').textContent(), /Agent.*north.*Lea Leader.*nothing yet/);
});

test('a refused pair is told in the rule’s words where it can be mended, and nothing is changed', async () => {
  const { page } = officer;
  await opened(page);
  await page.getByRole('heading', { name: 'Add somebody' }).click();
  await page.getByLabel('Name', { exact: true }).fill('ivo  operator');
  await page.locator('#add-role').selectOption('agent');
  await page.getByRole('button', { name: 'Look at the change' }).click();
  const problem = page.locator('#add-problem [data-problem="forbidden-pair"]');
  await problem.getByText('These roles can\'t meet in one person').waitFor();
  await problem.getByText('Give the role to somebody else').waitFor();
  assert.equal(await page.getByRole('dialog').count(), 0);
  await page.getByLabel('Manager, if any').fill('nobody of that name');
  await page.getByRole('button', { name: 'Look at the change' }).click();
  await page.getByText('Nobody here has this name').waitFor();
  await judged('people-refused', async (look) => {
    await look.getByRole('heading', { name: 'Add somebody' }).click();
    await look.getByLabel('Name', { exact: true }).fill('Ivo Operator');
    await look.locator('#add-role').selectOption('agent');
    await look.getByRole('button', { name: 'Look at the change' }).click();
    await look.locator('[data-problem="forbidden-pair"]').waitFor();
  });
});

test('nobody changes their own role, on the page or past it', async () => {
  const { page } = officer;
  await opened(page);
  const own = row(page, 'Ada First');
  await own.getByText('You', { exact: true }).waitFor();
  await page.getByText('Nobody changes their own role').waitFor();
  assert.equal(await own.getByRole('button').count(), 0);
  const answer = await page.evaluate(async () => {
    const body = JSON.stringify({ change: 'set_role', person: document.body.dataset.person, role: 'security_officer', team: 'x' });
    const asked = await fetch('/v1/power/changes', { method: 'POST', headers: { 'content-type': 'application/json' }, body });
    return { status: asked.status, slug: (await asked.json()).type.split('/').pop() };
  });
  assert.deepEqual(answer, { status: 403, slug: 'not-approved' });
});

test('role, manager, login and key: each is drafted, signed and shown', async () => {
  const { page } = officer;
  await opened(page);
  const dialog = page.locator('#person');
  const draft = page.getByRole('dialog', { name: 'Make this change?' });
  const change = async (name, act) => {
    await row(page, name).getByRole('button', { name: `Change ${name}` }).click();
    await act();
  };
  const done = async (button, words) => {
    await draft.getByText(words).waitFor();
    await draft.getByRole('button', { name: button }).click();
    await result(page).getByText(words).waitFor();
  };
  await change('Cy Agent', async () => {
    await dialog.getByLabel('Team').fill('south');
    await dialog.getByRole('button', { name: 'Change role or team' }).click();
  });
  await done('Sign with my passkey', 'Make Cy Agent agent, in team south.');
  await change('Otto Auditor', async () => {
    await dialog.getByLabel('Manager').fill('Ivo Operator');
    await dialog.getByRole('button', { name: 'Set the manager' }).click();
    await dialog.getByText('Somebody of IT would stand above who watches it').waitFor();
    await dialog.getByLabel('Manager').fill('Lea Leader');
    await dialog.getByRole('button', { name: 'Set the manager' }).click();
  });
  await done('Sign with my passkey', 'Otto Auditor reports to Lea Leader from now on.');
  await change('Cy Agent', async () => {
    await dialog.getByLabel(`Subject at ${ISSUER}`).fill('cy-1');
    await dialog.getByRole('button', { name: 'Bind this login' }).click();
  });
  await done('Sign with my passkey', `Cy Agent is whom ${ISSUER} calls cy-1.`);
  assert.match(await row(page, 'Cy Agent').textContent(), /1 login/);
  await change('Cy Agent', () => dialog.getByRole('button', { name: 'End all logins' }).click());
  await done('Do it', 'Cy Agent can\'t sign in through an identity provider any more.');
  await change('Directory', () => dialog.getByRole('button', { name: 'End the key' }).click());
  await done('Do it', 'Directory has no key any more');
  await change('Directory', async () => {
    await dialog.getByLabel('Public key').fill('not a key');
    await dialog.getByRole('button', { name: 'Give this key' }).click();
    await dialog.getByText('That isn’t a JSON Web Key').waitFor();
    const { publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
    await dialog.getByLabel('Public key').fill(JSON.stringify(publicKey.export({ format: 'jwk' })));
    await dialog.getByRole('button', { name: 'Give this key' }).click();
  });
  await done('Sign with my passkey', 'Directory signs in with the key');
  await judged('people-change', async (look) => {
    await row(look, 'Cy Agent').getByRole('button').click();
    await look.locator('#person').getByRole('heading').waitFor();
  });
  await judged('people-draft', async (look) => {
    await row(look, 'Cy Agent').getByRole('button').click();
    await look.locator('#person').getByRole('button', { name: 'Mark as left' }).click();
    await look.getByRole('dialog', { name: 'Make this change?' }).waitFor();
  });
});

test('who is marked as left is out at once, and stays in the list of who was there', async () => {
  const { page } = officer;
  await opened(page);
  const agent = () => fetch(`${centre.url}/v1/me`, { headers: { authorization: `Bearer ${centre.tokens.cy}` } });
  assert.equal((await agent()).status, 200);
  await row(page, 'Cy Agent').getByRole('button').click();
  await page.getByRole('button', { name: 'Mark as left' }).click();
  const draft = page.getByRole('dialog', { name: 'Make this change?' });
  await draft.getByText('Cy Agent has left, and can\'t come back under this id.').waitFor();
  // Called off first.
  await page.keyboard.press('Escape');
  assert.equal((await agent()).status, 200);
  await row(page, 'Cy Agent').getByRole('button').click();
  await page.getByRole('button', { name: 'Mark as left' }).click();
  await draft.getByRole('button', { name: 'Do it' }).click();
  await result(page).getByText('Done: Cy Agent has left').waitFor();
  await row(page, 'Cy Agent').waitFor({ state: 'detached' });
  await page.getByLabel('Show who has left').check();
  assert.match(await row(page, 'Cy Agent').textContent(), /Left/);
  const asked = await ask(page, '/v1/disclosures?kind=person_left');
  assert.equal(JSON.parse(asked.text).items[0].upon, centre.ids.cy);
  assert.equal((await agent()).status, 401);
  assert.deepEqual(officer.complaints, []);
});

test('an auditor reads the list and changes nothing; an agent doesn’t get the page', async () => {
  const agent = await fetch(`${centre.url}/security/people`, { headers: { authorization: `Bearer ${centre.tokens.max}` } });
  assert.equal(agent.status, 403);
  const { page, context, complaints } = await openPage(chrome.browser, 390);
  await page.goto(`${centre.url}/sign-in`);
  await page.getByLabel('Access token').fill(centre.tokens.auditor);
  await page.getByRole('button', { name: 'Sign in', exact: true }).click();
  await page.waitForURL((url) => url.pathname === '/security');
  await opened(page);
  assert.equal(await page.getByRole('button', { name: /^Change/ }).count(), 0);
  assert.equal(await page.getByRole('heading', { name: 'Add somebody' }).count(), 0);
  assert.deepEqual(await axeFindings(page), []);
  assert.ok(await fitsWidth(page));
  assert.deepEqual(complaints, []);
  await context.close();
});
