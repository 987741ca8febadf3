// The customer's own page in a real browser, without scripts: signing in with a code from the mailbox, reading, leaving.

import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { after, before, test } from 'node:test';
import { WIDTHS, axeFindings, fitsWidth, openBrowser, openPage, screenshot, startUrl } from './lib.mjs';

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

async function looksRight(page, name, width) {
  assert.deepEqual(await axeFindings(page), [], name);
  assert.ok(await fitsWidth(page), `${name} fits ${width}`);
  await screenshot(page, `me-${name}-${width}`);
}

test('a customer signs in by keyboard with a code, reads in two languages, and leaves', async () => {
  assert.ok(LOG, 'Set RINGFENCE_DEMO_LOG to the file with the demo\'s standard error.');
  for (const width of WIDTHS) {
    const { page, context, complaints } = await openPage(chrome.browser, width);
    await page.goto(new URL('/me', startUrl()).href);
    await page.waitForURL('**/me/acme/en');
    await looksRight(page, 'sign-in', width);
    const before = (await codes()).length;
    await page.getByLabel('E-mail address that you gave us').fill(ADDRESS);
    await page.keyboard.press('Enter');
    await page.waitForURL('**/code');
    await looksRight(page, 'code', width);
    await page.getByLabel('Code of ten digits').fill(await codeAfter(before));
    await page.keyboard.press('Enter');
    await page.getByRole('heading', { name: 'What we hold of you' }).waitFor();
    await page.getByText('Why we hold it').first().click();
    assert.match(await page.locator('main').textContent(), /To call you back\./);
    await page.getByRole('button', { name: 'I was not in touch' }).first().waitFor();
    await looksRight(page, 'page', width);
    await page.getByRole('link', { name: 'Deutsch' }).click();
    await page.getByRole('heading', { name: 'Wer es angesehen hat und wozu' }).waitFor();
    assert.equal(await page.locator('html').getAttribute('lang'), 'de');
    await looksRight(page, 'page-de', width);
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
