// The data plan as a timeline, and the notice that customers read, in a real browser against a running server.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import {
  WIDTHS, axeFindings, fitsWidth, openBrowser, openPage, screenshot, signIn, startUrl,
} from './lib.mjs';

let chrome;
before(async () => { chrome = await openBrowser(); });
after(async () => { await chrome?.close(); });

test('everybody who is signed in sees the plan: five years, and milestones in their years', async () => {
  for (const [role, home] of [['security_officer', '/security'], ['agent', '/desk']]) {
    for (const width of WIDTHS) {
      const { page, context, complaints } = await openPage(chrome.browser, width);
      await signIn(page, role, home);
      await page.goto(new URL('/plan', page.url()).href);
      const timeline = page.getByRole('table', { name: 'The timeline' });
      assert.equal(await timeline.getByRole('columnheader').count() >= 6, true);
      assert.ok(await timeline.getByRole('rowheader', { name: 'Date of birth' }).count());
      assert.match(await timeline.getByRole('row', { name: /^Milestones/ }).textContent(), /2028-12-31/);
      assert.match(await timeline.getByRole('row', { name: /^Voice/ }).textContent(), /from 2029-01-01/);
      assert.deepEqual(await axeFindings(page), []);
      assert.ok(await fitsWidth(page), `fits ${width}`);
      await screenshot(page, `plan-${role}-${width}`);
      assert.deepEqual(complaints, []);
      await context.close();
    }
  }
});

test('anybody reads the notice, in both languages, without signing in', async () => {
  for (const width of WIDTHS) {
    const { page, context, complaints } = await openPage(chrome.browser, width);
    await page.goto(new URL('/notice', startUrl()).href);
    await page.waitForURL('**/en');
    assert.match(await page.locator('main').textContent(), /To call you back\./);
    assert.deepEqual(await axeFindings(page), []);
    assert.ok(await fitsWidth(page), `fits ${width}`);
    await screenshot(page, `notice-en-${width}`);
    await page.getByRole('link', { name: 'Deutsch' }).click();
    await page.waitForURL('**/de');
    assert.equal(await page.locator('html').getAttribute('lang'), 'de');
    assert.match(await page.locator('main').textContent(), /Um Sie zurückzurufen\./);
    assert.deepEqual(await axeFindings(page), []);
    await screenshot(page, `notice-de-${width}`);
    assert.deepEqual(complaints, []);
    await context.close();
  }
});
