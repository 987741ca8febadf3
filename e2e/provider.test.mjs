// Agents sign in through a real identity provider (oidc-provider), from a device that a team leader and security enrolled. IT holds
// the provider: it can make identities there, and nobody here. A second, hostile provider answers in every wrong way.
//
// Starts a centre of its own with the built program; needs no demo.

import assert from 'node:assert/strict';
import { execFileSync, spawn } from 'node:child_process';
import { createHmac, generateKeyPairSync, randomBytes, sign } from 'node:crypto';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import Provider from 'oidc-provider';
import { DEADLINE, WIDTHS, axeFindings, fitsWidth, openBrowser, openPage, screenshot } from './lib.mjs';

const RINGFENCE = fileURLToPath(new URL('../target/release/ringfence', import.meta.url));
const SECRET = 'a-secret-of-a-client-for-tests-only';
const text = (bytes) => Buffer.from(bytes).toString('base64url');

let folder;
let centre;
let hostile;
let real;
let browser;
const tokens = {};
const ids = {};

const listening = (server) => new Promise((resolve) => {
  server.listen(0, '127.0.0.1', () => resolve(server.address().port));
});

/** A real provider, with these accounts; everything it claims beside the subject is its own invention. */
async function realProvider(redirects) {
  const server = createServer();
  const port = await listening(server);
  const issuer = `http://127.0.0.1:${port}`;
  const client = (client_id, uris) => ({
    client_id, client_secret: SECRET, redirect_uris: uris, grant_types: ['authorization_code'], response_types: ['code'],
  });
  const provider = new Provider(issuer, {
    clients: [client('ringfence', redirects), client('another', ['http://127.0.0.1:9/elsewhere'])],
    pkce: { required: () => true },
    cookies: { keys: [text(randomBytes(16))] },
    claims: { openid: ['sub', 'role', 'groups', 'tenant', 'name'] },
    conformIdTokenClaims: false,
    findAccount: (_, sub) => ({
      accountId: sub,
      claims: () => ({ sub, role: 'security_officer', groups: ['security_officer', 'admin'], tenant: 'acme', name: 'Noor Haddad' }),
    }),
    features: { devInteractions: { enabled: true } },
    ttl: { AccessToken: 600, AuthorizationCode: 60, IdToken: 600, Grant: 600, Interaction: 600, Session: 600 },
  });
  server.on('request', provider.callback());
  return { issuer, close: () => server.close() };
}

/** A provider that answers as each attack wants it to; `mode` says how. */
async function hostileProvider() {
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const stranger = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const jwk = { ...publicKey.export({ format: 'jwk' }), kid: 'own', use: 'sig', alg: 'ES256' };
  const server = createServer();
  const port = await listening(server);
  const issuer = `http://127.0.0.1:${port}`;
  const self = { issuer, mode: 'good', nonce: '', asked: [], close: () => server.close() };
  const part = (value) => text(JSON.stringify(value));
  const signed = (claims, key = privateKey) => {
    const body = `${part({ alg: 'ES256', kid: 'own' })}.${part(claims)}`;
    return `${body}.${text(sign('sha256', Buffer.from(body), { key, dsaEncoding: 'ieee-p1363' }))}`;
  };
  const idToken = () => {
    const now = Math.floor(Date.now() / 1000);
    const claims = { iss: issuer, sub: 'ada', aud: 'ringfence', nonce: self.nonce, iat: now, exp: now + 300, role: 'security_officer' };
    switch (self.mode) {
      case 'another client': return signed({ ...claims, aud: 'another' });
      case 'another nonce': return signed({ ...claims, nonce: 'another' });
      case 'another issuer': return signed({ ...claims, iss: 'https://id.example' });
      case 'run out': return signed({ ...claims, iat: now - 900, exp: now - 600 });
      case 'unsigned': return `${part({ alg: 'none' })}.${part(claims)}.`;
      case 'public key as secret': {
        const body = `${part({ alg: 'HS256', kid: 'own' })}.${part(claims)}`;
        return `${body}.${text(createHmac('sha256', publicKey.export({ type: 'spki', format: 'pem' })).update(body).digest())}`;
      }
      case 'a stranger’s key': return signed(claims, stranger.privateKey);
      case 'another access token': return signed({ ...claims, at_hash: text(randomBytes(16)) });
      case 'IT’s own new user': return signed({ ...claims, sub: 'made-by-it' });
      default: return signed(claims);
    }
  };
  server.on('request', (request, response) => {
    const { pathname } = new URL(request.url, issuer);
    self.asked.push(pathname);
    const json = (value) => response.setHeader('content-type', 'application/json').end(JSON.stringify(value));
    if (pathname === '/.well-known/openid-configuration') {
      const at = (path) => `${issuer}${path}`;
      return json({
        issuer: self.mode === 'description of another' ? 'https://id.example' : issuer, authorization_endpoint: at('/auth'),
        token_endpoint: self.mode === 'token endpoint in the clear' ? 'http://id.example/token' : at('/token'), jwks_uri: at('/jwks'),
        authorization_response_iss_parameter_supported: true, code_challenge_methods_supported: ['S256'],
      });
    }
    if (pathname === '/jwks') return json({ keys: [jwk] });
    if (pathname === '/token') return json({ access_token: 'at', token_type: 'Bearer', id_token: idToken() });
    return response.writeHead(404).end();
  });
  return self;
}

function ringfence(data, ...words) {
  const env = { ...process.env, RINGFENCE_DATA: data, RINGFENCE_LOG: 'warn' };
  return execFileSync(RINGFENCE, words, { env, encoding: 'utf8' });
}

function hire(data, name, role, team = 'Blue') {
  const added = JSON.parse(ringfence(data, 'person', 'add', '--name', name, '--role', role, '--team', team, '--output', 'json'));
  ids[name] = added.person;
  tokens[name] = ringfence(data, 'person', 'token', added.person).trim();
  return added.person;
}

async function freePort() {
  const server = createServer();
  const port = await listening(server);
  await new Promise((resolve) => { server.close(resolve); });
  return port;
}

before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'ringfence-provider-'));
  const data = join(folder, 'data');
  const port = await freePort();
  const url = `http://127.0.0.1:${port}`;
  ringfence(data, 'init', '--tenant', 'acme', '--key-file', join(folder, 'root.key'));
  const config = join(data, 'ringfence.toml');
  const kept = (await readFile(config, 'utf8')).replace('tokens = false', 'tokens = true');
  real = await realProvider([`${url}/sign-in/with/acme/back`]);
  hostile = await hostileProvider();
  const secret = join(data, 'identity.secret');
  await writeFile(secret, SECRET);
  const provider = (tenant, issuer, more = '') => `[[identity_provider]]\ntenant = "${tenant}"\nissuer = "${issuer}"\nclient_id = "ringfence"\n${more}`;
  await writeFile(config, `${kept}\n${provider('acme', real.issuer, 'client_secret_file = "identity.secret"\n')}`);
  for (const [name, role] of [['Ada', 'agent'], ['Lea', 'team_leader'], ['Noor', 'security_officer'], ['Ivo', 'it_operator']]) hire(data, name, role);
  hire(data, 'Otto', 'team_leader', 'Red');
  ringfence(data, 'person', 'login', ids.Ada, '--issuer', real.issuer, '--subject', 'ada');
  ringfence(data, 'person', 'login', ids.Ada, '--issuer', hostile.issuer, '--subject', 'ada');
  const hostileConfig = join(folder, 'hostile.toml');
  await writeFile(hostileConfig, provider('acme', hostile.issuer));
  const serve = (serveOn, ...more) => {
    const env = { ...process.env, RINGFENCE_DATA: data, RINGFENCE_LOG: 'warn' };
    const child = spawn(RINGFENCE, ['serve', '--port', String(serveOn), '--output', 'json', ...more], { env, stdio: ['ignore', 'ignore', 'inherit'] });
    return { url: `http://127.0.0.1:${serveOn}`, child };
  };
  centre = { data, config, hostileConfig, serve, ...serve(port) };
  await ready(centre.url);
  ({ browser } = await openBrowser());
});

after(async () => {
  await browser?.close();
  if (centre && centre.child.exitCode === null) {
    const over = new Promise((resolve) => { centre.child.once('exit', resolve); });
    centre.child.kill();
    await over;
  }
  real?.close();
  hostile?.close();
  await rm(folder, { recursive: true, force: true });
});

async function ready(url) {
  const until = Date.now() + DEADLINE;
  for (;;) {
    const answer = await fetch(`${url}/readyz`).catch(() => undefined);
    if (answer?.ok) return;
    if (Date.now() > until) throw new Error('the centre does not come up');
    await new Promise((resolve) => { setTimeout(resolve, 50); });
  }
}

const api = (who, path, body) => fetch(`${centre.url}${path}`, {
  method: body ? 'POST' : 'GET',
  headers: { authorization: `Bearer ${tokens[who]}`, ...(body && { 'content-type': 'application/json' }) },
  ...(body && { body: JSON.stringify(body) }),
});

/** Asks until power, which was just changed, is known to the one asked. */
async function settled(ask) {
  for (let turn = 0; ; turn += 1) {
    const answer = await ask();
    if (answer.status !== 409 || turn > 20) return answer;
    await new Promise((resolve) => { setTimeout(resolve, 50); });
  }
}

/** Goes through the real provider's own pages, whichever it shows, until `done`. */
async function atProvider(page, login, done = () => page.url().startsWith(centre.url)) {
  await page.goto(`${centre.url}/sign-in`);
  await page.getByRole('link', { name: /company’s account/ }).click();
  const until = Date.now() + DEADLINE;
  while (!done()) {
    if (Date.now() > until) throw new Error(`still at ${page.url()}`);
    const name = page.locator('input[name="login"]');
    const on = page.locator('button[type="submit"]');
    if (page.url().startsWith(real.issuer) && await on.count().catch(() => 0) > 0) {
      if (await name.count() > 0) {
        await name.fill(login);
        await page.locator('input[name="password"]').fill('any');
      }
      await on.click().catch(() => undefined);
    }
    await page.waitForTimeout(20);
  }
}

/** The officer enters the code on the page "People". */
async function enrolOnPage(code) {
  const { page, context, complaints } = await openPage(browser);
  await page.goto(`${centre.url}/sign-in`);
  await page.getByLabel('Access token').fill(tokens.Noor);
  await page.getByRole('button', { name: 'Sign in', exact: true }).click();
  await page.waitForURL((url) => url.pathname === '/security');
  for (const width of WIDTHS) {
    await page.setViewportSize({ width, height: 900 });
    await page.goto(`${centre.url}/security/people`);
    await page.getByLabel('Code on its screen').waitFor();
    assert.deepEqual(await axeFindings(page), []);
    assert.ok(await fitsWidth(page), `fits ${width}`);
    await screenshot(page, `people-device-${width}`);
  }
  await page.getByLabel('Code on its screen').fill('0000-0000');
  await page.getByRole('button', { name: 'Enrol' }).click();
  await page.locator('[data-device] [data-problem="not-found"]').waitFor();
  await page.getByLabel('Code on its screen').fill(code);
  await page.getByRole('button', { name: 'Enrol' }).click();
  const draft = page.getByRole('dialog', { name: 'Make this change?' });
  await draft.getByText(`Let Ada work from the device that shows ${code}, to which Lea agreed.`).waitFor();
  await draft.getByRole('button', { name: 'Do it' }).click();
  await page.getByText('Nothing waits.').waitFor();
  assert.deepEqual(complaints, []);
  await context.close();
}

test('an agent signs in from a device that team leader and security enrolled, and from no other', async () => {
  const { page, context } = await openPage(browser);
  await atProvider(page, 'ada');
  await page.locator('#device').waitFor();
  const code = await page.locator('#device-code').textContent();
  assert.match(code, /^[0-9A-Z]{4}-[0-9A-Z]{4}$/);
  assert.equal((await context.cookies()).some(({ name }) => name === 'rf_session'), false, 'a session without a device');
  assert.equal(new URL(page.url()).search, '', 'the answer stays in the address');

  // The code isn't in the list: it stands on the screen.
  const listed = await (await api('Lea', '/v1/devices')).json();
  assert.equal(listed.items.length, 1);
  assert.equal(JSON.stringify(listed).includes(code.replace('-', '')), false);
  assert.equal((await (await api('Otto', '/v1/devices')).json()).items.length, 0, 'another team’s leader sees it');
  const agree = (who, said = code) => settled(() => api(who, `/v1/devices/${listed.items[0].device}/agreements`, { code: said }));
  // Security drafts the enrolment as a change of power. Nobody has a passkey in this centre yet, so nothing needs a signature.
  const enrol = async (said = code) => {
    const wish = { change: 'enrol_device', device: listed.items[0].device, code: said };
    const drafted = await settled(() => api('Noor', '/v1/power/changes', wish));
    if (drafted.status !== 201) return drafted;
    const { change, draft } = await drafted.json();
    return api('Noor', `/v1/power/changes/${change}/approval`, { draft });
  };
  assert.equal((await agree('Noor')).status, 403, 'an officer in the leader’s place');
  assert.equal((await enrol()).status, 403, 'security alone');
  assert.equal((await agree('Ivo')).status, 403, 'IT');
  assert.equal((await agree('Ada')).status, 403, 'whose device it is');
  assert.equal((await agree('Otto')).status, 403, 'another team’s leader');
  assert.equal((await agree('Lea', '0000-0000')).status, 404, 'another code');
  assert.equal((await agree('Lea')).status, 204);
  assert.equal((await agree('Lea')).status, 204, 'the leader again');
  assert.equal((await enrol('0000-0000')).status, 404, 'another code');
  await enrolOnPage(code);
  for (const [kind, who] of [['device_asked', 'Ada'], ['device_agreed', 'Lea']]) {
    const found = await (await settled(() => api('Noor', `/v1/disclosures?kind=${kind}&decision=allowed`))).json();
    assert.equal(found.items[0]?.person, ids[who], kind);
  }

  await atProvider(page, 'ada');
  await page.waitForURL((url) => url.pathname === '/desk', { timeout: DEADLINE });
  const me = await page.evaluate(() => fetch('/v1/me').then((answer) => answer.json()));
  assert.equal(me.role, 'agent', 'what the provider claims became a role');

  // The same identity in another browser is another device.
  const other = await openPage(browser);
  await atProvider(other.page, 'ada');
  await other.page.locator('#device').waitFor();
  assert.notEqual(await other.page.locator('#device-code').textContent(), code);
  await other.context.close();
  await context.close();
});

test('whom IT makes at the provider is nobody here, whatever is claimed', async () => {
  const { page, context } = await openPage(browser);
  await atProvider(page, 'made-by-it');
  const problem = page.locator('#sign-in-problem');
  await problem.getByText('Nobody here signs in with that identity').waitFor();
  assert.equal((await context.cookies()).some(({ name }) => name === 'rf_session'), false);
  await context.close();
});

/** One sign-in without a browser: its cookie, and what the question said. */
async function begin(url = centre.url) {
  const asked = await fetch(`${url}/sign-in/with/acme`, { redirect: 'manual' });
  assert.equal(asked.status, 303, await asked.text());
  const cookie = asked.headers.get('set-cookie').split(';')[0];
  const question = new URL(asked.headers.get('location'));
  return { cookie, question: question.searchParams, at: question };
}

async function finish(url, cookie, fields) {
  const { publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const { x, y } = publicKey.export({ format: 'jwk' });
  const device = text(Buffer.concat([Buffer.from([4]), Buffer.from(x, 'base64url'), Buffer.from(y, 'base64url')]));
  const answer = await fetch(`${url}/sign-in/with/acme/finish`, {
    method: 'POST', headers: { accept: 'application/json', origin: url, ...(cookie && { cookie }) },
    body: new URLSearchParams({ ...fields, device }),
  });
  return { status: answer.status, slug: String((await answer.json().catch(() => ({}))).type ?? '').split('/').pop(), session: /rf_session=[^;]/.test(answer.headers.get('set-cookie') ?? '') };
}

test('the question asks for an identity only, with S256, and leads back to our own page', async () => {
  const { question } = await begin();
  assert.equal(question.get('scope'), 'openid');
  assert.equal(question.get('code_challenge_method'), 'S256');
  assert.equal(question.get('redirect_uri'), `${centre.url}/sign-in/with/acme/back`);
  // The real provider leads nowhere else.
  const { at } = await begin();
  at.searchParams.set('redirect_uri', 'https://evil.example/back');
  assert.equal((await fetch(at, { redirect: 'manual' })).status, 400);
  // Nor do we: there is no parameter that says where to go on, and a page of another origin finishes nothing.
  const foreign = await fetch(`${centre.url}/sign-in/with/acme/finish`, { method: 'POST', headers: { accept: 'application/json', origin: 'https://evil.example' }, body: new URLSearchParams({ code: 'c', state: 's' }) });
  assert.equal(foreign.status, 403);
});

test('a code counts once, to the browser that asked', async () => {
  const { page, context } = await openPage(browser);
  // A real code, caught on its way.
  await page.route('**/assets/arrived.js', (route) => route.abort());
  await atProvider(page, 'ada', () => new URL(page.url()).searchParams.has('code'));
  const fields = Object.fromEntries(new URL(page.url()).searchParams);
  const cookies = await context.cookies();
  const cookie = cookies.filter(({ name }) => name === 'rf_login').map(({ name, value }) => `${name}=${value}`)[0];
  // Login CSRF: in a browser that didn't ask, or asked something else.
  assert.deepEqual(await finish(centre.url, undefined, fields), { status: 403, slug: 'not-signed-in', session: false });
  assert.deepEqual(await finish(centre.url, (await begin()).cookie, fields), { status: 403, slug: 'not-signed-in', session: false });
  // Mixed up: as if another provider had answered, or none is named.
  assert.equal((await finish(centre.url, cookie, { ...fields, iss: hostile.issuer })).slug, 'not-signed-in');
  assert.equal((await finish(centre.url, cookie, { code: fields.code, state: fields.state })).slug, 'not-signed-in');
  // The right answer in the right browser asks for its device; then the code is used up.
  assert.equal((await finish(centre.url, cookie, fields)).status, 202);
  assert.deepEqual(await finish(centre.url, cookie, fields), { status: 403, slug: 'not-signed-in', session: false });
  await context.close();
});

test('nothing that a hostile provider says counts', async () => {
  centre.child.kill();
  await new Promise((resolve) => { centre.child.once('exit', resolve); });
  const url = `http://127.0.0.1:${await freePort()}`;
  const served = centre.serve(new URL(url).port, '--config', centre.hostileConfig);
  centre.child = served.child;
  await ready(url);
  const attempt = async (mode, more = {}) => {
    hostile.mode = 'good';
    const { cookie, question } = await begin(url);
    hostile.mode = mode;
    hostile.nonce = question.get('nonce');
    return finish(url, cookie, { code: 'c', state: question.get('state'), iss: hostile.issuer, ...more });
  };
  assert.equal((await attempt('good')).status, 202, 'the honest answer must pass this far, or nothing below is tested');
  const wrong = ['another client', 'another nonce', 'another issuer', 'run out', 'unsigned', 'public key as secret', 'a stranger’s key', 'another access token'];
  for (const mode of wrong) {
    assert.deepEqual(await attempt(mode), { status: 403, slug: 'not-signed-in', session: false }, mode);
  }
  assert.deepEqual(await attempt('IT’s own new user'), { status: 403, slug: 'login-unknown', session: false });
  assert.equal((await attempt('description of another')).slug, 'provider-silent');
  hostile.asked = [];
  assert.equal((await attempt('token endpoint in the clear')).slug, 'provider-silent');
  assert.equal(hostile.asked.includes('/token'), false);
  assert.equal((await attempt('good', { error: 'access_denied' })).slug, 'not-signed-in');
});
