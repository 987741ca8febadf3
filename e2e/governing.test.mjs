// Rules and limits, changed by an officer with a passkey, and the glass broken by two, in real browsers with virtual authenticators,
// against centres of the test's own: one that has a solver, and those that have none.
//
// RINGFENCE_BIN names the program; target/release/ringfence of this repository otherwise. CVC5 names the solver; that of ./test
// otherwise.

import assert from 'node:assert/strict';
import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { after, before, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { WIDTHS, axeFindings, fitsWidth, openBrowser, openPage, screenshot } from './lib.mjs';

const here = (path) => fileURLToPath(new URL(path, import.meta.url));
const BIN = process.env.RINGFENCE_BIN ?? here('../target/release/ringfence');
const SOLVER = process.env.CVC5 ?? here('../target/venv/bin/cvc5');
let chrome;
const centres = [];

/** A centre, and its first officer's browser, signed in with a passkey. */
async function open(solver, ...more) {
  const folder = mkdtempSync(join(tmpdir(), 'ringfence-e2e-'));
  const data = join(folder, 'data');
  const run = (...words) => execFileSync(BIN, words, { encoding: 'utf8', env: { ...process.env, RINGFENCE_DATA: data } });
  const officers = ['Ada First', ...more].flatMap((name) => ['--officer', name]);
  const made = JSON.parse(run('init', data, '--key-file', join(folder, 'keys', 'root.key'), ...officers, '--output', 'json'));
  const serving = spawn(BIN, ['serve', '--port', '0', '--output', 'json'], { env: { ...process.env, RINGFENCE_DATA: data, CVC5: solver } });
  const line = await new Promise((resolve) => { createInterface(serving.stdout).once('line', resolve); });
  centres.push(async () => { const ended = once(serving, 'exit'); serving.kill('SIGTERM'); await ended; rmSync(folder, { recursive: true, force: true }); });
  const url = JSON.parse(line).url.replace('127.0.0.1', 'localhost');
  const first = await withAuthenticator(url, new URL(made.ceremony).hash);
  await signIn(first);
  return { ...first, run, folder };
}

/** A browser whose authenticator has a passkey. */
async function withAuthenticator(url, hash) {
  const opened = await openPage(chrome.browser);
  const cdp = await opened.context.newCDPSession(opened.page);
  await cdp.send('WebAuthn.enable');
  await cdp.send('WebAuthn.addVirtualAuthenticator', {
    options: {
      protocol: 'ctap2', transport: 'internal', hasResidentKey: true, hasUserVerification: true, isUserVerified: true,
      automaticPresenceSimulation: true,
    },
  });
  await opened.page.goto(`${url}/ceremony${hash}`);
  await opened.page.getByRole('button', { name: 'Make my passkey' }).click();
  await opened.page.getByRole('heading', { name: 'Your passkey is registered' }).or(opened.page.getByRole('heading', { name: 'What comes next' })).first().waitFor();
  return { ...opened, url };
}

async function signIn({ page, url }) {
  await page.goto(`${url}/sign-in`);
  await page.getByRole('button', { name: 'Use my passkey' }).click();
  await page.waitForURL((at) => at.pathname === '/security');
}

/** A further officer, whose passkey the first lets count; once there are two, `other` signs it as well. */
async function joined({ page, url, run }, name, other) {
  const people = run('person', 'list', '--output', 'jsonl').trim().split('\n').map((line) => JSON.parse(line));
  const { person } = people.find((one) => one.name === name);
  const second = await withAuthenticator(url, new URL(run('person', 'invite', person).trim()).hash);
  await page.goto(`${url}/account`);
  if (other) {
    await page.getByRole('button', { name: new RegExp(`^Look and sign: ${name}`) }).click();
    await page.getByRole('button', { name: 'Sign with my passkey' }).click();
    await page.getByText('Signed. Another officer must sign it too').waitFor();
    await other.page.goto(`${url}/security/proposals`);
    await other.page.getByRole('button', { name: new RegExp(`^Look and sign: Let a passkey of ${name}`) }).click();
    await other.page.getByRole('button', { name: 'Sign with my passkey' }).click();
    await other.page.getByText('Done. It counts from now on.').waitFor();
  } else {
    await page.getByRole('button', { name: new RegExp(`^Let it count: ${name}`) }).click();
    await page.getByText(`${name} can sign in`).waitFor();
  }
  await signIn(second);
  return second;
}

before(async () => { chrome = await openBrowser(); });
after(async () => { await chrome?.close(); await Promise.all(centres.map((close) => close())); });

const part = (page, name) => page.locator('details').filter({ has: page.getByRole('heading', { name }) });
const unfold = async (page, name) => {
  if (!await part(page, name).evaluate((one) => one.open)) await part(page, name).locator('summary').click();
};

/** How it looks in both widths, in another page of the same browser: axe's own session would end the authenticator's. */
async function judged({ context, url }, name, prepare = async () => {}, path = '/security/change') {
  for (const width of WIDTHS) {
    const look = await context.newPage();
    await look.setViewportSize({ width, height: 900 });
    await look.goto(`${url}${path}`);
    await prepare(look);
    assert.deepEqual(await axeFindings(look), [], name);
    assert.ok(await fitsWidth(look), `${name} fits ${width}`);
    await screenshot(look, `${name}-${width}`);
    await look.close();
  }
}

test('with a solver: limits and proved rules are signed, refuted ones are told by an example', async () => {
  const officer = await open(SOLVER);
  const { page, url } = officer;
  await page.getByRole('link', { name: 'Rules' }).click();
  await page.getByRole('link', { name: 'Change rules, limits or settings' }).click();
  await unfold(page, 'Limits');
  const limits = page.getByLabel('All limits');
  await limits.fill((await limits.inputValue()).replace('hour = 320', 'hour = 100'));
  await page.getByRole('button', { name: 'Look at this change' }).click();
  await page.getByText('Change person.hour from 320 to 100.').waitFor();
  await page.getByRole('button', { name: 'Sign with my passkey' }).click();
  await page.getByText('Done: Change person.hour from 320 to 100.').waitFor();
  assert.equal(await page.getByRole('link', { name: /receipt|proof/i }).count() > 0, true, 'its receipt is there');

  await limits.fill('[person]\nhour = many');
  await page.getByRole('button', { name: 'Look at this change' }).click();
  await page.getByText('These rules, limits or settings can’t be used').or(page.getByText("These rules, limits or settings can't be used")).waitFor();

  await unfold(page, 'Settings');
  const settings = page.getByLabel('All settings');
  await settings.fill((await settings.inputValue()).replace('remask_s = 20', 'remask_s = 10'));
  await page.getByRole('button', { name: 'Look at these settings' }).click();
  await page.getByText('Change a setting. Seconds until a value that is shown is masked again (remask_s): from 20 to 10.').waitFor();
  await page.getByText(/Not tried on the log/).waitFor();
  await page.getByRole('button', { name: 'Sign with my passkey' }).click();
  await page.getByText('Done: Change a setting.').waitFor();
  await judged(officer, 'change-settings', async (look) => { await unfold(look, 'Settings'); });

  await page.goto(`${url}/security/change`);
  await unfold(page, 'Rules');
  const roles = page.getByLabel('1-roles.cedar');
  await roles.fill((await roles.inputValue()).replaceAll('Role::"auditor"', 'Role::"it_operator"'));
  await page.getByRole('button', { name: 'Prove and look at this change' }).click();
  await page.getByText(/could see alarms/).waitFor();
  await judged(officer, 'change', async (look) => { await unfold(look, 'Limits'); });

  await page.reload();
  await unfold(page, 'Rules');
  await page.getByLabel(/own\.cedar/).fill(`@id("no-phone-today") @refusal("purpose-not-allowed") @says("No phone numbers today")
@why("We are moving.") @next("Come back tomorrow.") @cure("ask")
forbid (principal, action == Action::"reveal", resource == Field::"phone");`);
  await page.getByRole('button', { name: 'Prove and look at this change' }).click();
  await page.getByText('Add 1 rule: no-phone-today.').waitFor();
  await page.getByText('Proved: nothing that must never happen is permitted.').waitFor();
  await page.getByRole('button', { name: 'Sign with my passkey' }).click();
  await page.getByText('Done: Add 1 rule: no-phone-today.').waitFor();
  await page.goto(`${url}/security/rules`);
  await page.getByRole('heading', { name: 'No phone numbers today' }).waitFor();
  await officer.context.close();
});

test('two officers: what narrows counts with the second signature, what widens waits, and what was comes back', async () => {
  const first = await open('/nowhere/cvc5', 'Bo Second');
  const second = await joined(first, 'Bo Second');
  const { page, url } = first;
  const proposals = (look) => look.locator('body[data-proposals="shown"]').waitFor();
  await judged(first, 'proposals-none', proposals, '/security/proposals');

  await page.goto(`${url}/security/change`);
  await unfold(page, 'Rules');
  const allowances = page.getByLabel('4-allowances.cedar');
  await allowances.fill((await allowances.inputValue()).replace('context.left < 3', 'context.left < 4'));
  await page.getByRole('button', { name: 'Prove and look at this change' }).click();
  await page.getByText('Not proved: two officers must sign.').waitFor();
  await page.getByRole('button', { name: 'Try it on the last 30 days' }).click();
  await page.getByText(/Of 0 acts in the last 30 days it would have refused/).waitFor();
  await page.getByRole('button', { name: 'Sign with my passkey' }).click();
  await page.getByText('where another officer signs it too').waitFor();

  // The same officer can't sign it again; the other one finds it, looks at it and signs.
  await page.getByRole('link', { name: 'Proposals' }).first().click();
  await page.getByRole('button', { name: /^Look and sign/ }).click();
  await page.getByRole('button', { name: 'Sign with my passkey' }).click();
  await page.locator('#draft-problem [data-problem="not-approved"]').waitFor();
  await judged(first, 'proposals-one', proposals, '/security/proposals');
  await second.page.goto(`${url}/security/proposals`);
  await second.page.getByText('Signed by Ada First.').waitFor();
  await second.page.getByRole('button', { name: /^Look and sign/ }).focus();
  await second.page.keyboard.press('Enter');
  await second.page.getByRole('button', { name: 'Sign with my passkey' }).click();
  await second.page.getByText('Done. It counts from now on.').waitFor();
  await second.page.getByText('Nothing waits.').waitFor();

  // Back to what was is more than there is now: signed by both, it waits.
  await second.page.getByRole('button', { name: /^Go back: Rules until version/ }).click();
  await second.page.getByText('once signed it waits 24 hours, and the board is told').waitFor();
  await second.page.getByRole('button', { name: 'Sign with my passkey' }).click();
  await second.page.getByText('Signed. Another officer must sign it too.').waitFor();
  await page.goto(`${url}/security/proposals`);
  await page.getByRole('button', { name: /^Look and sign/ }).click();
  await page.getByRole('button', { name: 'Sign with my passkey' }).click();
  await page.getByText(/Signed\. It comes into force on/).waitFor();
  await page.getByText('Counts in 24 hours').waitFor();
  await judged(first, 'proposals-due', proposals, '/security/proposals');
  await page.goto(`${url}/security`);
  await page.locator('[data-alarm="access_widens"]').waitFor();
  await page.goto(`${url}/security/proposals`);
  await page.getByRole('button', { name: /^Withdraw/ }).click();
  await page.getByText('Withdrawn.').first().waitFor();
  await page.getByText('Nothing waits.').waitFor();
  assert.deepEqual([...first.complaints, ...second.complaints], []);
  await Promise.all([first.context.close(), second.context.close()]);
});

test('two officers see one value behind the glass, by keyboard too, and a third reviews it', async () => {
  const first = await open('/nowhere/cvc5', 'Bo Second', 'Cy Third');
  const record = join(first.folder, 'customer.json');
  writeFileSync(record, JSON.stringify({ name: 'Ana Example', phone: '+442079460001' }));
  const { customer } = JSON.parse(first.run('customer', 'add', '--file', record, '--output', 'json'));
  const second = await joined(first, 'Bo Second');
  const third = await joined(first, 'Cy Third', second);
  const { page, url } = first;
  const shown = (look) => look.locator('body[data-glass="shown"]').waitFor();
  await judged(first, 'glass-none', shown, '/security/glass');

  await page.goto(`${url}/security`);
  await page.getByRole('link', { name: 'Break-glass' }).click();
  await page.getByText('nothing waits for a review').waitFor();
  const ask = async (id) => {
    await page.getByLabel('Customer').fill(id);
    await page.getByLabel('What', { exact: true }).selectOption('phone');
    await page.getByLabel('Why').selectOption('life');
    await page.getByLabel(/What the other officer/).fill('A neighbour heard a fall.');
    await page.getByRole('button', { name: 'Ask another officer' }).click();
  };
  await ask(`cus_${'0'.repeat(32)}`);
  await page.locator('#result [data-problem="not-found"]').waitFor();
  await ask(customer);
  await page.getByText('Ring another officer now').first().waitFor();
  await page.getByText('Waits for another officer', { exact: true }).waitFor();
  assert.equal(await page.getByRole('button', { name: /^Agree/ }).count(), 0, 'nobody agrees with themselves');

  await second.page.goto(`${url}/security/glass`);
  await second.page.getByText('A neighbour heard a fall.').waitFor();
  await judged(second, 'glass-asked', shown, '/security/glass');
  await second.page.getByRole('button', { name: /^Agree with my passkey/ }).focus();
  await second.page.keyboard.press('Enter');
  await second.page.getByText('You agreed.').first().waitFor();

  await page.getByRole('button', { name: 'Look again' }).click();
  await page.getByRole('button', { name: /^Show it with my passkey/ }).click();
  await page.locator('[data-value]').getByText('+44 20 7946 0001').or(page.locator('[data-value]').getByText('+442079460001')).waitFor();
  await page.locator('[data-value]').waitFor({ state: 'detached' });
  await page.getByText('Waits for a review', { exact: true }).waitFor();
  await page.goto(`${url}/security`);
  await page.locator('[data-alarm="glass_broken"]').waitFor();

  await third.page.goto(`${url}/security/glass`);
  await judged(third, 'glass-broken', shown, '/security/glass');
  // Five days on, as the list says it then: red, until somebody has reviewed it.
  await third.context.route('**/v1/glass', async (route) => {
    const answer = await route.fetch();
    const list = await answer.json();
    const due = new Date(Date.now() - 3_600_000).toISOString();
    await route.fulfill({ response: answer, json: { ...list, items: list.items.map((one) => (one.state === 'broken' ? { ...one, overdue: true, review_due: due } : one)) } });
  });
  await third.page.reload();
  const red = third.page.locator('.pill.danger').getByText('Review overdue');
  await red.waitFor();
  await judged(third, 'glass-overdue', (look) => look.locator('.pill.danger').waitFor(), '/security/glass');
  await third.context.unroute('**/v1/glass');
  await third.page.getByRole('button', { name: /^It was justified/ }).click();
  await third.page.getByText('Reviewed: justified.').first().waitFor();
  await third.page.getByText('Justified', { exact: true }).waitFor();
  assert.deepEqual([...first.complaints, ...second.complaints, ...third.complaints], []);
  await Promise.all([first, second, third].map(({ context }) => context.close()));
});

test('who is guarded is listed, and that a mark goes two of security ask', async () => {
  const first = await open('/nowhere/cvc5', 'Bo Second');
  const record = join(first.folder, 'customer.json');
  writeFileSync(record, JSON.stringify({ name: 'Ana Example', phone: '+442079460001' }));
  const { customer } = JSON.parse(first.run('customer', 'add', '--file', record, '--output', 'json'));
  const second = await joined(first, 'Bo Second');
  const { page, url } = first;
  const loaded = (look) => look.locator('#loading').waitFor({ state: 'hidden' });
  await judged(first, 'guard-none', loaded, '/security/guard');
  await page.goto(`${url}/security/guard`);
  await page.getByText('Nobody is guarded.').waitFor();
  await page.getByRole('textbox', { name: 'Customer' }).fill(customer);
  await page.getByRole('combobox', { name: 'Why' }).selectOption('well_known');
  await page.getByRole('button', { name: 'Guard', exact: true }).click();
  await page.getByText('Guarded: a second person must agree to each value').waitFor();
  await page.locator(`[data-customer="${customer}"]`).waitFor();
  await page.getByRole('button', { name: `Guard no longer: ${customer}` }).click();
  await page.getByText('A second one of security must ask for the same').waitFor();
  await page.locator(`[data-customer="${customer}"]`).waitFor();
  await judged(first, 'guard-listed', (look) => look.locator('[data-customer]').waitFor(), '/security/guard');
  await second.page.goto(`${url}/security/guard`);
  await second.page.getByRole('button', { name: `Guard no longer: ${customer}` }).click();
  await second.page.getByText('Guarded no longer').first().waitFor();
  await second.page.getByText('Nobody is guarded.').waitFor();
  assert.deepEqual([...first.complaints, ...second.complaints], []);
  await Promise.all([first.context.close(), second.context.close()]);
});
