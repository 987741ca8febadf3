// The security officer's page in a real browser against a running server.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import {
  WIDTHS, ask, axeFindings, duringInteraction, fitsWidth, openBrowser, openPage, screenshot, signIn,
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

test('the form narrows the live list at once; looks and refusals show until more is asked for', async () => {
  const { page, context } = await watching(1280);
  await page.locator('#rows tr').first().waitFor();
  const all = (name) => page.locator('#rows tr').evaluateAll((rows, key) => [...new Set(rows.map((row) => row.dataset[key]))], name);
  assert.ok(!(await all('kind')).some((kind) => ['stream_opened', 'event', 'sign_in'].includes(kind)));
  await page.getByLabel('Show', { exact: true }).selectOption('acts');
  await page.locator('#rows [data-kind="event"]').first().waitFor();
  assert.ok(!(await all('kind')).includes('stream_opened'));
  await page.getByLabel('Show', { exact: true }).selectOption('all');
  await page.locator('#rows [data-kind="stream_opened"]').first().waitFor();
  await page.getByLabel('Show', { exact: true }).selectOption('');
  await page.locator('#rows [data-kind="stream_opened"]').waitFor({ state: 'detached' });
  await page.getByLabel('Kind').selectOption('sign_in');
  await page.locator('#rows [data-kind="sign_in"]').first().waitFor();
  assert.deepEqual(await all('kind'), ['sign_in'], 'who asks for a kind gets it');
  await page.getByLabel('Kind').selectOption('');
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
    // The worker that signs goes on; the page itself has no script.
    const still = await context.newPage();
    await (await context.newCDPSession(still)).send('Emulation.setScriptExecutionDisabled', { value: true });
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
    await still.close();

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

const ALARMS = [
  { kind: 'log_set_back', since: '2026-03-01T09:00:03.000Z', what: 'The log was set back.', next: 'Keep everything as it is.' },
  { kind: 'witnesses_missing', since: '2026-03-01T09:00:04.000Z', what: 'Too few witnesses sign.', next: 'Ask them.' },
];

test('an alarm stands in a band at the top until it is over: what, since when, what to do', async () => {
  for (const width of WIDTHS) {
    const { page, context, complaints } = await watching(width);
    await page.locator('#witness-state.ok').waitFor();
    assert.equal(await page.locator('#alarms').isVisible(), false, 'a healthy log has no band');
    let alarms = ALARMS;
    await context.route('**/v1/log/status', async (route) => {
      const answer = await route.fetch();
      await route.fulfill({ response: answer, json: { ...await answer.json(), alarms } });
    });
    const bands = page.locator('#alarms [data-alarm]');
    await bands.nth(1).waitFor();
    assert.deepEqual(await bands.evaluateAll((found) => found.map((band) => band.dataset.alarm)), ALARMS.map(({ kind }) => kind));
    const said = await bands.first().textContent();
    for (const part of [ALARMS[0].what, 'Since', '2026', 'What to do next', ALARMS[0].next]) assert.ok(said.includes(part), part);
    assert.equal(await page.locator('#alarms').getAttribute('role'), 'alert');
    assert.deepEqual(await axeFindings(page), []);
    assert.ok(await fitsWidth(page), `fits ${width}`);
    await screenshot(page, `security-alarm-${width}`);
    await bands.first().evaluate((band) => { band.dataset.same = 'yes'; });
    await page.waitForResponse('**/v1/log/status');
    await page.waitForResponse('**/v1/log/status');
    assert.equal(await bands.first().getAttribute('data-same'), 'yes', 'what stands is not said again');
    alarms = [];
    await bands.first().waitFor({ state: 'detached' });
    assert.equal(await page.locator('#alarms').isVisible(), false);
    assert.deepEqual(complaints, []);
    await context.close();
  }
});

test('signing out ends the session and its live streams at once, in every tab', async () => {
  for (const width of WIDTHS) {
    const { page, context, complaints } = await watching(width);
    const other = await context.newPage();
    await other.goto(page.url());
    await other.locator('body[data-stream="live"]').waitFor();
    await page.getByRole('button', { name: 'Sign out' }).click();
    await page.waitForURL((url) => url.pathname === '/');
    await other.locator('body[data-stream="lost"]').waitFor({ timeout: 2000 });
    await other.getByRole('link', { name: 'Sign in again' }).waitFor();
    await other.locator('#stream-state').filter({ hasText: 'Signed out' }).waitFor();
    assert.ok(!(await other.locator('main').textContent()).includes('undefined'));
    assert.deepEqual(await axeFindings(other), []);
    await screenshot(other, `security-signed-out-${width}`);
    assert.equal((await ask(page, '/v1/me')).status, 401);
    assert.deepEqual(complaints, []);
    await context.close();

    const auditor = await watching(width);
    const asked = await ask(auditor.page, '/v1/disclosures?kind=stream_closed');
    const ends = JSON.parse(asked.text).items.slice(0, 2).map(({ detail }) => detail);
    assert.equal(ends.length, 2);
    assert.ok(ends.includes(3), 'the tab that stayed was ended by the sign-out');
    assert.ok(ends.every((detail) => [1, 3].includes(detail)), 'the one that signed out may have left first');
    await auditor.context.close();
  }
});

test('the export is one file of JSON Lines', async () => {
  const { page, context } = await watching(1280);
  const answered = await ask(page, '/v1/disclosures/export?kind=view');
  assert.equal(answered.type, 'application/x-ndjson');
  const lines = answered.text.trimEnd().split('\n').map((line) => JSON.parse(line));
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
  await page.goto(new URL('/security/reports', page.url()).href);
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
