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

test('security reads what each role may, what it never meets, and who has it, by keyboard alone', async () => {
  for (const width of WIDTHS) {
    const { page, context, complaints } = await openPage(chrome.browser, width);
    await signIn(page, 'security_officer', '/security');
    const link = page.getByRole('navigation', { name: 'Security' }).getByRole('link', { name: 'Roles' });
    await link.focus();
    await page.keyboard.press('Enter');
    await page.getByRole('heading', { name: 'What each role is', level: 1 }).waitFor();
    assert.equal(await page.locator('.role').count(), 10);
    await page.getByRole('navigation', { name: 'Roles' }).getByRole('link', { name: 'IT operator' }).focus();
    await page.keyboard.press('Enter');
    await page.waitForFunction(() => location.hash === '#it_operator');
    const it = page.locator('#it_operator');
    assert.equal(await it.locator('.empty').count(), 2, 'it sees nothing and does nothing');
    assert.match(await it.textContent(), /Security officer, Security analyst/);
    const agent = page.locator('#agent');
    assert.match(await agent.textContent(), /A bank account may be shown for a payment[^]*Only with a second person/);
    assert.doesNotMatch(await agent.textContent(), /Reveal: card/);
    assert.deepEqual(await axeFindings(page), []);
    assert.ok(await fitsWidth(page), `fits ${width}`);
    await screenshot(page, `roles-${width}`);
    // To the rule that says so, and back; then to those who have the role.
    await agent.getByRole('link', { name: 'bank-account-shown' }).focus();
    await page.keyboard.press('Enter');
    await page.locator('.rules > li:target').waitFor();
    await page.goBack();
    await agent.getByRole('link', { name: /people ?: Agent/ }).focus();
    await page.keyboard.press('Enter');
    await page.locator('body[data-people="shown"]').waitFor();
    const roles = await page.locator('#people td[data-label="Role"]').allTextContents();
    assert.ok(roles.length > 0 && roles.every((role) => role === 'Agent'), roles.join());
    assert.deepEqual(complaints, []);
    await context.close();
  }
});

test('security asks whether somebody could, and is told why not and which rule says so', async () => {
  for (const width of WIDTHS) {
    const { page, context, complaints } = await openPage(chrome.browser, width);
    await signIn(page, 'security_officer', '/security');
    await page.goto(new URL('/security/decisions', page.url()).href);
    await page.getByLabel('Could', { exact: true }).fill('tomasz');
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

test('of several who fit, security chooses who is meant; of nobody it is told so', async () => {
  for (const width of WIDTHS) {
    const { page, context } = await openPage(chrome.browser, width);
    await signIn(page, 'security_officer', '/security');
    await page.goto(new URL('/security/decisions', page.url()).href);
    assert.equal(await page.locator('#person option').count(), 0, 'the page holds nobody before somebody is looked for');
    const could = page.getByLabel('Could', { exact: true });
    await could.fill('a');
    await page.getByLabel('do this').selectOption('view');
    await page.getByRole('button', { name: 'Ask the rules' }).click();
    await page.getByText('Several people fit: choose who is meant.').waitFor();
    assert.deepEqual(await axeFindings(page), []);
    assert.ok(await fitsWidth(page), `fits ${width}`);
    await screenshot(page, `decision-several-${width}`);
    await could.selectOption(await could.locator('option', { hasText: 'Ana Diaz' }).getAttribute('value'));
    await page.getByRole('button', { name: 'Ask the rules' }).click();
    await page.locator('[data-decision]').waitFor();
    assert.match(await page.locator('#person-meant').textContent(), /^Ana Diaz, /);
    await could.fill('nobody of that name');
    await page.getByRole('button', { name: 'Ask the rules' }).click();
    await page.getByText('Nobody here has that name.').waitFor();
    await context.close();
  }
});

test('the log is asked about somebody by their name', async () => {
  const { page, context } = await openPage(chrome.browser, 1280);
  await signIn(page, 'security_officer', '/security');
  await page.getByText('Person, customer, purpose, field, time').click();
  await page.getByLabel('Person', { exact: true }).fill('ana d');
  await page.getByRole('button', { name: 'Ask the whole log' }).click();
  await page.locator('#person-meant').waitFor();
  const people = await page.locator('#rows td[data-label="Person"]').allTextContents();
  assert.ok(people.every((name) => name === 'Ana Diaz'), people.join());
  assert.deepEqual(await axeFindings(page), []);
  await context.close();
});

test('a question that lacks something says what, and keeps what was chosen', async () => {
  const { page, context } = await openPage(chrome.browser, 1280);
  await signIn(page, 'security_officer', '/security');
  await page.goto(new URL('/security/decisions', page.url()).href);
  await page.getByLabel('Could', { exact: true }).fill('Ana Diaz');
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
