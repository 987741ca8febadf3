// What anybody is told of the defences, in a real browser against a running server, without signing in.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { WIDTHS, axeFindings, fitsWidth, openBrowser, openPage, screenshot, startUrl } from './lib.mjs';

let browser;
let close;
before(async () => ({ browser, close } = await openBrowser()));
after(() => close());

test('anybody reads how the defences stand, by day, by night and on paper', async () => {
  for (const width of WIDTHS) {
    const { page, context, complaints } = await openPage(browser, width);
    const answer = await page.goto(new URL('/trust', startUrl()).href);
    assert.equal(answer.status(), 200);
    assert.match(answer.headers()['cache-control'], /max-age=10/);
    const claims = page.locator('section[aria-labelledby="claims-title"] li');
    assert.equal(await claims.count(), 8);
    for (const said of await claims.locator('.pill').allTextContents()) {
      assert.match(said, /Holds|Being mended|Not shown now|Not in place/);
    }
    // Nobody has tried the drills in this centre: that is red by itself.
    assert.match(await page.locator('.notice').last().textContent(), /Not every claim holds now/);
    assert.ok(await fitsWidth(page));
    for (const colorScheme of ['light', 'dark']) {
      await page.emulateMedia({ colorScheme });
      assert.deepEqual(await axeFindings(page), []);
      await screenshot(page, `trust-${colorScheme}-${width}`);
    }
    await page.emulateMedia({ media: 'print' });
    assert.ok(await claims.first().isVisible() && await page.locator('h1').isVisible());
    await page.emulateMedia({ media: 'screen' });
    await page.getByRole('link', { name: 'What is kept of you' }).click();
    await page.waitForURL(/\/notice\//);
    assert.deepEqual(complaints, []);
    await context.close();
  }
});

test('programs are told the same, and no name', async () => {
  const told = await (await fetch(new URL('/v1/trust', startUrl()))).json();
  assert.equal(told.claims.length, 8);
  const pierced = told.claims.find((claim) => claim.id === 'attacked');
  assert.ok(['holds', 'stale', 'mending'].includes(pierced.state));
  assert.doesNotMatch(JSON.stringify(told), /per_|cus_|reveal-/);
  assert.equal((await fetch(new URL('/trust/nobody', startUrl()))).status, 404);
});
