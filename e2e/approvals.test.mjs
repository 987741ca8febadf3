// A second person in a real browser: asked for at the desk, answered on a page of their own, shown once.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { DEADLINE, WIDTHS, duringInteraction, looksRight, openBrowser, openPage, signIn } from './lib.mjs';

let chrome;
before(async () => { chrome = await openBrowser(); });
after(async () => { await chrome?.close(); });

const account = '#fields > li[data-field="bank_account"]';

/** Somebody on the page on which second people answer. */
async function secondPerson(role, width = 1280) {
  const opened = await openPage(chrome.browser, width);
  await signIn(opened.page, role, role === 'team_leader' ? '/desk' : '/security');
  await opened.page.getByRole('link', { name: 'Approvals' }).click();
  await opened.page.waitForURL('**/approvals');
  await opened.page.locator('body[data-approvals="shown"]').waitFor();
  return opened;
}

/** At the desk, in a call that is surely enough the customer's, asks for a second person; runs `then` while it waits. */
async function askedAtTheDesk(desk, then) {
  for (const end = Date.now() + 3 * DEADLINE; ;) {
    let asked = false;
    await duringInteraction(desk.page, 'record', async () => {
      const row = desk.page.locator(account).first();
      if (await desk.page.locator(account).count() === 0) return;
      await row.getByRole('button', { name: /^Reveal/ }).click();
      await row.getByText('A second person must agree first.').waitFor();
      await row.getByRole('button', { name: 'Payment or refund' }).click();
      await row.locator('[data-second], [data-problem]').first().waitFor();
      // A caller whom only the agent knows is asked to prove it first.
      if (await row.locator('[data-problem]').count()) return;
      await then(row);
      asked = true;
    });
    if (asked) return;
    assert.ok(Date.now() < end, 'no call in which a second person could be asked');
  }
}

test('a second person sees what for and never the value, says yes with the keyboard, and the agent sees it once', async () => {
  for (const width of WIDTHS) {
    const officer = await secondPerson('security_officer', width);
    const desk = await openPage(chrome.browser, width);
    await signIn(desk.page, 'agent', '/desk');
    await askedAtTheDesk(desk, async (row) => {
      await row.locator('[data-second="asked"]').waitFor();
      await looksRight(desk, 'desk-second-waiting', width);
      const question = officer.page.locator('#open > li', { hasText: 'Ana Diaz wants to see: Bank account' });
      await question.waitFor();
      assert.match(await question.textContent(), /Payment or refund.*Orders.*talking now/s);
      await looksRight(officer, 'approvals-open', width);
      await question.getByRole('button', { name: /^Yes, show it/ }).press('Enter');
      await officer.page.locator('#past > li', { hasText: 'You said yes' }).first().waitFor();
      const show = row.getByRole('button', { name: /^Show Bank account/ });
      await show.waitFor();
      await looksRight(desk, 'desk-second-given', width);
      await show.press('Enter');
      await row.locator('[data-revealed]').waitFor();
      assert.match(await row.locator('[data-revealed]').textContent(), /^[A-Z]{2}\d{2}/);
      await desk.page.keyboard.press('Escape');
      assert.equal(await row.locator('[data-revealed]').count(), 0);
    });
    await looksRight(officer, 'approvals-past', width);
    assert.deepEqual(desk.complaints, []);
    await Promise.all([officer.context.close(), desk.context.close()]);
  }
});

test('a no is said to the agent, with what to do', async () => {
  const officer = await secondPerson('security_officer');
  const desk = await openPage(chrome.browser);
  await signIn(desk.page, 'agent', '/desk');
  await askedAtTheDesk(desk, async (row) => {
    const question = officer.page.locator('#open > li', { hasText: 'Ana Diaz wants to see: Bank account' });
    await question.getByRole('button', { name: /^No\b/ }).click();
    await row.getByText('The second person said no').waitFor();
    assert.equal(await row.getByRole('button', { name: 'Ask again' }).count(), 0);
    await looksRight(desk, 'desk-second-no', 1280);
  });
  await officer.page.getByLabel('No and unanswered').check();
  await officer.page.locator('#past > li', { hasText: 'You said no' }).first().waitFor();
  await officer.page.getByLabel('Yes', { exact: true }).check();
  assert.equal(await officer.page.locator('#past > li', { hasText: 'You said no' }).count(), 0);
  await Promise.all([officer.context.close(), desk.context.close()]);
});

test('an answer that doesn\'t get through can be given again, and nothing waits is said', async () => {
  const leader = await secondPerson('team_leader');
  const waits = leader.page.getByText('Nothing waits for you.');
  const question = leader.page.locator('#open > li').first();
  await waits.or(question).first().waitFor();
  if (await waits.isVisible()) await looksRight(leader, 'approvals-empty', 1280);
  await leader.context.route('**/v1/approvals', (route) => route.abort());
  await leader.page.locator('[data-problem="unreachable"]').waitFor();
  await leader.context.unroute('**/v1/approvals');
  await leader.page.locator('[data-problem="unreachable"]').waitFor({ state: 'detached' });
  await leader.context.close();
});

test('who can be nobody\'s second person is refused the page', async () => {
  const agent = await openPage(chrome.browser);
  await signIn(agent.page, 'agent', '/desk');
  assert.equal(await agent.page.getByRole('link', { name: 'Approvals' }).count(), 0);
  const answer = await agent.page.goto(new URL('/approvals', agent.page.url()).href);
  assert.equal(answer.status(), 403);
  await agent.context.close();
});

test('who looks elsewhere is told on the desktop, whichever page is open, and nothing of what it is about', async () => {
  for (const [role, path] of [['team_leader', '/desk'], ['team_leader', '/team'], ['security_officer', '/security']]) {
    const opened = await openPage(chrome.browser);
    await signIn(opened.page, role, role === 'team_leader' ? '/desk' : '/security');
    await opened.context.addInitScript(() => {
      globalThis.told = [];
      globalThis.Notification = class extends EventTarget {
        static permission = 'granted';

        constructor(title, { body, tag }) {
          super();
          globalThis.told.push([title, body, tag]);
        }
      };
      Object.defineProperty(document, 'visibilityState', { get: () => 'hidden' });
    });
    let waiting = [];
    await opened.context.route('**/v1/approvals', (route) => route.fulfill({ json: { to_answer: waiting, asked: [] } }));
    await opened.page.goto(new URL(path, opened.page.url()).href);
    const count = opened.page.locator('[data-approvals-count]');
    await count.waitFor({ state: 'attached' });
    const told = () => opened.page.evaluate(() => globalThis.told);
    assert.deepEqual(await told(), []);
    waiting = [{ state: 'asked', label: 'Bank account', asker: 'Ana Diaz' }];
    await opened.page.waitForFunction(() => globalThis.told.length > 0);
    await count.getByText('1').waitFor();
    assert.deepEqual(await told(), [['Ringfence', 'Somebody asks for a second person.', 'approval']], path);
    await opened.context.close();
  }
});
