// What is reported to the board: its page at both widths and in print, and what it and security write to one another, in a real browser.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { WIDTHS, looksRight, openBrowser, openPage, screenshot, signIn } from './lib.mjs';

let chrome;
before(async () => { chrome = await openBrowser(); });
after(async () => { await chrome?.close(); });

async function board(width) {
  const opened = await openPage(chrome.browser, width);
  await signIn(opened.page, 'board_member', '/board');
  await opened.page.locator('body[data-board="ready"]').waitFor();
  return opened;
}

test('the board sees the first report, its measures and its sealed file, also on paper', async () => {
  for (const width of WIDTHS) {
    const opened = await board(width);
    const { page } = opened;
    await page.getByRole('heading', { name: /^Report \d+$/ }).waitFor();
    const measures = page.locator('.measures > li');
    assert.equal(await measures.count(), 7);
    assert.match(await page.locator('.measures').textContent(), /not measured:/);
    assert.equal(await page.locator('[data-late], [data-missing]').count(), 0);
    const file = page.getByRole('link', { name: 'Sealed file of number 1, with its proof' });
    const [download] = await Promise.all([page.waitForEvent('download'), file.click()]);
    assert.equal(download.suggestedFilename(), 'board-1.txt');
    await looksRight(opened, 'board', width);
    await page.emulateMedia({ media: 'print' });
    assert.ok(!await page.locator('#write').isVisible(), 'forms are for the screen');
    await screenshot(page, `board-print-${width}`);
    await opened.context.close();
  }
});

test('the board writes to security, which answers, and both read it', async () => {
  const [member, officer] = [await board(1280), await openPage(chrome.browser, 390)];
  const question = `Who may still change the rules? ${Date.now()}`;
  await member.page.getByRole('textbox', { name: 'Write to security' }).fill(question);
  await member.page.getByRole('button', { name: 'Send' }).press('Enter');
  await member.page.getByText('Sent.', { exact: false }).first().waitFor();
  await signIn(officer.page, 'security_officer', '/security');
  await officer.page.getByRole('navigation', { name: 'Security' }).getByRole('link', { name: 'Board' }).click();
  await officer.page.waitForURL('**/security/board');
  await officer.page.getByText(question).waitFor();
  await officer.page.getByRole('textbox', { name: 'Answer the board' }).fill('Two officers together, and nobody alone.');
  await officer.page.getByRole('button', { name: 'Send' }).click();
  await officer.page.getByText('Sent.', { exact: false }).first().waitFor();
  await looksRight(officer, 'board-answered', 390);
  await member.page.reload();
  await member.page.getByText('Two officers together, and nobody alone.').first().waitFor();
  await Promise.all([member.context.close(), officer.context.close()]);
});

test('a key that is none is refused with what to do', async () => {
  const { page, context } = await board(1280);
  await page.getByLabel('Public key').fill('rfboard1:AAAA');
  await page.getByRole('button', { name: 'Register with my passkey' }).click();
  await page.locator('#registered').getByText(/ringfence board key/).waitFor();
  await context.close();
});
