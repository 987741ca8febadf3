// What security oversees beside the log: who is signed in, and who has spent how much, in a real browser.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { DEADLINE, WIDTHS, ask, looksRight, openBrowser, openPage, signIn, signInUrl } from './lib.mjs';

let chrome;
before(async () => { chrome = await openBrowser(); });
after(async () => { await chrome?.close(); });

/** Asks again and again until it is so. */
async function until(what, fact) {
  for (const end = Date.now() + DEADLINE; !await fact();) assert.ok(Date.now() < end, what);
}

/** An officer on one of security's pages, reached by its link. */
async function officerOn(name, width = 1280) {
  const opened = await openPage(chrome.browser, width);
  await signIn(opened.page, 'security_officer', '/security');
  await opened.page.getByRole('navigation', { name: 'Security' }).getByRole('link', { name }).click();
  await opened.page.waitForURL(`**/security/${name.toLowerCase()}`);
  return opened;
}

/** A session of this role in a browser of its own. */
async function signedIn(role, path) {
  const opened = await openPage(chrome.browser);
  await signIn(opened.page, role, path);
  const { items } = JSON.parse((await ask(opened.page, '/v1/me/sessions')).text);
  const { session, person } = items.find(({ current }) => current);
  return { ...opened, session, person };
}

test('security sees who is signed in and how, and ends a session: that browser is out at its next request', async () => {
  for (const width of WIDTHS) {
    const leader = await signedIn('team_leader', '/desk');
    const officer = await officerOn('Sessions', width);
    const theirs = officer.page.locator(`[data-session="${leader.session}"]`);
    assert.match(await theirs.textContent(), /Since .*Signed in by choosing a role\. Last used .*Bound to its browser/s);
    const own = officer.page.locator('[data-session]', { hasText: 'This browser' });
    assert.equal(await own.count(), 1);
    assert.equal(await own.getByRole('button').count(), 0, 'nobody ends what they look with');
    await looksRight(officer, 'sessions', width);
    await theirs.getByRole('button', { name: /^End the session of Malik Okafor since/ }).press('Enter');
    await theirs.locator('[data-over]').waitFor();
    assert.match(await officer.page.getByRole('status').first().textContent(), /session of Malik Okafor is over/);
    await looksRight(officer, 'sessions-ended', width);
    // A node takes it for a quarter of a second more at most.
    await until('the ended browser is out', async () => (await ask(leader.page, '/v1/me')).status === 401);
    await leader.page.goto(new URL('/desk', leader.page.url()).href);
    assert.equal(new URL(leader.page.url()).pathname, '/');
    await officer.page.reload();
    assert.equal(await theirs.count(), 0);
    await Promise.all([leader.context.close(), officer.context.close()]);
  }
});

test('all of a person\'s sessions end together, and others\' go on', async () => {
  const [first, second] = [await signedIn('team_leader', '/desk'), await signedIn('team_leader', '/desk')];
  const bystander = await signedIn('data_protection_officer', '/security/requests');
  const { page, context } = await officerOn('Sessions');
  await page.getByLabel('Whose').fill('malik');
  await page.getByRole('button', { name: 'Show', exact: true }).click();
  await page.waitForURL('**/security/sessions?person=malik');
  assert.equal(await page.locator('[data-person]').count(), 1);
  await page.getByRole('button', { name: /^End all \d+ of Malik Okafor$/ }).click();
  await page.getByText(/^All \d+ sessions of Malik Okafor are over\.$/).waitFor();
  assert.equal(await page.locator('[data-end], [data-end-all]').count(), 0);
  for (const one of [first, second]) {
    await until('the ended browser is out', async () => (await ask(one.page, '/v1/me')).status === 401);
  }
  assert.equal((await ask(bystander.page, '/v1/me')).status, 200);
  await page.reload();
  await page.getByText('Nobody is signed in on a page as this person.').waitFor();
  await Promise.all([first, second, bystander, { context }].map((one) => one.context.close()));
});

test('a session that can\'t be ended stays, and the page says why', async () => {
  const leader = await signedIn('team_leader', '/desk');
  const { page, context } = await officerOn('Sessions');
  await context.route('**/v1/sessions/*', (route) => route.abort());
  const theirs = page.locator(`[data-session="${leader.session}"]`);
  await theirs.getByRole('button').click();
  await page.locator('[data-problem="unreachable"]').waitFor();
  assert.ok(await theirs.getByRole('button').isEnabled());
  await context.unroute('**/v1/sessions/*');
  await theirs.getByRole('button').click();
  await theirs.locator('[data-over]').waitFor();
  await Promise.all([leader.context.close(), context.close()]);
});

/** Somebody who is played searches in vain, with their own right, until four fifths of an hour's points are spent. */
async function spendMost(page, name) {
  const { items } = JSON.parse((await ask(page, '/v1/people')).text);
  const { person } = items.find((one) => one.name === name);
  const opened = await openPage(chrome.browser);
  await opened.page.goto(new URL(`/sign-in/${person}`, signInUrl('agent')).href);
  await opened.page.locator('main button').click();
  await opened.page.waitForURL('**/desk');
  await until(`${name} is low`, () => opened.page.evaluate(async () => {
    const { items: calls } = await (await fetch('/v1/interactions')).json();
    const live = calls.find(({ state }) => state === 'connected');
    const search = (number) => fetch(`/v1/interactions/${live.id}/searches`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ phone: `+4420794${String(number).padStart(5, '0')}` }),
    });
    if (live) await Promise.all(Array.from({ length: 15 }, (_, number) => search(number)));
    const { budgets } = await (await fetch('/v1/me')).json();
    return budgets.find(({ window: of, purpose }) => of === 'hour' && !purpose).low;
  }));
  await opened.context.close();
}

test('security sees who has spent how much, and who is low in words', async () => {
  for (const [place, width] of WIDTHS.entries()) {
    const officer = await officerOn('Budgets', width);
    const { page } = officer;
    if (place === 0) await spendMost(page, 'Julia Lindqvist');
    const julia = page.locator('#people tbody tr', { hasText: 'Julia Lindqvist' });
    await until('what was spent is seen', async () => {
      await page.getByRole('link', { name: 'Load again' }).click();
      return ['low', 'spent'].includes(await julia.getAttribute('data-state'));
    });
    assert.match(await julia.getByRole('rowheader').textContent(), /Low|Spent/);
    assert.match(await julia.getByRole('cell').first().textContent(), /\d+%.* of 800, (low|spent).*some free again at/s);
    assert.equal(await page.locator('#people tbody tr').first().getAttribute('data-state') === 'enough', false);
    assert.match(await page.locator('#people .hint').first().textContent(), /\d+ people serve customers: .*(low|spent)/);
    assert.match(await page.locator('#teams').textContent(), /Deliveries/);
    assert.match(await page.locator('#everybody').textContent(), /of 2,000,000/);
    await page.getByRole('heading', { name: 'What an act costs' }).waitFor();
    assert.doesNotMatch(await page.locator('main').textContent(), /c-[0-9a-f]{8}/, 'nobody on whom it was spent');
    await looksRight(officer, 'budgets', width);
    await page.goto(new URL('/security/budgets?limit=1', page.url()).href);
    assert.equal(await page.locator('#people tbody tr').count(), 1);
    await page.locator('#people').getByRole('link', { name: /^Show the first/ }).press('Enter');
    await page.waitForURL('**/security/budgets?limit=200#people');
    assert.ok(await page.locator('#people tbody tr').count() > 5);
    await officer.context.close();
  }
});

test('who serves customers and who runs the machines are refused in words', async () => {
  for (const [role, home] of [['agent', '/desk'], ['it_operator', '/account'], ['team_leader', '/desk']]) {
    const { page, context } = await openPage(chrome.browser);
    await signIn(page, role, home);
    for (const path of ['/security/sessions', '/security/budgets']) {
      const answer = await page.goto(new URL(path, page.url()).href);
      assert.equal(answer.status(), 403, `${role} ${path}`);
      await page.getByText('What to do next').waitFor();
    }
    await context.close();
  }
});

test('a question that can\'t be asked is told so', async () => {
  const { page, context } = await officerOn('Budgets');
  for (const path of ['/security/budgets?limit=0', '/security/sessions?person=somebody']) {
    const answer = await page.goto(new URL(path, page.url()).href);
    assert.equal(answer.status(), 422, path);
    await page.getByText('What to do next').waitFor();
  }
  await context.close();
});

test('security sees how keys and witnesses stand, and what the embedded form costs', async () => {
  for (const width of WIDTHS) {
    const officer = await officerOn('Keys', width);
    await officer.page.getByRole('heading', { name: 'Keys and witnesses' }).waitFor();
    const holder = officer.page.locator('#holder');
    const state = await holder.getAttribute('data-keys');
    assert.ok(['embedded', 'serving'].includes(state), state);
    const told = await holder.textContent();
    if (state === 'embedded') assert.match(told, /has every key: all of the database can be read, with no entry/);
    else assert.match(told, /Keys released since the full hour\s*\d+ of at most \d+/);
    assert.match(await officer.page.locator('#witnesses').textContent(), /None|must sign/);
    await looksRight(officer, 'keys', width);
    // By the keyboard alone.
    const again = officer.page.getByRole('link', { name: 'Load again' });
    await again.focus();
    await again.press('Enter');
    await officer.page.waitForURL('**/security/keys');
    await officer.page.getByRole('link', { name: 'The root key’s ceremony' }).click();
    await officer.page.waitForURL('**/security/ceremony');
    const stage = await officer.page.locator('[data-stage]').getAttribute('data-stage');
    assert.equal(stage, state === 'embedded' ? 'embedded' : 'begin');
    assert.match(await officer.page.locator('#guide').textContent(), /What comes next[\s\S]*ringfence (keyholder init|custodian key)[\s\S]*If it fails/);
    await looksRight(officer, 'ceremony', width);
    const { status, text } = await ask(officer.page, '/v1/keyholder');
    assert.deepEqual([status, JSON.parse(text).state], [200, state]);
    await officer.context.close();
  }
  const agent = await openPage(chrome.browser);
  await signIn(agent.page, 'agent', '/desk');
  assert.equal((await ask(agent.page, '/v1/keyholder')).status, 403);
  await agent.context.close();
});

test('a change of the rules waits for a second officer, in words, tried on the log; a second signature of the same one was refused', async () => {
  for (const width of WIDTHS) {
    const officer = await officerOn('Proposals', width);
    const { page } = officer;
    // Its proof may take a minute after the start.
    await until('the proposal stands', async () => {
      await page.locator('body[data-proposals="shown"]').waitFor();
      if (await page.locator('[data-change]').count() > 0) return true;
      await page.reload();
      return false;
    });
    const waiting = page.locator('[data-change]', { hasText: 'drivers-ring-by-themselves' });
    await waiting.getByText(/Signed by Ingrid Solberg\. With one more signature it is agreed\./).waitFor();
    assert.match(await waiting.textContent(), /Proved: nothing that must never happen|Not proved: two officers must sign/);
    await waiting.locator('summary').press('Enter');
    await waiting.getByText(/A phone number isn't shown for a delivery/).waitFor();
    await waiting.getByRole('button', { name: /^Try it on the last 30 days/ }).click();
    await waiting.getByText(/acts? in the last 30 days it would have refused/).waitFor();
    await page.getByText('Its officers’ passkeys are the demo’s own').waitFor();
    await looksRight(officer, 'proposal-waits', width);
    const found = JSON.parse((await ask(page, '/v1/disclosures?show=all&decision=refused&kind=rules_changed')).text);
    assert.ok(found.items.some(({ reason, refusal, decision }) => JSON.stringify([reason, refusal, decision]).includes('not-approved')), JSON.stringify(found).slice(0, 400));
    await officer.context.close();
  }
});

test('which defences hold is what drills showed of late: never tried, then one that holds and one that an attack got through', async () => {
  const told = (page, forged) => page.evaluate(async (verdict) => {
    const results = [
      { drill: 'reveal-on-hold', verdict: 'held', where: 'deployment' },
      { drill: 'event-forged', verdict, where: 'scratch' },
    ];
    const body = JSON.stringify({ results });
    return (await fetch('/v1/drills', { method: 'POST', headers: { 'content-type': 'application/json' }, body })).status;
  }, forged);
  for (const width of WIDTHS) {
    const officer = await officerOn('Defences', width);
    const { page } = officer;
    const first = page.locator('#drills-title ~ ul > li').first();
    if (width === WIDTHS[0]) {
      assert.match(await first.textContent(), /Not tried yet[\s\S]*Never tried/);
      await looksRight(officer, 'defences-never', width);
      assert.equal(await told(page, 'pierced'), 201);
    }
    await page.getByRole('link', { name: 'Load again' }).press('Enter');
    await page.locator('.pill.ok').first().waitFor();
    assert.match(await page.locator('.notice').first().textContent(), /1 of \d+ hold/);
    assert.match(await first.textContent(), /Somebody invents a call[\s\S]*in a centre made for it[\s\S]*Got through/);
    assert.match(await page.locator('#drills-title ~ ul > li', { hasText: 'reveal-on-hold' }).textContent(), /against this deployment[\s\S]*Holds/);
    await page.locator('summary', { hasText: 'T0: staff' }).press('Enter');
    const promise = page.locator('#promises-title ~ div li', { hasText: 'keeps the call on hold' });
    assert.match(await promise.textContent(), /reveal-on-hold: Holds, tried[\s\S]*Proof in the log/);
    await looksRight(officer, 'defences', width);
    // The alarm goes once it was tried again: it is nobody else's affair here.
    if (width === WIDTHS.at(-1)) assert.equal(await told(page, 'held'), 201);
    await officer.context.close();
  }
  const agent = await openPage(chrome.browser);
  await signIn(agent.page, 'agent', '/desk');
  assert.equal((await ask(agent.page, '/v1/drills')).status, 403);
  await agent.context.close();
});
