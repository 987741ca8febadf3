// "Board": writing to the other side, and registering one's own key with a passkey. What is read comes with the page.

import { api, byId, el, icon, receiptLink, say, showProblem } from './common.js';
import { answer as answerWith } from './passkey.js';
import { NOT_HERE, usable } from './power.js';

function done(place, text, receipt) {
  place.replaceChildren(el('p', { class: 'notice ok', role: 'status' }, icon('ok'), el('span', {}, text, ' ', receiptLink(receipt))));
  say(text);
}

async function write(form) {
  const place = byId('written');
  const answer = await api('POST', form.dataset.to, { text: form.elements.text.value });
  if (!answer.ok) { showProblem(place, answer.problem); return; }
  form.reset();
  done(place, 'Sent. Load the page again to see it.', answer.data.receipt);
}

/** First what is to be signed, then the same with the signature. */
async function register(form) {
  const place = byId('registered');
  const wanted = { key: form.elements.key.value.trim(), mail: form.elements.mail.value.trim() };
  const [asked, board] = [await api('PUT', '/v1/board/key', wanted), await api('GET', '/v1/board')];
  const wrong = [asked, board].find((answer) => !answer.ok);
  if (wrong) { showProblem(place, wrong.problem); return; }
  const mine = usable(board.data.passkeys);
  const { answer, problem } = mine ? await answerWith(asked.data.challenge, mine.rpId, mine.ids) : { problem: NOT_HERE };
  if (problem) { showProblem(place, problem); return; }
  const set = await api('PUT', '/v1/board/key', { ...wanted, assertion: answer });
  if (!set.ok) { showProblem(place, set.problem); return; }
  form.reset();
  done(place, `Registered: ${set.data.check}. Compare it with what your program printed. Reports from now on are sealed to it.`, set.data.receipt);
}

for (const [id, act] of [['write', write], ['key', register]]) {
  byId(id)?.addEventListener('submit', (event) => { event.preventDefault(); act(event.target); });
}
document.body.dataset.board = 'ready';
