// Casework in a real browser: a conversation is followed up at the desk, the case shows nothing alone, and who leads closes it.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { DEADLINE, WIDTHS, duringInteraction, looksRight, openBrowser, openPage, signIn } from './lib.mjs';

let chrome;
before(async () => { chrome = await openBrowser(); });
after(async () => { await chrome?.close(); });

/** Follows up a call in which the customer is matched or proven; gives the case's id. */
async function followedUp({ page }) {
  for (const end = Date.now() + 3 * DEADLINE; ;) {
    let found = null;
    await duringInteraction(page, 'record', async () => {
      if (!(await page.locator('#follow-up').isVisible())) return;
      const known = await page.locator('[data-case]').count();
      await page.getByLabel('Something left to do afterwards?').selectOption('returned_mail');
      await page.getByRole('button', { name: 'Open a case' }).press('Enter');
      await page.getByText(/A case is open until/).waitFor();
      await page.waitForFunction((count) => document.querySelectorAll('[data-case]').length > count, known);
      found = await page.locator('[data-case]').first().getAttribute('data-case');
    });
    if (found) return found;
    assert.ok(Date.now() < end, 'no call that could be followed up');
  }
}

// At both widths in one go: a call has one case, and who closed it waits for the next call.
test('a case says that nobody is on the line, asks for a second person, and is closed at the desk', async () => {
  const desk = await openPage(chrome.browser, WIDTHS[0]);
  const { page } = desk;
  await signIn(page, 'agent', '/desk');
  const id = await followedUp(desk);
  await page.locator(`[data-case="${id}"]`).press('Enter');
  await page.locator('#call-state', { hasText: 'Not on the line' }).waitFor();
  await page.getByText('Each value needs a second person', { exact: false }).first().waitFor();
  const name = page.locator('#fields > li[data-field="name"]');
  await name.waitFor();
  assert.equal(await page.getByRole('button', { name: /^Verify/ }).count(), 0, 'nobody answers');
  assert.ok(await page.locator('#send-code').isHidden() && await page.locator('#follow-up').isHidden());
  await name.getByRole('button', { name: /^Reveal/ }).click();
  await name.getByText('A second person must agree first.').waitFor();
  for (const width of WIDTHS) {
    await page.setViewportSize({ width, height: 860 });
    await looksRight(desk, 'desk-case', width);
  }
  await page.keyboard.press('Escape');
  await page.getByRole('button', { name: 'Close this case' }).press('Enter');
  await page.locator(`[data-case="${id}"]`).waitFor({ state: 'detached' });
  // Nothing of it stays on screen: the desk goes on with the call that is there, if there is one.
  await page.locator('#call-state', { hasText: 'Not on the line' }).waitFor({ state: 'detached' });
  await desk.context.close();
});

test('who leads sees the cases of their team, opens one by an id, and closes it', async () => {
  for (const width of WIDTHS) {
    const team = await openPage(chrome.browser, width);
    const { page } = team;
    await signIn(page, 'team_leader', '/desk');
    await page.getByRole('link', { name: /^Team/ }).click();
    await page.locator('body[data-cases="shown"][data-team="shown"]').waitFor();
    await page.getByLabel('The customer’s id').fill(`cus_${'0'.repeat(32)}`);
    await page.getByRole('button', { name: 'Open a case for a day' }).press('Enter');
    await page.locator('#case-result [data-problem="not-found"]').waitFor();
    await looksRight(team, 'team-cases', width);
    await team.context.close();
  }
});
