// A change of power: drafted, shown in words, signed with the officer's passkey, and done.

import { api, byId, showProblem } from './common.js';
import { answer as answerWith } from './passkey.js';

const NOT_HERE = {
  slug: 'passkey-elsewhere',
  title: 'No officer’s passkey is for this address',
  why: 'A passkey signs under the name that it was made for only, and this page isn’t open under it.',
  next: 'Open this page under the name with which you sign in.',
};

/** The officers' passkeys that can sign on this page. */
function usable(passkeys) {
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
  const body = answer ? { draft: draft.draft, assertion: answer } : { draft: draft.draft };
  const made = await api('POST', `/v1/power/changes/${draft.change}/approval`, body);
  return made.ok ? { made: made.data } : { problem: made.problem };
}

/** What is known of rules. */
function proof({ proof: found, signatures }) {
  if (found === 'proved') return 'Proved: nothing that must never happen is permitted. ';
  if (found !== 'unproved') return '';
  return signatures > 1 ? 'Not proved: two officers must sign. ' : 'Not proved, and signed by another officer: with your signature it counts. ';
}

/** Asks whether to make it. Answers what was made, or nothing where it was called off. */
function asked(draft) {
  const dialog = byId('draft');
  const button = byId('draft-do');
  byId('draft-words').textContent = draft.words;
  button.textContent = draft.needs_approval ? 'Sign with my passkey' : 'Do it';
  byId('draft-hint').textContent = draft.needs_approval
    ? `${proof(draft)}Your passkey signs exactly this and nothing else. It counts for half an hour.`
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

/** A draft that another officer gave on: read again, then asked. */
export async function given({ change: name, draft }, place) {
  place.replaceChildren();
  const read = await api('POST', `/v1/power/changes/${encodeURIComponent(name)}/reading`, { draft });
  return read.ok ? asked(read.data) : showProblem(place, read.problem);
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
