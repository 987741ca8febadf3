// Rules and limits, changed by an officer with a passkey, in a real browser with a virtual authenticator, against centres of the
// test's own: one that has a solver, and one that has none.
//
// RINGFENCE_BIN names the program; target/release/ringfence of this repository otherwise. CVC5 names the solver; that of ./test
// otherwise.

import assert from 'node:assert/strict';
import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
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

/** A centre with one officer, and the officer's browser, signed in with a passkey. */
async function open(solver) {
  const folder = mkdtempSync(join(tmpdir(), 'ringfence-e2e-'));
  const data = join(folder, 'data');
  const made = JSON.parse(execFileSync(BIN, ['init', data, '--key-file', join(folder, 'keys', 'root.key'), '--officer', 'Ada First', '--output', 'json'], { encoding: 'utf8' }));
  const serving = spawn(BIN, ['serve', '--port', '0', '--output', 'json'], { env: { ...process.env, RINGFENCE_DATA: data, CVC5: solver } });
  const line = await new Promise((resolve) => { createInterface(serving.stdout).once('line', resolve); });
  centres.push(async () => { const ended = once(serving, 'exit'); serving.kill('SIGTERM'); await ended; rmSync(folder, { recursive: true, force: true }); });
  const url = JSON.parse(line).url.replace('127.0.0.1', 'localhost');
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
  await page.goto(`${url}/ceremony${new URL(made.ceremony).hash}`);
  await page.getByRole('button', { name: 'Make my passkey' }).click();
  await page.getByRole('heading', { name: 'What comes next' }).waitFor();
  await page.goto(`${url}/sign-in`);
  await page.getByRole('button', { name: 'Use my passkey' }).click();
  await page.waitForURL((at) => at.pathname === '/security');
  return { ...opened, url };
}

before(async () => { chrome = await openBrowser(); });
after(async () => { await chrome?.close(); await Promise.all(centres.map((close) => close())); });

const part = (page, name) => page.locator('details').filter({ has: page.getByRole('heading', { name }) });
const unfold = async (page, name) => {
  if (!await part(page, name).evaluate((one) => one.open)) await part(page, name).locator('summary').click();
};

/** How it looks in both widths, in another page of the same browser: axe's own session would end the authenticator's. */
async function judged({ context, url }, name, prepare = async () => {}) {
  for (const width of WIDTHS) {
    const look = await context.newPage();
    await look.setViewportSize({ width, height: 900 });
    await look.goto(`${url}/security/change`);
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
  await page.getByRole('link', { name: 'Change rules or limits' }).click();
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
  await page.getByText('These rules or limits can’t be used').or(page.getByText("These rules or limits can't be used")).waitFor();

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

test('without one: the first signature is for another officer to go on from', async () => {
  const officer = await open('/nowhere/cvc5');
  const { page, url } = officer;
  await page.goto(`${url}/security/change`);
  await unfold(page, 'Rules');
  const allowances = page.getByLabel('4-allowances.cedar');
  await allowances.fill((await allowances.inputValue()).replace('context.left < 3', 'context.left < 4'));
  await page.getByRole('button', { name: 'Prove and look at this change' }).click();
  await page.getByText('Not proved: two officers must sign.').waitFor();
  await page.getByRole('button', { name: 'Sign with my passkey' }).click();
  await page.getByRole('heading', { name: 'Another officer must sign too' }).waitFor();
  const given = await page.getByLabel('The draft, with your signature').inputValue();
  assert.deepEqual(Object.keys(JSON.parse(given)).sort(), ['change', 'draft']);
  // The same officer reads it, and can't sign it again.
  await unfold(page, 'A draft that another officer gave me');
  await page.getByLabel('The draft', { exact: true }).fill('not a draft');
  await page.getByRole('button', { name: 'Look at it' }).click();
  await page.getByText('That isn’t a draft').waitFor();
  await page.getByLabel('The draft', { exact: true }).fill(given);
  await page.getByRole('button', { name: 'Look at it' }).click();
  await page.getByRole('button', { name: 'Sign with my passkey' }).click();
  await page.locator('#draft-problem [data-problem="not-approved"]').waitFor();
  await officer.context.close();
});
