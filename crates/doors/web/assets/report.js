// "Report something": always in reach, with or without an interaction on screen.

import { api, byId, el, icon, showProblem } from './common.js';

/** `liveId` answers the id of the interaction on screen, or null. */
export function setUpReport(liveId) {
  async function send(event) {
    event.preventDefault();
    const body = { text: byId('report-text').value.trim() };
    if (!body.text) return byId('report-text').focus();
    if (liveId() && byId('report-with').checked) body.interaction = liveId();
    const answer = await api('POST', '/v1/reports', body);
    if (!answer.ok) return showProblem(byId('report-result'), answer.problem);
    byId('report-form').reset();
    byId('report-result').replaceChildren(el('p', { class: 'notice ok' },
      icon('ok'), 'Sent to security. Thank you.'));
    byId('report-close').focus();
  }

  function open() {
    byId('report-result').replaceChildren();
    byId('report').showModal();
    byId('report-text').focus();
  }

  byId('report-open').addEventListener('click', open);
  byId('report-close').addEventListener('click', () => byId('report').close());
  byId('report-form').addEventListener('submit', send);
}
