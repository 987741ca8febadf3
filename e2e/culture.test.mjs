// Drills for people and micro-lessons, in a real browser: planned by security, met at a desk, shown of groups only.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { DEADLINE, WIDTHS, ask, duringInteraction, looksRight, openBrowser, openPage, signIn } from './lib.mjs';

let chrome;
before(async () => { chrome = await openBrowser(); });
after(async () => { await chrome?.close(); });

async function onCulture(width) {
  const opened = await openPage(chrome.browser, width);
  await signIn(opened.page, 'security_officer', '/security');
  await opened.page.getByRole('navigation', { name: 'Security' }).getByRole('link', { name: 'Culture' }).click();
  await opened.page.waitForURL('**/security/culture');
  return opened;
}

/** A time as the form has it. */
const local = (at) => new Date(at - new Date(at).getTimezoneOffset() * 60000).toISOString().slice(0, 16);

test('the meter shows groups of eight or more of a drill that is over, and what runs to security alone', async () => {
  for (const width of WIDTHS) {
    const officer = await onCulture(width);
    const { page } = officer;
    assert.match(await page.locator('#running').textContent(), /An offer of money[\s\S]*12 people drawn/);
    const table = page.locator('table').first();
    assert.match(await table.textContent(), /All[\s\S]*Deliveries, Orders, Payments/);
    for (const row of await table.locator('tbody tr').all()) {
      assert.ok(Number(await row.locator('td').first().textContent()) >= 8, 'nobody is shown in a small group');
    }
    assert.match(await page.locator('.lead').textContent(), /not what they would do if it were real/);
    await looksRight(officer, 'culture', width);
    await officer.context.close();
  }
  const leader = await openPage(chrome.browser);
  await signIn(leader.page, 'team_leader', '/desk');
  await leader.page.goto(new URL('/security/culture', leader.page.url()).href);
  assert.equal(await leader.page.locator('#running-title').count(), 0, 'a leader doesn’t see one coming');
  assert.equal(await leader.page.locator('#plan').count(), 0);
  await looksRight(leader, 'culture-leader', 1280);
  await leader.context.close();
  const it = await openPage(chrome.browser);
  await signIn(it.page, 'it_operator', '/account');
  assert.equal((await ask(it.page, '/v1/culture')).status, 403);
  await it.context.close();
});

test('a drill is planned on the page, comes to a desk without a customer, and is thanked for when it is reported', async () => {
  const officer = await onCulture(1280);
  const { page } = officer;
  await page.locator('#plan-part summary').click();
  await page.locator('#kind').selectOption('colleague');
  await page.locator('#from').fill(local(Date.now() - 3600000));
  await page.locator('#until').fill(local(Date.now() + 120000));
  await page.locator('#share').fill('1');
  await page.getByRole('button', { name: 'Plan it' }).press('Enter');
  assert.match(await page.getByRole('alert').textContent(), /must try eight people or more[\s\S]*not to test one person/);
  await page.locator('#share').fill('100');
  await page.getByRole('button', { name: 'Plan it' }).press('Enter');
  await page.locator('#drill-result [role="status"]').waitFor();
  assert.match(await page.locator('#drill-result').textContent(), /12 people were drawn/);
  await looksRight(officer, 'culture-planned', 1280);
  // The leader serves as well, and no customer calls them.
  const leader = await openPage(chrome.browser, 390);
  await signIn(leader.page, 'team_leader', '/desk');
  const message = leader.page.locator('#message');
  // Somebody is at this desk: nothing comes to an empty chair.
  for (const end = Date.now() + 3 * DEADLINE; !await message.isVisible();) {
    assert.ok(Date.now() < end, 'it comes');
    await leader.page.mouse.move(Math.random() * 300, 300);
    await leader.page.locator('[data-answer="report"]').waitFor({ timeout: 5000 }).catch(() => {});
  }
  assert.match(await message.textContent(), /Request from a colleague[\s\S]*My screen is frozen/);
  await looksRight(leader, 'desk-message', 390);
  await leader.page.locator('[data-answer="report"]').press('Enter');
  await message.getByText('That was a drill').waitFor();
  assert.match(await message.textContent(), /Thank you: you reported it[\s\S]*A favour for a colleague/);
  await looksRight(leader, 'desk-debrief', 390);
  await message.getByRole('button', { name: 'Close' }).press('Enter');
  assert.ok(await message.isHidden());
  await leader.context.close();
  await page.getByRole('link', { name: 'Load again' }).first().click();
  await page.locator('#running li', { hasText: 'A colleague who asks a favour' }).getByRole('button', { name: /^Call off/ }).press('Enter');
  await page.getByText('Called off').waitFor();
  await officer.context.close();
});

test('a lesson comes at the moment of risk, holds nothing up and doesn’t come again', async () => {
  const opened = await openPage(chrome.browser);
  const { page } = opened;
  await signIn(page, 'agent', '/desk');
  const kept = () => page.locator('#lessons').evaluate((lessons) => lessons.content.querySelector('[data-lesson="notes"]') !== null);
  assert.ok(await kept(), 'nobody has written a note before');
  const lesson = page.locator('#lesson [data-shown="notes"]');
  await duringInteraction(page, 'record', async () => {
    await page.locator('#note-text').focus();
    await lesson.waitFor({ timeout: 1000 });
  });
  assert.match(await lesson.textContent(), /What a note is for/);
  assert.ok(await page.locator('#note-text').isEditable(), 'the work goes on beside it');
  await looksRight(opened, 'desk-lesson', 1280);
  await lesson.getByRole('button', { name: 'Got it' }).press('Enter');
  assert.equal(await lesson.count(), 0);
  await page.reload();
  await duringInteraction(page, 'record', () => page.locator('#note-text').focus());
  assert.ok(!await kept(), 'not again');
  assert.equal(await lesson.count(), 0, 'not again');
  await opened.context.close();
});
