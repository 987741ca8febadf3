// A second person for what is risky: asking for one from the desk, and waiting for their answer.

import { api, el, icon, say } from './common.js';

const ASK_AGAIN_MS = 1500;

const left = (until) => Math.max(0, Math.ceil((new Date(until) - Date.now()) / 1000));
const span = (seconds) => `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, '0')}`;

/** Would a second person's yes help against this refusal? */
export const wouldHelp = (field, { slug }) =>
  ['approval-needed', 'guarded-record', 'many-fields', 'casework'].includes(slug) || (slug === 'binding-too-weak' && field.second_person === 'unproven');

/** What is said of a question that has come to an end without being used. */
const ENDED = {
  declined: ['The second person said no', 'Do without it. A no stands for this interaction.'],
  over: ['Nobody answered in time', 'Silence is a no. You can ask again; somebody else may be drawn.'],
  used: ['It was shown once', 'A yes counts for one look. Ask again if you need another.'],
};

function ended(row, state, again) {
  const [title, next] = ENDED[state] ?? ENDED.over;
  const button = state !== 'declined' && el('button', { type: 'button', on: { click: again } }, 'Ask again');
  row.slot.replaceChildren(el('div', { class: 'notice warn', role: 'status', 'data-second': state }, icon('stop'),
    el('div', {}, el('strong', {}, title), el('p', {}, next), button && el('p', { class: 'row' }, button))));
}

/** The yes is there: the value is shown when the agent says so, not while nobody looks. */
function given(row, until, show) {
  const seconds = el('span', {}, span(left(until)));
  const button = el('button', { type: 'button', class: 'primary', on: { click: show } }, `Show ${row.name} now`);
  row.slot.replaceChildren(el('div', { class: 'notice ok', role: 'status', 'data-second': 'given' }, icon('ok'),
    el('div', {}, el('strong', {}, 'The second person agreed'),
      el('p', {}, 'It counts for one look, for ', seconds, ' more.'), el('p', { class: 'row' }, button))));
  button.focus();
  say('The second person agreed.');
  return () => { seconds.textContent = span(left(until)); };
}

/**
 * Asks for a second person and waits for the answer in the row's slot. `show` shows the value, `refuse` a refusal.
 */
export async function askSecond(row, { body, show, refuse }) {
  const asked = await api('POST', `/v1/customers/${row.context.customer}/approvals`, body);
  if (!asked.ok) return refuse(asked);
  if (asked.data.receipt) row.context.acted(`${row.name}: second person asked`, asked.data.receipt, 'pause');
  const seconds = el('b', {}, '');
  const waiting = el('div', { class: 'notice', role: 'status', 'data-second': 'asked' }, icon('pause'),
    el('div', {}, el('strong', {}, 'Waiting for a second person'),
      el('p', {}, 'Somebody of another team was drawn. They see what for, never the value. ', seconds)));
  row.slot.replaceChildren(waiting);
  say('Waiting for a second person.');
  const again = () => askSecond(row, { body, show, refuse });
  let tick = null;
  const look = async () => {
    const here = row.slot.isConnected && row.slot.querySelector('[data-second]');
    if (!here || !row.context.isLive()) return;
    const answer = await api('GET', '/v1/approvals');
    const mine = answer.ok && answer.data.asked.find(({ approval }) => approval === asked.data.approval);
    if (mine && !['asked', 'given'].includes(mine.state)) return ended(row, mine.state, again);
    if (mine?.state === 'asked') seconds.textContent = `${span(left(mine.until))} left.`;
    if (mine?.state === 'given') tick ??= given(row, mine.until, show);
    tick?.();
    setTimeout(look, ASK_AGAIN_MS);
  };
  return look();
}
