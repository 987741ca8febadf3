// Micro-lessons: shown once at the moment of risk, beside the work and never in its way.

import { api, byId, el, icon } from './common.js';

/** Shows a lesson, if it came with the page and wasn't shown yet. */
export function learn(name) {
  const lesson = byId('lessons')?.content.querySelector(`[data-lesson="${name}"]`);
  if (!lesson) return;
  lesson.remove();
  const close = () => { byId('lesson').replaceChildren(); };
  byId('lesson').replaceChildren(el('div', { class: 'notice', 'data-shown': name }, icon('flag'),
    el('div', {}, el('strong', {}, lesson.dataset.title), el('p', {}, lesson.textContent),
      el('p', { class: 'row' }, el('button', { type: 'button', class: 'plain', on: { click: close } }, 'Got it')))));
  api('POST', '/v1/lessons', { lesson: name });
}

/** Which refusal teaches what. */
const REFUSED = { 'too-many-hits': 'broad-search', 'on-hold': 'on-hold', 'budget-exhausted': 'budget-low' };

/** Shows the lesson of a refusal, if it has one. */
export function learnFrom({ slug }) {
  if (REFUSED[slug]) learn(REFUSED[slug]);
}

byId('note-text')?.addEventListener('focus', () => learn('notes'));
