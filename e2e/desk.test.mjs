// The agent's desk in a real browser against a running server.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import {
  DEADLINE, WIDTHS, ask, axeFindings, duringInteraction, fitsWidth, openBrowser, openPage, screenshot,
  signIn, startUrl,
} from './lib.mjs';

let chrome;
before(async () => { chrome = await openBrowser(); });
after(async () => { await chrome?.close(); });

const record = '#fields > li[data-field]';
const shownValue = '[data-revealed]';

async function onDesk(width) {
  const opened = await openPage(chrome.browser, width);
  await signIn(opened.page, 'agent', '/desk');
  return opened;
}

/** Fields of the record that have this button, as "field:instance". */
async function fieldsThatCan(page, act) {
  await page.locator(record).first().waitFor();
  return page.locator(record).evaluateAll((rows, wanted) => rows
    .filter((row) => row.querySelector(`[data-act="${wanted}"]`))
    .map((row) => `[data-field="${row.dataset.field}"][data-instance="${row.dataset.instance}"]`), act);
}

/** Reveals the first field that is not refused; answers its row and the value. */
async function revealSomething(page) {
  for (const field of await fieldsThatCan(page, 'reveal')) {
    const row = page.locator(`#fields > ${`li${field}`}`);
    await row.locator('[data-act="reveal"]').click();
    await row.locator('[data-purpose]').first().click();
    const outcome = row.locator(`${shownValue}, [data-problem]`).first();
    await outcome.waitFor();
    if (await row.locator(shownValue).count()) return { row, value: await row.locator(shownValue).textContent() };
    await page.keyboard.press('Escape');
  }
  throw new Error('No field of this record could be revealed.');
}

test('the desk waits for an interaction, then shows a masked record', async () => {
  for (const width of WIDTHS) {
    const { page, context, complaints } = await onDesk(width);
    await duringInteraction(page, 'record', async () => {
      await page.locator(record).first().waitFor();
      for (const mask of await page.locator('#fields .mask > [aria-hidden]').allTextContents()) {
        assert.match(mask, /•/, 'every value is masked');
      }
      for (const said of await page.locator('#fields .mask > .sr-only').allTextContents()) {
        assert.match(said, /^\S.*, masked/, 'a screen reader hears the field and that it is masked');
      }
      assert.equal(await page.locator(shownValue).count(), 0);
      assert.equal(await page.locator('[data-field="card"] [data-act="reveal"]').count(), 0, 'a card has no Reveal');
      assert.match(await page.locator('#budgets').textContent(), /\d+ of \d+/, 'the budget is shown before any refusal');
      assert.deepEqual(await axeFindings(page), []);
      assert.ok(await fitsWidth(page), `fits ${width}`);
      await screenshot(page, `desk-record-${width}`);
    });
    assert.deepEqual(complaints, []);
    await context.close();
  }
});

test('a wrong answer does not match and costs an attempt; used-up attempts are refused with a next step', async () => {
  const { page, context, complaints } = await onDesk(1280);
  await duringInteraction(page, 'record', async () => {
    const [field] = await fieldsThatCan(page, 'verify');
    const row = page.locator(`#fields > li${field}`);
    const problem = row.locator('[data-problem]');
    await row.locator('[data-act="verify"]').click();
    let before = Infinity;
    for (let tries = 0; tries < 20 && await problem.count() === 0; tries += 1) {
      const answered = page.waitForResponse((response) => response.url().endsWith('/verifications'));
      await row.locator('.verify input').fill(`surely wrong ${tries}`);
      await row.locator('.verify button').click();
      if (!(await answered).ok()) {
        await problem.waitFor();
        break;
      }
      await row.locator('.result.no').filter({ hasText: 'No match.' }).waitFor();
      const left = (await (await answered).json()).attempts_left;
      assert.ok(left < before, 'each try costs an attempt');
      await row.locator('.result').filter({ hasText: `${left} attempt` }).waitFor();
      assert.equal(await row.locator('.verify input').inputValue(), '', 'what was said does not stay on screen');
      before = left;
    }
    await problem.waitFor();
    assert.match(await problem.textContent(), /What to do next \S+/);
    assert.ok((await problem.locator('strong').textContent()).length > 5, 'the refusal has a title');
    assert.ok((await problem.locator('p').first().textContent()).length > 10, 'the refusal says why');
    assert.deepEqual(await axeFindings(page), []);
    await screenshot(page, 'desk-refused');
  });
  assert.deepEqual(complaints, []);
  await context.close();
});

test('a revealed value counts down, is masked again, and is nowhere else', async () => {
  const { page, context, complaints, requests } = await onDesk(1280);
  await duringInteraction(page, 'record', async () => {
    const { row, value } = await revealSomething(page);
    assert.ok(value.length > 0);
    const first = Number.parseInt(await row.locator('.seconds').textContent(), 10);
    assert.ok(first > 0);
    assert.deepEqual(await axeFindings(page), []);
    await screenshot(page, 'desk-revealed');
    await page.waitForFunction(([selector, from]) => {
      const now = document.querySelector(selector);
      return now && Number.parseInt(now.textContent, 10) < from;
    }, ['.seconds', first]);
    const elsewhere = await page.evaluate((secret) => ({
      address: location.href.includes(encodeURIComponent(secret)),
      title: document.title.includes(secret),
      attributes: [...document.querySelectorAll('*')].some((one) => [...one.attributes].some((a) => a.value.includes(secret))),
      stored: JSON.stringify([{ ...localStorage }, { ...sessionStorage }]).includes(secret),
    }), value);
    assert.deepEqual(elsewhere, { address: false, title: false, attributes: false, stored: false });
    assert.equal(requests.some((url) => url.includes(encodeURIComponent(value))), false, 'no address carries it');
    await page.locator(shownValue).waitFor({ state: 'detached', timeout: DEADLINE });
    assert.equal((await page.locator('body').textContent()).includes(value), false, 'it is gone from the page');
    assert.match(await row.locator('.mask').textContent(), /masked/);
  });
  assert.deepEqual(complaints, []);
  await context.close();
});

// A living centre hangs up when it likes; these tests choose the moment by changing what the browser
// hears of it. The server answers everything else.
const WAYS_OUT = {
  'hang-up': (page) => page.context().route('**/v1/interactions?*', (route) => route.fulfill({ json: { items: [], next: null } })),
  'a lost connection': (page) => page.context().route('**/v1/**', (route) => route.abort()),
  'hiding the page': (page) => page.evaluate(() => {
    Object.defineProperty(document, 'visibilityState', { value: 'hidden' });
    document.dispatchEvent(new Event('visibilitychange'));
  }),
};

for (const [name, leave] of Object.entries(WAYS_OUT)) {
  test(`${name} masks what was revealed`, async () => {
    const { page, context } = await onDesk(1280);
    await duringInteraction(page, 'record', async () => {
      const { value } = await revealSomething(page);
      const until = Date.now() + 1000 * Number.parseInt(await page.locator('.seconds').textContent(), 10);
      await leave(page);
      await page.locator(shownValue).waitFor({ state: 'detached' });
      assert.ok(Date.now() < until, 'before its time was out');
      assert.equal((await page.locator('body').textContent()).includes(value), false);
      assert.deepEqual(await axeFindings(page), []);
      await screenshot(page, `desk-after-${name.replaceAll(' ', '-')}`);
    });
    await context.close();
  });
}

test('Escape masks at once', async () => {
  const { page, context } = await onDesk(390);
  await duringInteraction(page, 'record', async () => {
    const { row, value } = await revealSomething(page);
    await screenshot(page, 'desk-revealed-390');
    await page.keyboard.press('Escape');
    assert.equal(await page.locator(shownValue).count(), 0);
    assert.equal((await row.textContent()).includes(value), false);
  });
  await context.close();
});

test('something can be reported at any time, by keyboard alone', async () => {
  for (const width of WIDTHS) {
    const { page, context, complaints } = await onDesk(width);
    await page.locator('#report-open').focus();
    await page.keyboard.press('Enter');
    await page.locator('#report').waitFor();
    assert.deepEqual(await axeFindings(page), []);
    await page.keyboard.type('Someone offered me money for addresses.');
    await page.locator('#report-send').press('Enter');
    await page.locator('#report-result').getByText('Sent to security').waitFor();
    await screenshot(page, `desk-report-${width}`);
    await page.keyboard.press('Escape');
    await page.locator('#report').waitFor({ state: 'hidden' });
    assert.equal(await page.evaluate(() => document.activeElement.id), 'report-open', 'the focus returns');
    assert.deepEqual(complaints, []);
    await context.close();
  }
});

test('signing out of the desk ends the session at once', async () => {
  for (const width of WIDTHS) {
    const { page, context, complaints } = await onDesk(width);
    assert.ok(await fitsWidth(page), `fits ${width}`);
    const name = await page.locator('.who').evaluate(({ scrollWidth, clientWidth }) => ({ scrollWidth, clientWidth }));
    assert.ok(name.scrollWidth <= name.clientWidth, `whose desk it is can be read at ${width}`);
    await page.getByRole('button', { name: 'Report something' }).waitFor();
    await page.getByRole('button', { name: 'Sign out' }).click();
    await page.waitForURL((url) => url.pathname === '/');
    const answered = await page.goto(new URL('/desk', page.url()).href);
    assert.equal(new URL(answered.url()).pathname, '/', 'the desk is closed');
    assert.equal((await ask(page, '/v1/me')).status, 401);
    assert.deepEqual(complaints, []);
    await context.close();
  }
});

test('the first page offers one sign-in for each person', async () => {
  for (const width of WIDTHS) {
    const { page, context, complaints } = await openPage(chrome.browser, width);
    await page.goto(startUrl());
    const people = await page.locator('.people > li').count();
    assert.ok(people > 1, 'several people');
    assert.equal(await page.locator('.people form button').count(), people);
    await page.locator('.banner').waitFor();
    assert.deepEqual(await axeFindings(page), []);
    assert.ok(await fitsWidth(page));
    await screenshot(page, `first-page-${width}`);
    assert.deepEqual(complaints, []);
    await context.close();
  }
});

test('the sign-in page explains a token that nobody holds', async () => {
  const { page, context } = await openPage(chrome.browser, 390);
  await page.goto(new URL('/sign-in', startUrl()).href);
  assert.deepEqual(await axeFindings(page), []);
  await page.getByLabel('Access token').fill('rft_nobody_holds_this');
  await page.getByRole('button', { name: 'Sign in' }).click();
  await page.getByRole('alert').waitFor();
  assert.equal(page.url().includes('rft_'), false, 'a token never gets into an address');
  assert.equal((await page.content()).includes('nobody_holds'), false, 'the token is not echoed');
  assert.deepEqual(await axeFindings(page), []);
  await context.close();
});

test('a team leader sees what the team has left, in words and not by colour alone', async () => {
  for (const width of WIDTHS) {
    const { page, context, complaints } = await openPage(chrome.browser, width);
    await signIn(page, 'team_leader', '/desk');
    await page.getByRole('link', { name: /^Team/ }).click();
    await page.locator('body[data-team="shown"]').waitFor();
    assert.match(await page.locator('#shared').textContent(), /[\d,]+ of [\d,]+ points/);
    const rows = page.locator('#members tr');
    assert.ok(await rows.count() > 0, 'the leader is in the team too');
    assert.match(await rows.first().textContent(), /\d+ of \d+/);
    for (const low of await page.locator('#members td.low').allTextContents()) assert.match(low, /low|spent/);
    assert.deepEqual(await axeFindings(page), []);
    assert.ok(await fitsWidth(page), `fits ${width}`);
    await screenshot(page, `team-${width}`);
    await context.route('**/v1/team/budgets', (route) => route.abort());
    await page.getByRole('button', { name: 'Load again' }).click();
    await page.locator('body[data-team="refused"]').waitFor();
    await page.locator('#team-result [data-problem="unreachable"]').waitFor();
    assert.deepEqual(await axeFindings(page), []);
    await context.unroute('**/v1/team/budgets');
    await context.route('**/v1/team/budgets', async (route) => {
      const answer = await route.fetch();
      await route.fulfill({ json: { ...await answer.json(), members: [] } });
    });
    await page.getByRole('button', { name: 'Load again' }).click();
    await page.locator('#nobody').waitFor();
    assert.equal(await page.locator('#team-result [data-problem]').count(), 0);
    assert.deepEqual(complaints, []);
    await context.close();
  }
  const { page, context } = await openPage(chrome.browser);
  await signIn(page, 'agent', '/desk');
  assert.equal(await page.getByRole('link', { name: /^Team/ }).count(), 0);
  assert.equal((await page.goto(new URL('/team', startUrl()).href)).status(), 403);
  await context.close();
});
