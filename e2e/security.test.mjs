// The security officer's page in a real browser against a running server.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import {
  WIDTHS, axeFindings, duringInteraction, fitsWidth, openBrowser, openPage, screenshot, signIn,
} from './lib.mjs';

let chrome;
before(async () => { chrome = await openBrowser(); });
after(async () => { await chrome?.close(); });

async function watching(width) {
  const opened = await openPage(chrome.browser, width);
  await signIn(opened.page, 'security_officer', '/security');
  await opened.page.locator('body[data-stream="live"]').waitFor();
  await opened.page.locator('#n-allowed').filter({ hasText: /^\d+$/ }).waitFor();
  return opened;
}

/** Makes the agent look at a customer: the answer's receipt names the entry to wait for. */
async function oneLook(width = 1280) {
  const agent = await openPage(chrome.browser, width);
  await signIn(agent.page, 'agent', '/desk');
  const receipt = await duringInteraction(agent.page, 'record', async () => {
    const link = agent.page.locator('#acts a.receipt').first();
    await link.waitFor();
    return new URL(await link.getAttribute('href'), agent.page.url()).pathname.split('/').pop();
  });
  return { agent, receipt };
}

test('an agent’s look appears live, with its receipt', async () => {
  const { page, context, complaints } = await watching(1280);
  const { agent, receipt } = await oneLook();
  const row = page.locator(`#rows [data-entry="${receipt}"]`);
  await row.waitFor();
  assert.equal(await row.getAttribute('data-kind'), 'view');
  assert.match(await row.textContent(), /Allowed|Refused/, 'the decision is a word, not only a colour');
  const answered = await page.request.get(new URL(await row.locator('a.receipt').getAttribute('href'), page.url()).href);
  assert.ok([200, 202].includes(answered.status()), `receipt answered ${answered.status()}`);
  assert.deepEqual(complaints, []);
  await agent.context.close();
  await context.close();
});

test('the page is accessible and fits at both widths', async () => {
  for (const width of WIDTHS) {
    const { page, context, complaints } = await watching(width);
    await page.locator('#rows tr').first().waitFor();
    await page.locator('#log-state.ok').waitFor();
    assert.ok(Number((await page.locator('#log-size').textContent()).replaceAll(',', '')) > 0, 'the log has entries');
    assert.match(await page.locator('#n-allowed').textContent(), /^\d+$/);
    assert.deepEqual(await axeFindings(page), []);
    assert.ok(await fitsWidth(page), `fits ${width}`);
    await screenshot(page, `security-${width}`);
    assert.deepEqual(complaints, []);
    await context.close();
  }
});

test('the filters show refusals only, and one kind only', async () => {
  const { page, context } = await watching(1280);
  await page.locator('#rows tr').first().waitFor();
  await page.getByRole('radio', { name: 'Refused only' }).check();
  const decisions = () => page.locator('#rows tr').evaluateAll((rows) => [...new Set(rows.map((row) => row.dataset.decision))]);
  assert.ok((await decisions()).every((decision) => decision === 'refused'));
  await page.getByRole('radio', { name: 'All' }).check();
  const kind = await page.locator('#kind option:not([value=""])').first().getAttribute('value');
  await page.getByLabel('Kind').selectOption(kind);
  const kinds = await page.locator('#rows tr').evaluateAll((rows) => [...new Set(rows.map((row) => row.dataset.kind))]);
  assert.deepEqual(kinds, [kind]);
  await context.close();
});

test('while paused nothing moves; what came meanwhile is there on resume', async () => {
  const { page, context } = await watching(1280);
  await page.locator('#pause').click();
  const { agent, receipt } = await oneLook();
  await page.locator('#pause').filter({ hasText: /[1-9]\d* waiting/ }).waitFor();
  assert.equal(await page.locator(`#rows [data-entry="${receipt}"]`).count(), 0);
  assert.deepEqual(await axeFindings(page), []);
  await page.locator('#pause').click();
  await page.locator(`#rows [data-entry="${receipt}"]`).waitFor();
  await agent.context.close();
  await context.close();
});

test('a report from a desk reaches security', async () => {
  const agent = await openPage(chrome.browser);
  await signIn(agent.page, 'agent', '/desk');
  const text = `A stranger asked me for a list of customers (${Date.now()}).`;
  await agent.page.locator('#report-open').click();
  await agent.page.locator('#report-text').fill(text);
  await agent.page.locator('#report-send').click();
  await agent.page.locator('#report-result').getByText('Sent to security').waitFor();
  await agent.context.close();
  const { page, context } = await watching(390);
  await page.locator('#reports').getByText(text).waitFor();
  await screenshot(page, 'security-report-390');
  await context.close();
});

test('an agent does not get the security page', async () => {
  const { page, context } = await openPage(chrome.browser);
  await signIn(page, 'agent', '/desk');
  const answered = await page.goto(new URL('/security', page.url()).href);
  assert.equal(answered.status(), 403);
  await page.getByText('What to do next').waitFor();
  assert.deepEqual(await axeFindings(page), []);
  await context.close();
});
