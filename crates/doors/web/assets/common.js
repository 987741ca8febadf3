// Shared by the pages: making elements, talking to /v1, showing a refusal.
// Text from the server goes into the page as text only, never as markup or an attribute.

const SVG = 'http://www.w3.org/2000/svg';

export const byId = (id) => document.getElementById(id);

/** Makes an element. Children are elements or text; `on` maps event names to handlers. */
export function el(tag, { on = {}, ...attributes } = {}, ...children) {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (value === true) made.setAttribute(name, '');
    else if (value !== false && value !== null) made.setAttribute(name, value);
  }
  for (const [event, handler] of Object.entries(on)) made.addEventListener(event, handler);
  made.append(...children.filter((child) => (child ?? false) !== false));
  return made;
}

/** An icon of the page's sprite; decoration only, so always next to words. */
export function icon(name) {
  const svg = document.createElementNS(SVG, 'svg');
  svg.setAttribute('class', 'icon');
  svg.setAttribute('aria-hidden', 'true');
  const use = document.createElementNS(SVG, 'use');
  use.setAttribute('href', `#i-${name}`);
  svg.append(use);
  return svg;
}

/** The ring that empties while a value is shown. `part` runs from 1 down to 0. */
export function countdownRing() {
  const svg = document.createElementNS(SVG, 'svg');
  svg.setAttribute('class', 'ring');
  svg.setAttribute('viewBox', '0 0 24 24');
  svg.setAttribute('aria-hidden', 'true');
  const arcs = ['ring-track', 'ring-left'].map((name) => {
    const arc = document.createElementNS(SVG, 'circle');
    for (const [key, value] of Object.entries({ cx: 12, cy: 12, r: 9.5, pathLength: 100, class: name })) {
      arc.setAttribute(key, value);
    }
    return arc;
  });
  svg.append(...arcs);
  const draw = (part) => arcs[1].setAttribute('stroke-dashoffset', String(100 - Math.round(part * 100)));
  draw(1);
  return { svg, draw };
}

/** Says something to a screen reader without moving the focus. */
export function say(text) {
  byId('say').textContent = '';
  requestAnimationFrame(() => { byId('say').textContent = text; });
}

export const clock = (at, withSeconds = false) => new Date(at).toLocaleTimeString([], {
  hour: '2-digit', minute: '2-digit', ...(withSeconds ? { second: '2-digit' } : {}), hourCycle: 'h23',
});

/** Day and time, for what may be long ago. */
export const moment = (at) => `${new Date(at).toLocaleDateString([], { dateStyle: 'medium' })}, ${clock(at, true)}`;

/** An id such as `date_of_birth` or `too-many-hits` as words. */
export const words = (id) => id.replaceAll(/[_-]/g, ' ');
export const sentence = (id) => words(id).replace(/^./, (first) => first.toUpperCase());

const LOST = {
  slug: 'unreachable',
  title: 'Ringfence did not answer',
  why: 'The connection was lost, so nothing was shown or changed that you can rely on.',
  next: 'Check your connection and try again.',
};

async function bodyOf(response) {
  const type = response.headers.get('content-type') ?? '';
  if (response.status === 204) return null;
  return type.includes('json') ? response.json() : response.text();
}

/**
 * One request. Answers {ok, status, data} or {ok: false, status, problem}; never throws.
 * A lost connection is a problem like any other, with status 0.
 */
export async function api(method, path, body, headers = {}) {
  try {
    const response = await fetch(path, {
      method,
      credentials: 'same-origin',
      cache: 'no-store',
      headers: body === undefined ? headers : { 'content-type': 'application/json', ...headers },
      body: body === undefined ? undefined : JSON.stringify(body),
      signal: AbortSignal.timeout(10000),
    });
    const data = await bodyOf(response);
    if (response.ok) return { ok: true, status: response.status, data };
    return { ok: false, status: response.status, problem: problemOf(response, data) };
  } catch {
    return { ok: false, status: 0, problem: LOST };
  }
}

/** Has somebody touched this page since it last asked by itself? Opening it was a touch. */
let touched = true;
for (const kind of ['pointerdown', 'pointermove', 'keydown', 'wheel', 'touchstart']) {
  addEventListener(kind, () => { touched = true; }, { capture: true, passive: true });
}

/** What the page asks by itself, again and again: it keeps nobody signed in who isn't there. */
export function ask(path) {
  const headers = touched ? {} : { 'x-unattended': '1' };
  touched = false;
  return api('GET', path, undefined, headers);
}

function problemOf(response, data) {
  const known = data && typeof data === 'object' ? data : {};
  return {
    ...known,
    slug: String(known.type ?? '').split('/').pop(),
    title: known.title ?? 'That did not work',
    why: known.why ?? known.detail ?? `The server answered ${response.status}.`,
    next: known.next ?? 'Try again; if it stays, tell your team leader.',
    retryAfter: Number(response.headers.get('retry-after')) || null,
  };
}

function waiting(seconds) {
  if (!seconds) return null;
  const span = seconds < 90 ? `${seconds} seconds` : `${Math.ceil(seconds / 60)} minutes`;
  return el('p', { class: 'hint' }, `Possible again in ${span}.`);
}

export const receiptLink = (id, label = 'Receipt') => el('a', {
  href: `/v1/receipts/${encodeURIComponent(id)}`, target: '_blank', rel: 'noopener', class: 'receipt',
}, label);

/** Of these the detail says what is wrong with what was written, and where. */
const DETAILED = ['rules-refuted', 'rules-unfit', 'unprocessable'];

/** The calm panel: what happened, why it matters, what to do next. */
export function problemPanel(problem, close) {
  const lost = problem.slug === 'unreachable';
  const refused = problem.status === 403 || problem.status === 429 || Boolean(problem.receipt);
  return el('div', { class: `notice ${lost ? 'danger' : 'warn'}`, role: 'alert', 'data-problem': problem.slug },
    icon(refused ? 'stop' : 'warn'),
    el('div', {},
      el('strong', {}, problem.title),
      DETAILED.includes(problem.slug) && el('p', { class: 'said' }, problem.detail),
      el('p', {}, problem.why),
      el('p', { class: 'next' }, el('b', {}, 'What to do next '), problem.next),
      waiting(problem.retryAfter),
      el('p', { class: 'row' },
        problem.slug === 'unauthenticated' && el('a', { href: '/sign-in' }, 'Sign in again'),
        problem.receipt && receiptLink(problem.receipt, 'Receipt of this refusal'),
        close && el('button', { type: 'button', class: 'plain', on: { click: close } }, 'Close'))));
}

/** The same from a request that repeats by itself: a problem already on screen is not said again. */
export function keepProblem(place, problem) {
  const there = place.querySelector('[data-problem]')?.getAttribute('data-problem');
  if (there !== problem.slug) showProblem(place, problem);
}

/** Puts a problem into a place of the page; the place is emptied on close. */
export function showProblem(place, problem) {
  place.hidden = false;
  place.replaceChildren(problemPanel(problem, () => { place.replaceChildren(); }));
}
