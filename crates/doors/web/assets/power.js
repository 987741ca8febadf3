// A change of power: drafted, shown in words, signed with the officer's passkey, and done.

import { api, byId, el, showProblem } from './common.js';
import { answer as answerWith } from './passkey.js';
import { tryOut } from './trial.js';

export const NOT_HERE = {
  slug: 'passkey-elsewhere',
  title: 'No officer’s passkey is for this address',
  why: 'A passkey signs under the name that it was made for only, and this page isn’t open under it.',
  next: 'Open this page under the name with which you sign in.',
};

/** The officers' passkeys that can sign on this page. */
export function usable(passkeys) {
  const host = location.hostname;
  const here = ({ rp_id: name }) => host === name || host.endsWith(`.${name}`);
  const [first] = passkeys.filter(here);
  return first && { rpId: first.rp_id, ids: passkeys.filter(({ rp_id: name }) => name === first.rp_id).map(({ id }) => id) };
}

async function signature({ needs_approval: needed, challenge, passkeys }) {
  if (!needed) return {};
  const mine = usable(passkeys);
  return mine ? answerWith(challenge, mine.rpId, mine.ids) : { problem: NOT_HERE };
}

/** Signs a draft and makes it; answers {made} or {problem}. */
async function approve(draft) {
  const { answer, problem } = await signature(draft);
  if (problem) return { problem };
  const body = { ...(draft.draft && { draft: draft.draft }), ...(answer && { assertion: answer }) };
  const made = await api('POST', `/v1/power/changes/${draft.change}/approval`, body);
  return made.ok ? { made: made.data } : { problem: made.problem };
}

const HOURS = 3600;

/** What is known of it, and what its signing comes to. */
export function standing({ proof, signatures, only_one_officer: alone, widens, waits_s: seconds, signed_by: names }) {
  const wait = seconds >= HOURS ? `${Math.round(seconds / HOURS)} hours` : `${seconds} seconds`;
  return [
    proof === 'proved' && 'Proved: nothing that must never happen is permitted.',
    proof === 'unproved' && 'Not proved: two officers must sign.',
    names.length > 0 && `Signed by ${names.join(' and ')}.`,
    signatures > 1 && 'Another officer must sign it too.',
    signatures === 1 && names.length > 0 && 'With one more signature it is agreed.',
    alone && 'There is only one officer with a passkey whom this isn’t about: one signature counts, nobody checks it, and the log says so. Give a second officer a passkey.',
    widens && seconds > 0 && `It lets somebody do more: once signed it waits ${wait}, and the board is told.`,
  ].filter(Boolean).join(' ');
}

/** Why it isn't tried on the log, where it isn't. */
export const untried = ({ untried: why }) => (why ? [el('p', { class: 'hint' }, `Not tried on the log: ${why}`)] : []);

/** Asks whether to make it. Answers what was made, or nothing where it was called off. */
export function asked(draft) {
  const dialog = byId('draft');
  const button = byId('draft-do');
  byId('draft-words').textContent = draft.words;
  byId('draft-details').replaceChildren(...draft.details.map((line) => el('li', {}, line)));
  byId('draft-more').hidden = draft.details.length === 0;
  byId('draft-try').hidden = !draft.can_be_tried;
  byId('draft-trial').replaceChildren(...untried(draft));
  byId('draft-try').onclick = () => tryOut(draft, byId('draft-trial'));
  button.textContent = draft.needs_approval ? 'Sign with my passkey' : 'Do it';
  byId('draft-hint').textContent = draft.needs_approval
    ? `${standing(draft)} Your passkey signs exactly this and nothing else.`
    : 'This needs no signature. It is in the log, with your name.';
  byId('draft-problem').replaceChildren();
  button.disabled = false;
  dialog.querySelector('[data-close]').onclick = () => dialog.close();
  return new Promise((resolve) => {
    let done;
    button.onclick = async () => {
      button.disabled = true;
      byId('draft-problem').replaceChildren();
      const { made, problem } = await approve(draft);
      button.disabled = false;
      if (problem) return showProblem(byId('draft-problem'), problem);
      done = { ...made, words: draft.words };
      return dialog.close();
    };
    dialog.addEventListener('close', () => resolve(done), { once: true });
    dialog.showModal();
  });
}

/**
 * From a wish to what was made of it. A refusal of the draft goes to `place`, since there it can be mended; `ready` is called
 * once there is a draft.
 */
export async function change(wish, place, ready = () => {}) {
  place.replaceChildren();
  const drafted = await api('POST', '/v1/power/changes', wish);
  if (!drafted.ok) return showProblem(place, drafted.problem);
  ready();
  return asked(drafted.data);
}
