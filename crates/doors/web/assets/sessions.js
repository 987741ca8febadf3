// Security ends sessions: one, or all of a person's.

import { api, byId, el, icon, showProblem } from './common.js';

function said(words) {
  byId('sessions-result').replaceChildren(el('p', { class: 'notice ok', role: 'status' }, icon('ok'), words));
}

/** Ends one; says whether it is over. One that was over already is over. */
async function end(session) {
  const button = session.querySelector('[data-end]');
  button.disabled = true;
  const answer = await api('DELETE', `/v1/sessions/${session.dataset.session}`);
  if (!answer.ok && answer.problem.slug !== 'not-found') {
    button.disabled = false;
    showProblem(byId('sessions-result'), answer.problem);
    return false;
  }
  button.replaceWith(el('span', { class: 'pill', 'data-over': '' }, icon('stop'), 'Over'));
  return true;
}

/** The button that was pressed is gone: the focus goes to whom it was about. */
function settle(person, words) {
  const left = person.querySelectorAll('[data-end]').length;
  const all = person.querySelector('[data-end-all]');
  if (all && left < 2) all.remove();
  else if (all) all.firstChild.textContent = `End all ${left}`;
  said(words);
  person.querySelector('h3').focus();
}

for (const person of document.querySelectorAll('[data-person]')) {
  const name = person.querySelector('h3').textContent;
  for (const session of person.querySelectorAll('[data-session]')) {
    session.querySelector('[data-end]')?.addEventListener('click', async () => {
      if (await end(session)) settle(person, `That session of ${name} is over.`);
    });
  }
  const all = person.querySelector('[data-end-all]');
  all?.addEventListener('click', async () => {
    all.disabled = true;
    let over = 0;
    for (const button of person.querySelectorAll('[data-end]')) {
      if (!await end(button.closest('[data-session]'))) break;
      over += 1;
    }
    all.disabled = false;
    if (!person.querySelector('[data-end]')) settle(person, `All ${over} sessions of ${name} are over.`);
  });
}
