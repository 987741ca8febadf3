// Speaking up in a real browser: without a name and without a script; with a name on every page; and who handles it.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { WIDTHS, axeFindings, looksRight, openBrowser, openPage, signIn, startUrl } from './lib.mjs';

let chrome;
before(async () => { chrome = await openBrowser(); });
after(async () => { await chrome?.close(); });

test('who speaks up without a name gets a code, and follows with it', async () => {
  for (const width of WIDTHS) {
    const opened = await openPage(chrome.browser, width);
    const { page, context } = opened;
    await page.goto(new URL('/sign-in', startUrl()).href);
    await page.getByRole('link', { name: 'Speak up, without your name' }).click();
    await page.waitForURL('**/speak-up/**');
    await looksRight(opened, 'speak-up', width);
    assert.equal(await page.locator('script').count(), 0);
    const text = `They ask me to read addresses out (${Date.now()}).`;
    await page.getByLabel('What happened?').fill(text);
    await page.getByRole('button', { name: 'Send' }).click();
    const code = await page.locator('#code').textContent();
    assert.match(code, /^[0-9A-Z]{5}(-[0-9A-Z]{5}){3}$/);
    await looksRight(opened, 'speak-up-receipt', width);
    assert.deepEqual(await context.cookies(), []);
    await page.getByRole('link', { name: 'Follow a report' }).click();
    await page.getByLabel('Code of twenty letters and digits').fill(code.toLowerCase());
    await page.getByRole('button', { name: 'Look' }).click();
    await page.getByText(text).waitFor();
    await page.getByLabel('Say more').fill('On Mondays.');
    await page.getByRole('button', { name: 'Send' }).click();
    await page.getByText('On Mondays.').waitFor();
    await looksRight(opened, 'speak-up-follow', width);
    await context.close();
  }
});

test('a code that is none says so, and keeps the page usable', async () => {
  const opened = await openPage(chrome.browser);
  const { page, context } = opened;
  await page.goto(new URL('/speak-up', startUrl()).href);
  await page.getByRole('link', { name: 'I have a code' }).click();
  await page.getByLabel('Code of twenty letters and digits').fill('nothing');
  await page.getByRole('button', { name: 'Look' }).click();
  await page.getByRole('alert').waitFor();
  assert.deepEqual(await axeFindings(page), []);
  await context.close();
});

test('every page of staff has the button, and what is reported is answered and read', async () => {
  const text = `A stranger asked for a list (${Date.now()}).`;
  const officer = await openPage(chrome.browser);
  await signIn(officer.page, 'security_officer', '/security');
  for (const path of ['/security', '/security/people', '/security/reports', '/account']) {
    await officer.page.goto(new URL(path, officer.page.url()).href);
    await officer.page.locator('#report-open').waitFor();
  }
  const agent = await openPage(chrome.browser, 390);
  await signIn(agent.page, 'agent', '/desk');
  await agent.page.goto(new URL('/account', agent.page.url()).href);
  await agent.page.locator('#report-open').click();
  await agent.page.locator('#report-text').fill(text);
  await agent.page.locator('#report-send').click();
  await agent.page.locator('#report-result').getByText('Sent to security').waitFor();

  for (const width of WIDTHS) {
    const opened = await openPage(chrome.browser, width);
    await signIn(opened.page, 'security_officer', '/security');
    await opened.page.goto(new URL('/security/reports', opened.page.url()).href);
    await opened.page.locator('#reports').getByText(text).waitFor();
    await looksRight(opened, 'security-reports', width);
    await opened.context.close();
  }
  await officer.page.goto(new URL('/security/reports', officer.page.url()).href);
  const row = officer.page.locator('#reports > li').filter({ hasText: text });
  await row.getByText('Answer or close').click();
  await row.getByRole('button', { name: 'Say that it was read' }).click();
  await row.getByText('Answer by').waitFor();
  await agent.page.reload();
  await agent.page.locator('#own-reports').getByText('It was read.').waitFor();
  assert.deepEqual(await axeFindings(agent.page), []);
  // What closes a report for good takes a choice, and a second click.
  await row.getByText('Answer or close').click();
  const close = row.getByRole('button', { name: 'Close the report' });
  await close.click();
  const found = row.getByLabel('What came of it');
  assert.ok(await found.evaluate((select) => select === document.activeElement), 'nothing was found yet');
  await found.selectOption({ label: 'there was a good reason' });
  await close.click();
  await row.getByRole('button', { name: 'Close it for good' }).click();
  await row.getByText('Closed: there was a good reason').waitFor();
  await agent.page.reload();
  await agent.page.locator('#own-reports').getByText('There was a good reason.').first().waitFor();
  await agent.context.close();
  await officer.context.close();
});

test('those outside security have their own list', async () => {
  const opened = await openPage(chrome.browser);
  await signIn(opened.page, 'data_protection_officer', '/security/requests');
  await opened.page.getByRole('link', { name: 'Reports' }).click();
  await opened.page.waitForURL('**/security/reports');
  assert.match(await opened.page.locator('.lead').textContent(), /also about security/);
  await looksRight(opened, 'security-reports-outside', 1280);
  await opened.context.close();
});
