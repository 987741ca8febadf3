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
  await row.locator('a.receipt').click();
  await page.getByRole('heading', { name: 'Proof of one entry' }).waitFor();
  await page.getByText(receipt).first().waitFor();
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

test('the form narrows the live list at once; reads of the log are hidden until asked for', async () => {
  const { page, context } = await watching(1280);
  await page.locator('#rows tr').first().waitFor();
  const all = (name) => page.locator('#rows tr').evaluateAll((rows, key) => [...new Set(rows.map((row) => row.dataset[key]))], name);
  assert.ok(!(await all('kind')).includes('stream_opened'));
  await page.getByLabel('Show reads of the log').check();
  await page.locator('#rows [data-kind="stream_opened"]').first().waitFor();
  await page.getByLabel('Decision').selectOption('refused');
  assert.ok((await all('decision')).every((decision) => decision === 'refused'));
  await page.getByLabel('Decision').selectOption('');
  await page.getByLabel('Kind').selectOption('view');
  assert.deepEqual(await all('kind'), ['view']);
  await context.close();
});

test('the log is asked by a form that needs no script, and each line leads to its proof', async () => {
  for (const width of WIDTHS) {
    const { page, context, complaints } = await watching(width);
    const plain = await chrome.browser.newContext({
      viewport: { width, height: 860 }, javaScriptEnabled: false, storageState: await context.storageState(),
    });
    const still = await plain.newPage();
    await still.goto(page.url());
    await still.getByLabel('Kind').selectOption('view');
    await still.getByRole('button', { name: 'Ask the whole log' }).click();
    await still.locator('#rows tr').first().waitFor();
    const kinds = await still.locator('#rows tr').evaluateAll((rows) => [...new Set(rows.map((row) => row.dataset.kind))]);
    assert.deepEqual(kinds, ['view']);
    await still.locator('#rows a.receipt').last().click();
    await still.getByRole('heading', { name: 'How to check it' }).waitFor();
    await still.goto(new URL('/security?kind=erasure&to=2001-01-01T00:00', still.url()).href);
    await still.getByText('Nothing fits.').waitFor();
    await plain.close();

    await page.goto(new URL('/security?kind=view', page.url()).href);
    assert.deepEqual(await axeFindings(page), []);
    assert.ok(await fitsWidth(page), `the answer fits ${width}`);
    await screenshot(page, `security-asked-${width}`);
    await page.locator('#rows a.receipt').last().click();
    await page.getByRole('heading', { name: 'How to check it' }).waitFor();
    assert.deepEqual(await axeFindings(page), []);
    assert.ok(await fitsWidth(page), `the proof fits ${width}`);
    await screenshot(page, `security-proof-${width}`);
    const answered = await page.goto(new URL('/security?decision=%3Cb%3Enonsense', page.url()).href);
    assert.equal(answered.status(), 422);
    await page.getByText('What to do next').waitFor();
    assert.ok(!(await page.content()).includes('nonsense'), 'what was sent is not repeated');
    assert.deepEqual(await axeFindings(page), []);
    assert.deepEqual(complaints, []);
    await context.close();
  }
});

test('the export is one file of JSON Lines', async () => {
  const { page, context } = await watching(1280);
  const answered = await page.request.get(new URL('/v1/disclosures/export?kind=view', page.url()).href);
  assert.equal(answered.headers()['content-type'], 'application/x-ndjson');
  const lines = (await answered.text()).trimEnd().split('\n').map((line) => JSON.parse(line));
  assert.ok(lines.length > 0 && lines.every(({ kind, receipt_url: url }) => kind === 'view' && url.startsWith('/v1/receipts/ent_')));
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
