// The customer's own page in a real browser, without scripts: signing in with a code from the mailbox, reading, a sealed copy,
// correcting, leaving. What is corrected last shuts the customer out for three days, so that comes last.

import assert from 'node:assert/strict';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { pathToFileURL } from 'node:url';
import { compactDecrypt } from 'jose';
import { WIDTHS, looksRight, openBrowser, openPage, startUrl } from './lib.mjs';

/** An invented customer to whom staff have looked already, as the demo prints it. */
const ADDRESS = JSON.parse(process.env.RINGFENCE_DEMO_JSON).customer;
const LOG = process.env.RINGFENCE_DEMO_LOG;

let chrome;
before(async () => { chrome = await openBrowser(); });
after(async () => { await chrome?.close(); });

const codes = async () => [...(await readFile(LOG, 'utf8')).matchAll(/Mail to (\S+): your code is (\d{10})/g)];

/** The code that comes after so many others. */
async function codeAfter(count) {
  for (const deadline = Date.now() + 20_000; Date.now() < deadline;) {
    const all = await codes();
    if (all.length > count) {
      assert.equal(all.at(-1)[1], ADDRESS);
      return all.at(-1)[2];
    }
    await new Promise((resolve) => { setTimeout(resolve, 50); });
  }
  throw new Error('no code came');
}

test('a customer signs in by keyboard with a code, reads in two languages, and leaves', async () => {
  assert.ok(LOG, 'Set RINGFENCE_DEMO_LOG to the file with the demo\'s standard error.');
  for (const width of WIDTHS) {
    const { page, context, complaints } = await openPage(chrome.browser, width);
    await page.goto(new URL('/me', startUrl()).href);
    await page.waitForURL('**/me/acme/en');
    await looksRight({ page }, 'me-sign-in', width);
    const before = (await codes()).length;
    await page.getByLabel('E-mail address that you gave us').fill(ADDRESS);
    await page.keyboard.press('Enter');
    await page.waitForURL('**/code');
    await looksRight({ page }, 'me-code', width);
    await page.getByLabel('Code of ten digits').fill(await codeAfter(before));
    await page.keyboard.press('Enter');
    await page.getByRole('heading', { name: 'What we hold of you' }).waitFor();
    await page.getByText('Why we hold it').first().click();
    assert.match(await page.locator('main').textContent(), /To call you back\./);
    await page.getByRole('button', { name: 'I was not in touch' }).first().waitFor();
    await looksRight({ page }, 'me-page', width);
    await page.getByRole('link', { name: 'Deutsch' }).click();
    await page.getByRole('heading', { name: 'Wer es angesehen hat und wozu' }).waitFor();
    assert.equal(await page.locator('html').getAttribute('lang'), 'de');
    await looksRight({ page }, 'me-page-de', width);
    const given = page.waitForEvent('download');
    await page.getByRole('button', { name: 'Für Programme (JSON)' }).click();
    const copy = JSON.parse(await readFile(await (await given).path(), 'utf8'));
    assert.ok(copy.values.some((one) => one.field === 'email' && one.value === ADDRESS));
    await page.getByRole('button', { name: 'Abmelden' }).click();
    await page.getByLabel('E-Mail-Adresse, die Sie uns gegeben haben').waitFor();
    assert.deepEqual(complaints, []);
    await context.close();
  }
});

/** Signed in by keyboard, in English. */
async function signedIn(page) {
  await page.goto(new URL('/me/acme/en', startUrl()).href);
  const before = (await codes()).length;
  await page.getByLabel('E-mail address that you gave us').fill(ADDRESS);
  await page.keyboard.press('Enter');
  await page.waitForURL('**/code');
  await page.getByLabel('Code of ten digits').fill(await codeAfter(before));
  await page.keyboard.press('Enter');
  await page.getByRole('heading', { name: 'What we hold of you' }).waitFor();
}

/** Looks at the page in each width. */
async function looksRightInAll(page, name) {
  for (const width of WIDTHS) {
    await page.setViewportSize({ width, height: 860 });
    await looksRight({ page }, `me-${name}`, width);
  }
}

/** Follows what the button leads to by keyboard, and gives the file. */
async function fetched(page, button, folder) {
  const given = page.waitForEvent('download');
  await page.getByRole('button', { name: button }).press('Enter');
  const file = await given;
  const path = join(folder, file.suggestedFilename());
  await file.saveAs(path);
  return path;
}

test('a sealed copy opens in a browser by its passphrase, or by other software, and not without', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'ringfence-copy-'));
  const { page, context, complaints } = await openPage(chrome.browser, WIDTHS[0]);
  await signedIn(page);
  await page.getByRole('button', { name: 'Sealed, to read' }).press('Enter');
  await page.getByRole('heading', { name: 'A sealed copy' }).waitFor();
  await looksRightInAll(page, 'sealed');
  const passphrase = await page.locator('.secret').textContent();
  const path = await fetched(page, 'Get the sealed copy', folder);
  assert.ok(!(await readFile(path, 'utf8')).includes(ADDRESS));

  const copy = await openPage(chrome.browser, WIDTHS[0]);
  await copy.page.goto(pathToFileURL(path).href);
  await looksRightInAll(copy.page, 'sealed-file');
  await copy.page.getByLabel('Passphrase').fill('0000-0000-0000-0000-0000-0000');
  await copy.page.keyboard.press('Enter');
  await copy.page.getByRole('alert').filter({ hasText: 'does not open it' }).waitFor();
  await looksRightInAll(copy.page, 'sealed-file-wrong');
  // As people copy it off a slip of paper.
  await copy.page.getByLabel('Passphrase').fill(passphrase.toUpperCase().replaceAll('-', ' '));
  await copy.page.keyboard.press('Enter');
  await copy.page.getByText(ADDRESS).waitFor();
  await looksRightInAll(copy.page, 'sealed-file-open');
  assert.deepEqual(copy.complaints, []);
  assert.deepEqual(copy.requests.filter((address) => !address.startsWith('file:')), [], 'nothing leaves the page');
  await copy.context.close();

  await page.getByRole('link', { name: 'Back to your data' }).press('Enter');
  await page.getByRole('button', { name: 'Sealed, for programs' }).press('Enter');
  const other = await page.locator('.secret').textContent();
  assert.notEqual(other, passphrase);
  const jwe = await readFile(await fetched(page, 'Get the sealed copy', folder), 'utf8');
  const how = {
    keyManagementAlgorithms: ['PBES2-HS512+A256KW'], contentEncryptionAlgorithms: ['A256GCM'], maxPBES2Count: 300_000,
  };
  const { plaintext } = await compactDecrypt(jwe, new TextEncoder().encode(other), how);
  const values = JSON.parse(new TextDecoder().decode(plaintext)).values;
  assert.ok(values.some((one) => one.field === 'email' && one.value === ADDRESS));
  await assert.rejects(compactDecrypt(jwe, new TextEncoder().encode(passphrase), how));
  assert.deepEqual(complaints, []);
  await context.close();
  await rm(folder, { recursive: true });
});

test('who has no e-mail address finds the way in, and a wrong code says so', async () => {
  const { page, context, complaints } = await openPage(chrome.browser, WIDTHS[0]);
  await page.goto(new URL('/me/acme/en', startUrl()).href);
  await page.getByRole('link', { name: 'You have a code by text message?' }).press('Enter');
  await page.getByRole('heading', { name: 'Sign in with a code by telephone' }).waitFor();
  await looksRightInAll(page, 'claim');
  await page.getByLabel('Code of twelve digits').fill('123456789012');
  await page.getByLabel('What you know of yourself').selectOption('date_of_birth');
  await page.getByLabel('Your answer').fill('1970-01-01');
  await page.keyboard.press('Enter');
  await page.getByText('That does not count').waitFor();
  await looksRightInAll(page, 'claim-wrong');
  assert.deepEqual(complaints, []);
  await context.close();
});

/** Opens the form of a kind by keyboard, enters a value, and sends it. */
async function correct(page, title, value) {
  const one = page.locator('.things > li').filter({ has: page.locator(`b:text-is("${title}")`) });
  const form = one.locator('details:has(form)').first();
  if (!(await form.evaluate((details) => details.open))) await form.locator('summary').press('Enter');
  const field = form.getByLabel('As it is right');
  await field.fill(value);
  await field.press('Enter');
}

const back = (page) => page.getByRole('link', { name: 'Back to your data' }).press('Enter');

test('a customer corrects by keyboard what is wrong, and is told before and after what that means', async () => {
  const { page, context, complaints } = await openPage(chrome.browser, WIDTHS[0]);
  await signedIn(page);
  for (const summary of await page.locator('summary', { hasText: 'Correct' }).all()) await summary.press('Enter');
  await page.getByText('Once you leave, you cannot sign in here until then.').waitFor();
  await looksRightInAll(page, 'correct-forms');
  await correct(page, 'Your phone number', 'no number');
  await page.getByText('With the country').waitFor();
  await looksRightInAll(page, 'correct-unreadable');
  await back(page);
  await correct(page, 'Your e-mail address', ADDRESS);
  await page.getByText('That is what we have already.').waitFor();
  await looksRightInAll(page, 'correct-same');
  await back(page);
  await correct(page, 'Your name', 'Ana Corrected');
  await page.getByRole('heading', { name: 'It is corrected' }).waitFor();
  await looksRightInAll(page, 'correct-name');
  await back(page);
  await correct(page, 'Your postal address', '12 Corrected Road, Leeds, LS1 4AB, GB');
  await page.getByRole('heading', { name: 'It is corrected' }).waitFor();
  await back(page);
  await correct(page, 'Your e-mail address', 'corrected@example.org');
  await page.getByText('For three days no code goes there').waitFor();
  await looksRightInAll(page, 'correct-email');
  await back(page);
  await page.getByText('so nothing else can be corrected here for now').waitFor();
  await page.getByText('New. Nobody is known as you by it before').first().waitFor();
  assert.equal(await page.locator('summary', { hasText: 'Correct' }).count(), 0, 'nothing is offered that would be refused');
  await looksRightInAll(page, 'correct-waiting');

  const mails = (await readFile(LOG, 'utf8')).match(/is being changed; not you\? (\S+)/g);
  assert.equal(mails.length, 3);
  const reader = await openPage(chrome.browser, WIDTHS[0]);
  await reader.page.goto(mails.at(-1).split('? ')[1]);
  await reader.page.getByRole('button', { name: 'It was not me' }).waitFor();
  await looksRightInAll(reader.page, 'objection');
  await reader.page.goto(`${new URL('/me/acme/en/objection/', startUrl()).href}00`);
  await reader.page.getByRole('button', { name: 'It was not me' }).press('Enter');
  await reader.page.getByText('This link does not count').waitFor();
  await looksRightInAll(reader.page, 'objection-over');
  await reader.context.close();
  assert.deepEqual(complaints, []);
  await context.close();
});
