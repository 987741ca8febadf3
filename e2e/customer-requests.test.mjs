// Customers' requests by right in a real browser: filed, shown to be the customer's by a code from the mailbox, answered by two.

import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { after, before, test } from 'node:test';
import { DEADLINE, WIDTHS, looksRight, openBrowser, openPage, signIn } from './lib.mjs';

const ADDRESS = JSON.parse(process.env.RINGFENCE_DEMO_JSON).customer;
const LOG = process.env.RINGFENCE_DEMO_LOG;
const PAGE = '/security/requests';

let chrome;
before(async () => { chrome = await openBrowser(); });
after(async () => { await chrome?.close(); });

/** The code of a request, from the customer's mailbox. */
async function codeOf(request) {
  const told = new RegExp(`Mail to (\\S+): the code of your request ${request} is (\\d{8})`);
  for (const end = Date.now() + DEADLINE; Date.now() < end;) {
    const found = told.exec(await readFile(LOG, 'utf8'));
    if (found) {
      assert.equal(found[1], ADDRESS);
      return found[2];
    }
    await new Promise((resolve) => { setTimeout(resolve, 50); });
  }
  throw new Error('no code came');
}

async function file(page, term) {
  await page.getByText('File a request').click();
  await page.getByLabel('For what').selectOption('access');
  await page.getByLabel('How it came').selectOption('letter');
  await page.getByLabel('As they wrote it').fill(term);
  await page.getByRole('button', { name: 'File', exact: true }).click();
  await page.getByText(/^Filed: answer it by/).waitFor();
  return page.locator('#file-result .mono').textContent();
}

test('a request is filed, shown to be the customer\'s, and answered by two', async () => {
  for (const width of WIDTHS) {
    const [protection, officer] = [await openPage(chrome.browser, width), await openPage(chrome.browser, width)];
    const { page } = protection;
    await signIn(page, 'data_protection_officer', PAGE);
    await page.locator('#loading').waitFor({ state: 'hidden' });
    await looksRight(protection, 'requests-before', width);
    const request = await file(page, ADDRESS);
    const item = page.locator(`#${request}`);
    await looksRight(protection, 'requests-filed', width);
    await item.getByRole('button', { name: 'Send a code' }).click();
    await item.getByText('A code is on its way').waitFor();
    const code = await codeOf(request);
    const enter = async (digits) => {
      await item.getByLabel('The code that they tell you', { exact: true }).fill(digits);
      await page.keyboard.press('Enter');
    };
    await enter(String((Number(code) + 1) % 100_000_000).padStart(8, '0'));
    await item.getByText('That isn’t right').waitFor();
    await looksRight(protection, 'requests-wrong', width);
    await enter(code);
    await item.getByText('The request is the customer’s own').waitFor();
    await item.getByRole('button', { name: 'Ask that it be answered' }).click();
    await item.getByText('A second person must say the same').waitFor();
    await looksRight(protection, 'requests-waits', width);

    await signIn(officer.page, 'security_officer', '/security');
    await officer.page.goto(new URL(PAGE, page.url()).href);
    const theirs = officer.page.locator(`#${request}`);
    await looksRight(officer, 'requests-officer', width);
    await theirs.getByRole('button', { name: 'Agree: answer it' }).click();
    await theirs.getByText('Answered', { exact: true }).first().waitFor();
    await page.getByRole('button', { name: 'Load again' }).click();
    await item.getByText(/^\d+ values, \d+ of them as masks/).waitFor();
    assert.ok(!(await page.content()).includes(ADDRESS));
    await looksRight(protection, 'requests-answered', width);

    // Of somebody who isn't known nothing is done but a refusal.
    await page.reload();
    const unknown = page.locator(`#${await file(page, 'nobody@example.net')}`);
    await unknown.getByText('No customer was found').waitFor();
    await unknown.getByText('More time, refuse, taken back').click();
    await unknown.getByLabel('Refuse, as', { exact: true }).selectOption('nothing_held');
    await unknown.getByRole('button', { name: 'Refuse', exact: true }).click();
    await unknown.getByText('Refused', { exact: true }).waitFor();
    await looksRight(protection, 'requests-refused', width);
    await Promise.all([protection.context.close(), officer.context.close()]);
  }
});
