// The rules in words, and whether somebody could do something right now, in a real browser against a running server.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { WIDTHS, axeFindings, fitsWidth, openBrowser, openPage, screenshot, signIn } from './lib.mjs';

let chrome;
before(async () => { chrome = await openBrowser(); });
after(async () => { await chrome?.close(); });

test('security reads the rules in words, and each one as it is written', async () => {
  for (const width of WIDTHS) {
    const { page, context, complaints } = await openPage(chrome.browser, width);
    await signIn(page, 'security_officer', '/security');
    await page.getByRole('navigation', { name: 'Security' }).getByRole('link', { name: 'Rules' }).click();
    await page.getByRole('heading', { name: 'Who may do what' }).waitFor();
    const rules = page.locator('.rules > li');
    assert.ok(await rules.count() > 20);
    const hold = page.locator('#nothing-shown-on-hold');
    assert.match(await hold.textContent(), /Forbids/);
    await hold.locator('summary').click();
    assert.match(await hold.locator('pre').textContent(), /^forbid/);
    assert.deepEqual(await axeFindings(page), []);
    assert.ok(await fitsWidth(page), `fits ${width}`);
    await screenshot(page, `rules-${width}`);
    assert.deepEqual(complaints, []);
    await context.close();
  }
});

test('security asks whether somebody could, and is told why not and which rule says so', async () => {
  for (const width of WIDTHS) {
    const { page, context, complaints } = await openPage(chrome.browser, width);
    await signIn(page, 'security_officer', '/security');
    await page.goto(new URL('/security/decisions', page.url()).href);
    await page.getByLabel('Could', { exact: true }).selectOption({ label: 'Tomasz Zielinski' });
    await page.getByLabel('do this').selectOption('view');
    await page.getByRole('button', { name: 'Ask the rules' }).click();
    const answer = page.locator('[data-decision]');
    await answer.waitFor();
    assert.equal(await answer.getAttribute('data-decision'), 'no');
    assert.match(await answer.textContent(), /Your role doesn/);
    assert.deepEqual(await axeFindings(page), []);
    assert.ok(await fitsWidth(page), `fits ${width}`);
    await screenshot(page, `decision-${width}`);
    await answer.getByRole('link').click();
    await page.locator('.rules > li:target').waitFor();
    assert.deepEqual(complaints, []);
    await context.close();
  }
});

test('a question that lacks something says what, and keeps what was chosen', async () => {
  const { page, context } = await openPage(chrome.browser, 1280);
  await signIn(page, 'security_officer', '/security');
  await page.goto(new URL('/security/decisions', page.url()).href);
  await page.getByLabel('Could', { exact: true }).selectOption({ label: 'Ana Diaz' });
  await page.getByLabel('do this').selectOption('reveal');
  await page.getByRole('button', { name: 'Ask the rules' }).click();
  await page.locator('[data-problem]').waitFor();
  assert.match(await page.locator('[data-problem]').textContent(), /a field and a purpose/);
  assert.equal(await page.getByLabel('do this').inputValue(), 'reveal');
  await context.close();
});

test('an agent is led elsewhere', async () => {
  const { page, context } = await openPage(chrome.browser, 1280);
  await signIn(page, 'agent', '/desk');
  const answer = await page.goto(new URL('/security/decisions', page.url()).href);
  assert.equal(answer.status(), 403);
  await context.close();
});
