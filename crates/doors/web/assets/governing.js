// Rules, limits and settings, changed by officers: drafted, looked at in words, tried, signed; and by a second officer under Proposals.

import { byId, el, icon, moment, receiptLink, say } from './common.js';
import { change } from './power.js';

const idle = (button, state) => {
  button.disabled = state === 'asking';
  document.body.dataset.governing = state;
};

/** Says what came of it: it is done, or the next officer's turn. */
function tell(made) {
  if (!made) return;
  if (made.change) {
    byId('result').replaceChildren(el('div', { class: 'notice ok', role: 'status' }, icon('ok'),
      el('span', {}, 'Signed. It stands under ', el('a', { href: '/security/proposals' }, 'Proposals'),
        made.in_force_at ? ` until it comes into force on ${moment(made.in_force_at)}.` : ', where another officer signs it too.')));
    say('Signed.');
    byId('result').scrollIntoView({ block: 'nearest' });
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
asks('settings-form', 'settings-problem', (place) => change({ change: 'set_settings', settings: byId('settings').value }, place));
byId('from-file')?.addEventListener('click', async () => tell(await change({ change: 'set_settings' }, byId('settings-problem'))));
asks('rules-form', 'rules-problem', (place) => change(rules(), place));
byId('back')?.addEventListener('click', async () => tell(await change({ change: 'set_rules', files: [] }, byId('rules-problem'))));
