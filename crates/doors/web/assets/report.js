// "Report something": on every page of ours, always in reach, also during a call. Two clicks: open, send.

import { api, byId, el, icon, showProblem } from './common.js';

/** The interaction on screen; the desk writes it there. */
const liveId = () => document.body.dataset.live || null;

const check = (id, words, checked) => el('label', { class: 'check', for: id }, el('input', { type: 'checkbox', id, checked }), ` ${words}`);

function dialog() {
  const made = el('dialog', { id: 'report', 'aria-labelledby': 'report-title' },
    el('form', { id: 'report-form', class: 'stack', method: 'post', autocomplete: 'off', on: { submit: send } },
      el('h2', { id: 'report-title' }, 'Report something'),
      el('p', { class: 'hint', id: 'report-hint' }, 'A strange request, pressure, a mistake of your own: it is read under a pseudonym, not under your name. You see what comes of it under your account.'),
      el('label', { for: 'report-text' }, 'What happened?'),
      el('textarea', { id: 'report-text', rows: 5, maxlength: 4000, required: true, spellcheck: 'false', 'aria-describedby': 'report-hint' }),
      el('div', { id: 'report-link' }, check('report-with', 'It is about the interaction on screen: keep what is known of it', true)),
      check('report-security', 'It is about somebody of security: only people outside security read it', false),
      el('div', { id: 'report-result', 'aria-live': 'polite' }),
      el('p', { class: 'row' }, el('button', { class: 'primary', type: 'submit', id: 'report-send' }, 'Send'), ' ',
        el('button', { type: 'button', id: 'report-close', on: { click: () => byId('report').close() } }, 'Close')),
      el('p', { class: 'hint' }, 'Rather without any name? ', el('a', { href: '/speak-up', rel: 'noreferrer' }, 'Speak up'), ', best from a device of your own.')));
  document.body.append(made);
  return made;
}

/** What lay on the desk was a drill. */
const drill = ({ said, lesson }) => el('div', { class: 'notice ok' }, icon('ok'), el('div', {}, el('strong', {}, said),
  el('p', {}, `${lesson.title}: ${lesson.text}`), el('p', { class: 'hint' }, 'Did you mean something else? It is still here: send it once more.')));

async function send(event) {
  event.preventDefault();
  const body = { text: byId('report-text').value.trim(), about_security: byId('report-security').checked };
  if (!body.text) return byId('report-text').focus();
  if (liveId() && byId('report-with').checked) body.interaction = liveId();
  const answer = await api('POST', '/v1/reports', body);
  if (!answer.ok) return showProblem(byId('report-result'), answer.problem);
  if (answer.data.debrief) return byId('report-result').replaceChildren(drill(answer.data.debrief));
  byId('report-form').reset();
  const to = body.about_security ? 'Sent to people outside security. They read it after the box is turned, within six hours. Thank you.' : 'Sent to security. Thank you.';
  byId('report-result').replaceChildren(el('p', { class: 'notice ok' }, icon('ok'), el('span', {}, to)));
  return byId('report-close').focus();
}

function open() {
  const shown = byId('report') ?? dialog();
  byId('report-link').hidden = !liveId();
  byId('report-result').replaceChildren();
  shown.showModal();
  byId('report-text').focus();
}

byId('report-open').addEventListener('click', open);
