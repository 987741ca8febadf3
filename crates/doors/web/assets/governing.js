// Rules and limits, changed by officers: drafted, looked at in words, signed; by a second officer where nobody could prove them.

import { byId, el, icon, receiptLink, say, showProblem } from './common.js';
import { change, given } from './power.js';

const UNREADABLE = {
  slug: 'no-draft', title: 'That isn’t a draft', why: 'A draft is signed as it was made; nothing may be lost of it.',
  next: 'Ask the other officer to copy it again, all of it.',
};

const idle = (button, state) => {
  button.disabled = state === 'asking';
  document.body.dataset.governing = state;
};

/** Says what came of it: it is done, or the next officer's turn. */
function tell(made) {
  byId('half').hidden = true;
  if (!made) return;
  if (made.draft) {
    byId('given-on').value = JSON.stringify({ change: made.change, draft: made.draft });
    byId('half').hidden = false;
    byId('given-on').focus();
    say('Signed. Another officer must sign too.');
    return;
  }
  byId('result').replaceChildren(el('div', { class: 'notice ok', role: 'status' }, icon('ok'),
    el('span', {}, `Done: ${made.words} `, receiptLink(made.receipt))));
  byId('result').scrollIntoView({ block: 'nearest' });
}

/** A form that asks for a change. */
function asks(form, place, ask) {
  byId(form).addEventListener('submit', async (event) => {
    event.preventDefault();
    const button = byId(form).querySelector('button[type="submit"]');
    idle(button, 'asking');
    byId('result').replaceChildren();
    tell(await ask(byId(place)));
    idle(button, 'ready');
  });
}

const limits = () => ({ change: 'set_limits', limits: byId('limits').value });

function rules() {
  const files = [...byId('rules-form').querySelectorAll('textarea')]
    .map(({ dataset, value }) => ({ name: dataset.file, text: value })).filter(({ text }) => text.trim());
  return { change: 'set_rules', files };
}

asks('limits-form', 'limits-problem', (place) => change(limits(), place));
asks('rules-form', 'rules-problem', (place) => change(rules(), place));
asks('given-form', 'given-problem', (place) => {
  let draft;
  try { draft = JSON.parse(byId('given').value); } catch { draft = {}; }
  if (typeof draft.change !== 'string' || typeof draft.draft !== 'string') return showProblem(place, UNREADABLE);
  return given(draft, place);
});
byId('back')?.addEventListener('click', async () => tell(await change({ change: 'set_rules', files: [] }, byId('rules-problem'))));
byId('copy').addEventListener('click', async () => {
  byId('given-on').select();
  await navigator.clipboard?.writeText(byId('given-on').value).catch(() => {});
  say('Copied, or marked so that you can copy it.');
});
