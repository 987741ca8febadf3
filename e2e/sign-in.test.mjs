// Signing in with a passkey, in a real browser with a virtual authenticator, against a centre of the test's own.
//
// RINGFENCE_BIN names the program; target/release/ringfence of this repository otherwise.

import assert from 'node:assert/strict';
import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { after, before, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { WIDTHS, axeFindings, fitsWidth, openBrowser, openPage, screenshot } from './lib.mjs';

const BIN = process.env.RINGFENCE_BIN ?? fileURLToPath(new URL('../target/release/ringfence', import.meta.url));
let chrome;
let centre;

/** A new centre with two officers, served on this machine under its name. */
async function openCentre() {
  const folder = mkdtempSync(join(tmpdir(), 'ringfence-e2e-'));
  const data = join(folder, 'data');
  const run = (...words) => execFileSync(BIN, words, { encoding: 'utf8', env: { ...process.env, RINGFENCE_DATA: data } });
  const made = JSON.parse(run('init', data, '--key-file', join(folder, 'keys', 'root.key'), '--officer', 'Ada First',
    '--officer', 'Bo Second', '--output', 'json'));
  const config = join(data, 'ringfence.toml');
  writeFileSync(config, readFileSync(config, 'utf8').replace('tokens = false', 'tokens = true'));
  const people = run('person', 'list', '--output', 'jsonl').trim().split('\n').map((line) => JSON.parse(line));
  const hire = (name, role) => JSON.parse(run('person', 'add', '--name', name, '--role', role, '--output', 'json')).person;
  const agent = hire('Cy Agent', 'agent');
  const token = run('person', 'token', agent).trim();
  const serving = spawn(BIN, ['serve', '--port', '0', '--output', 'json'], { env: { ...process.env, RINGFENCE_DATA: data } });
  const [line] = await new Promise((resolve) => { createInterface(serving.stdout).once('line', (text) => resolve([text])); });
  const url = JSON.parse(line).url.replace('127.0.0.1', 'localhost');
  const invite = (id) => `${url}/ceremony${new URL(run('person', 'invite', id).trim()).hash}`;
  const close = async () => { const ended = once(serving, 'exit'); serving.kill('SIGTERM'); await ended; rmSync(folder, { recursive: true, force: true }); };
  return { url, run, people, agent, token, invite, close, first: `${url}/ceremony${new URL(made.ceremony).hash}` };
}

/** A context with an authenticator of its own. Its page isn't looked through by axe, whose session would end the authenticator's. */
async function withAuthenticator(width = 1280) {
  const opened = await openPage(chrome.browser, width);
  const cdp = await opened.context.newCDPSession(opened.page);
  await cdp.send('WebAuthn.enable');
  await cdp.send('WebAuthn.addVirtualAuthenticator', {
    options: {
      protocol: 'ctap2', transport: 'internal', hasResidentKey: true, hasUserVerification: true, isUserVerified: true,
      automaticPresenceSimulation: true,
    },
  });
  return opened;
}

async function makePasskey(page, link) {
  await page.goto(link);
  await page.getByRole('button', { name: 'Make my passkey' }).click();
  await page.getByRole('heading', { name: 'Your passkey is registered' }).waitFor();
}

async function signIn(page, path) {
  await page.goto(`${centre.url}/sign-in`);
  await page.getByRole('button', { name: 'Use my passkey' }).click();
  await page.waitForURL((url) => url.pathname === path);
}

async function withToken(page) {
  await page.goto(`${centre.url}/sign-in`);
  await page.getByLabel('Access token').fill(centre.token);
  await page.getByRole('button', { name: 'Sign in', exact: true }).click();
  await page.waitForURL((url) => url.pathname === '/desk');
}

let officer;
before(async () => { chrome = await openBrowser(); centre = await openCentre(); });
after(async () => { await chrome?.close(); await centre?.close(); });

async function judged(page, name, width) {
  assert.deepEqual(await axeFindings(page), [], name);
  assert.ok(await fitsWidth(page), `${name} fits ${width}`);
  await screenshot(page, `${name}-${width}`);
}

test('the sign-in says that the centre is not set up yet', async () => {
  for (const width of WIDTHS) {
    const { page, context, complaints } = await openPage(chrome.browser, width);
    await page.goto(`${centre.url}/sign-in`);
    await page.getByText('This centre isn’t set up yet').waitFor();
    await judged(page, 'sign-in-unclaimed', width);
    assert.deepEqual(complaints, []);
    await context.close();
  }
});

test('the first security officer registers a passkey and signs in with it, without a name', async () => {
  for (const width of WIDTHS) {
    const look = await openPage(chrome.browser, width);
    await look.page.goto(centre.first);
    await look.page.getByText('Welcome, Ada First').waitFor();
    await judged(look.page, 'ceremony-first', width);
    await look.context.close();
  }
  officer = await withAuthenticator();
  const { page, complaints } = officer;
  await page.goto(centre.first);
  await page.getByRole('button', { name: 'Make my passkey' }).click();
  await page.getByRole('heading', { name: 'What comes next' }).waitFor();
  await screenshot(page, 'ceremony-done-1280');
  await signIn(page, '/security');
  await page.reload();
  assert.equal(new URL(page.url()).pathname, '/security');
  assert.deepEqual(complaints, []);
});

test('an invitation that was used, or is none, is refused with words', async () => {
  const { page, context } = await openPage(chrome.browser, 390);
  await page.goto(centre.first);
  await page.getByText("That invitation doesn't count any more").waitFor();
  await judged(page, 'ceremony-over', 390);
  await page.goto(`${centre.url}/ceremony`);
  await page.getByText('This page needs an invitation').waitFor();
  await judged(page, 'ceremony-none', 390);
  await context.close();
});

test('a passkey that nobody here knows is refused with words', async () => {
  const { page, context } = await openPage(chrome.browser, 390);
  await page.goto(`${centre.url}/sign-in`);
  await page.getByLabel('Access token').fill('rft_wrong');
  await page.getByRole('button', { name: 'Sign in', exact: true }).click();
  await page.getByText('No one here holds this token').waitFor();
  await judged(page, 'sign-in-refused', 390);
  await context.close();
});

test('the second officer waits until the first lets the passkey count', async () => {
  const second = await withAuthenticator();
  await makePasskey(second.page, centre.invite(centre.people.find(({ name }) => name === 'Bo Second').person));
  await second.page.getByText('A security officer lets it count').waitFor();
  await second.page.goto(`${centre.url}/sign-in`);
  await second.page.getByRole('button', { name: 'Use my passkey' }).click();
  await second.page.getByText('No one here has this passkey').waitFor();
  const { page } = officer;
  for (const width of WIDTHS) {
    const look = await officer.context.newPage();
    await look.setViewportSize({ width, height: 900 });
    await look.goto(`${centre.url}/account`);
    await look.locator('[data-enrolment]').waitFor();
    await judged(look, 'account-waiting', width);
    await look.close();
  }
  await page.goto(`${centre.url}/account`);
  await page.getByRole('button', { name: /^Let it count: Bo Second/ }).click();
  await page.getByText('Bo Second can sign in').waitFor();
  await signIn(second.page, '/security');
  await second.context.close();
});

test('a cookie stolen into another browser opens nothing', async () => {
  const victim = await openPage(chrome.browser);
  await withToken(victim.page);
  const thief = await openPage(chrome.browser);
  await thief.context.addCookies(await victim.context.cookies());
  await thief.page.goto(`${centre.url}/desk`);
  await thief.page.getByRole('heading', { name: 'Sign in again in this browser' }).waitFor();
  await judged(thief.page, 'not-this-browser', 1280);
  const status = await thief.page.evaluate(async () => (await fetch('/v1/me')).status);
  assert.equal(status, 401);
  const own = await victim.page.evaluate(async () => (await fetch('/v1/me')).status);
  assert.equal(own, 200);
  await thief.context.close();
  await victim.context.close();
});

test('a page comes back by itself when the worker was away', async () => {
  const { page, context } = await openPage(chrome.browser);
  await withToken(page);
  await page.evaluate(async () => {
    for (const one of await navigator.serviceWorker.getRegistrations()) await one.unregister();
  });
  await page.goto('about:blank');
  await page.goto(`${centre.url}/desk`);
  await page.locator('body[data-desk="waiting"]').waitFor();
  const cdp = await context.newCDPSession(page);
  await cdp.send('Page.reload', { ignoreCache: true });
  await page.locator('body[data-desk="waiting"]').waitFor();
  await context.close();
});

test('another site can neither send a form nor ask in my name', async () => {
  const { page, context } = await openPage(chrome.browser);
  await withToken(page);
  const foreign = createServer((request, response) => {
    response.setHeader('content-type', 'text/html');
    response.setHeader('referrer-policy', 'no-referrer');
    response.end(`<form method="post" action="${centre.url}/sign-out"><button>Win a prize</button></form>`);
  });
  await new Promise((resolve) => { foreign.listen(0, '127.0.0.1', resolve); });
  const other = await context.newPage();
  await other.goto(`http://127.0.0.1:${foreign.address().port}/`);
  const asked = await other.evaluate(async (url) => {
    try {
      return (await fetch(`${url}/v1/reports`, { method: 'POST', credentials: 'include', body: '{"text":"x"}', mode: 'no-cors' })).type;
    } catch { return 'failed'; }
  }, centre.url);
  assert.ok(['opaque', 'failed'].includes(asked), asked);
  const answered = other.waitForResponse((response) => response.url().endsWith('/sign-out'));
  await other.getByRole('button').click();
  assert.equal((await answered).status(), 403);
  const status = await page.evaluate(async () => (await fetch('/v1/me')).status);
  assert.equal(status, 200, 'still signed in');
  const reports = JSON.parse(await officer.page.evaluate(async () => (await fetch('/v1/reports')).text()));
  assert.deepEqual(reports.items, []);
  foreign.close();
  await context.close();
});

test('security ends a session; its stream and its actions end within a second', async () => {
  const second = await openPage(chrome.browser);
  await withToken(second.page);
  const sessions = async () => JSON.parse(await officer.page.evaluate(async () => (await fetch('/v1/sessions')).text())).items;
  const [theirs] = (await sessions()).filter(({ person }) => person === centre.agent);
  const ended = await officer.page.evaluate(async (id) => (await fetch(`/v1/sessions/${id}`, { method: 'DELETE' })).status, theirs.session);
  assert.equal(ended, 200);
  await new Promise((resolve) => { setTimeout(resolve, 1000); });
  assert.equal(await second.page.evaluate(async () => (await fetch('/v1/me')).status), 401);
  await second.page.goto(`${centre.url}/desk`);
  assert.equal(new URL(second.page.url()).pathname, '/sign-in');
  await second.context.close();
});

test('one ends one’s own other sessions, and sees one’s passkeys, by keyboard', async () => {
  const elsewhere = await openPage(chrome.browser);
  await withToken(elsewhere.page);
  const here = await openPage(chrome.browser, 390);
  await withToken(here.page);
  await here.page.goto(`${centre.url}/account`);
  await here.page.locator('body[data-account="drawn"]').waitFor();
  await judged(here.page, 'account-agent', 390);
  const button = here.page.locator('[data-session] button').first();
  await button.focus();
  await here.page.keyboard.press('Enter');
  await here.page.getByText('That session is over').waitFor();
  assert.equal(await elsewhere.page.evaluate(async () => (await fetch('/v1/me')).status), 401);
  await here.context.close();
  await elsewhere.context.close();
});

test('no secret of a sign-in is kept where script could read it', async () => {
  const { page, context } = await openPage(chrome.browser);
  await withToken(page);
  const kept = await page.evaluate(() => new Promise((resolve) => {
    const opening = indexedDB.open('ringfence');
    opening.onsuccess = () => {
      const asked = opening.result.transaction('kept').objectStore('kept').get('session');
      asked.onsuccess = () => resolve({ extractable: asked.result.key.extractable, cookie: document.cookie });
    };
  }));
  assert.deepEqual(kept, { extractable: false, cookie: '' });
  await context.close();
});
