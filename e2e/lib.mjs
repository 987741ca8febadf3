// What the browser tests share: the demo's addresses, one browser, waiting on facts, axe.
//
// RINGFENCE_DEMO_JSON holds the first line that `ringfence demo --output json` prints:
// {"url": "...", "sign_ins": [{"role": "agent", "url": "..."}, ...]}

import assert from 'node:assert/strict';
import { mkdir, mkdtemp, readFile, rm } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { chromium } from 'playwright-core';

export const WIDTHS = [1280, 390];
/** How long a fact may take to come true. */
export const DEADLINE = 60_000;

const OUT = fileURLToPath(new URL('./out/', import.meta.url));
const AXE_RULES = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'];
const FLAGS = [
  '--headless', '--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run',
  '--disable-background-networking', '--disable-component-update', '--disable-sync',
];

function demo() {
  const line = process.env.RINGFENCE_DEMO_JSON;
  if (!line) throw new Error('Set RINGFENCE_DEMO_JSON to the first line of `ringfence demo --output json`.');
  return JSON.parse(line);
}

/** The address that signs in a person of this role; the `nth` such person when there are several. */
export function signInUrl(role, nth = 0) {
  const of = demo().sign_ins.filter((one) => one.role === role);
  if (!of[nth]) throw new Error(`The demo prints no sign-in number ${nth} for the role ${role}.`);
  return new URL(of[nth].url, demo().url).href;
}

export const startUrl = () => demo().url;

/** A browser with a profile of its own; `close` ends it and removes the profile. */
export async function openBrowser() {
  const profile = await mkdtemp(join(tmpdir(), 'ringfence-e2e-'));
  const browser = await chromium.launch({
    executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
    args: [...FLAGS, `--disk-cache-dir=${join(profile, 'cache')}`],
  });
  const close = async () => {
    await browser.close();
    await rm(profile, { recursive: true, force: true });
  };
  return { browser, close };
}

/**
 * A page in a context of its own. `complaints` collects what must stay empty: script errors and
 * whatever the content security policy stopped; `requests` every address that was asked for.
 */
export async function openPage(browser, width = 1280) {
  const context = await browser.newContext({
    viewport: { width, height: width < 600 ? 844 : 860 }, reducedMotion: 'reduce',
  });
  const page = await context.newPage();
  page.setDefaultTimeout(DEADLINE);
  const complaints = [];
  const requests = [];
  page.on('pageerror', (error) => complaints.push(String(error)));
  page.on('console', (message) => {
    const text = message.text();
    const expected = text.startsWith('Failed to load resource');
    if (!expected) complaints.push(`${message.type()}: ${text}`);
  });
  page.on('request', (request) => requests.push(request.url()));
  return { page, context, complaints, requests };
}

/** Signs in by the one button of the person's page and waits for the role's own page. */
export async function signIn(page, role, path, nth = 0) {
  await page.goto(signInUrl(role, nth));
  const buttons = page.locator('main button');
  if (await buttons.count() !== 1) throw new Error('The sign-in page must show exactly one button.');
  await buttons.click();
  await page.waitForURL((url) => url.pathname === path);
}

/** What axe finds wrong with the page as it is now, one line each. */
export async function axeFindings(page) {
  const source = await readFile(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
  // Evaluated through the debugger, which the page's own content policy does not restrain.
  const session = await page.context().newCDPSession(page);
  const evaluate = async (expression) => {
    const { result, exceptionDetails } = await session.send('Runtime.evaluate',
      { expression, awaitPromise: true, returnByValue: true });
    if (exceptionDetails) throw new Error(exceptionDetails.exception?.description ?? exceptionDetails.text);
    return result.value;
  };
  await evaluate(`${source};undefined`);
  const outcome = JSON.parse(await evaluate(`axe.run(document, { runOnly: ${JSON.stringify(AXE_RULES)} }).then(
    (found) => JSON.stringify({ passed: found.passes.length, wrong: found.violations.map(
      (one) => one.id + ': ' + one.nodes.map((node) => node.target.join(' ')).join(', ')) }))`));
  await session.detach();
  if (outcome.passed === 0) throw new Error('axe checked nothing');
  return outcome.wrong;
}

/** Asks in the page's own name: what is asked from outside of it carries no signature. */
export const ask = (page, path) => page.evaluate(async (to) => {
  const answer = await fetch(to);
  return { status: answer.status, type: answer.headers.get('content-type'), text: await answer.text() };
}, path);

/** True when the page is not wider than its window. */
export const fitsWidth = (page) => page.evaluate(() => document.documentElement.scrollWidth <= window.innerWidth);

export async function screenshot(page, name) {
  await mkdir(OUT, { recursive: true });
  await page.screenshot({ path: join(OUT, `${name}.png`), fullPage: true });
}

/**
 * Runs `act` while an interaction is live, and again with the next one when it was hung up in the
 * middle: a living centre hangs up when it likes. `ready` is the desk state to wait for.
 */
export async function duringInteraction(page, ready, act) {
  const until = Date.now() + 3 * DEADLINE;
  for (;;) {
    await page.locator(`body[data-desk="${ready}"]`).waitFor({ timeout: Math.max(1, until - Date.now()) });
    const reference = await page.locator('#call-reference').textContent();
    try {
      return await act();
    } catch (error) {
      const same = await page.locator('#call-reference').textContent() === reference
        && await page.locator('#call').isVisible();
      if (same || Date.now() > until) throw error;
    }
  }
}

/** Asserts that axe finds nothing, that the page fits its width and that nothing complained; keeps a picture under the name. */
export async function looksRight({ page, complaints = [] }, name, width) {
  // What lies below the fixed head isn't to be hit, nor is it seen.
  await page.evaluate(() => scrollTo(0, 0));
  assert.deepEqual(await axeFindings(page), [], name);
  assert.ok(await fitsWidth(page), `${name} fits ${width}`);
  await screenshot(page, `${name}-${width}`);
  assert.deepEqual(complaints, []);
}
