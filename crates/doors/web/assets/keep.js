// This browser's key of a session, kept where script can use it and never read it, and how requests are signed with it.
// Shared by the pages and by the worker that signs for them, so a plain script.

globalThis.ringfence = (() => {
  const bytes = (text) => new TextEncoder().encode(text);
  const base64 = (data) => btoa(String.fromCharCode(...new Uint8Array(data)));
  const base64url = (data) => base64(data).replaceAll('+', '-').replaceAll('/', '_').replaceAll('=', '');
  const unbase64url = (text) => Uint8Array.from(atob(text.replaceAll('-', '+').replaceAll('_', '/')), (c) => c.charCodeAt(0));
  const unhex = (text) => Uint8Array.from(text.match(/../g), (pair) => parseInt(pair, 16));

  // ---- what is kept ---------------------------------------------------------------------------

  const done = (request) => new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });

  async function within(mode, act) {
    const opening = indexedDB.open('ringfence', 1);
    opening.onupgradeneeded = () => opening.result.createObjectStore('kept');
    const base = await done(opening);
    try {
      return await done(act(base.transaction('kept', mode).objectStore('kept')));
    } finally {
      base.close();
    }
  }

  const read = (name) => within('readonly', (store) => store.get(name));
  const write = (name, value) => within('readwrite', (store) => store.put(value, name));
  const kept = () => read('session');
  const forget = () => within('readwrite', (store) => store.delete('session'));

  // ---- agreeing on a key ----------------------------------------------------------------------

  const P256 = { name: 'ECDH', namedCurve: 'P-256' };

  /** A key pair whose private half stays in this browser; `shown` is what the server gets to see. */
  async function newDevice() {
    const pair = await crypto.subtle.generateKey(P256, false, ['deriveBits']);
    const point = new Uint8Array(await crypto.subtle.exportKey('raw', pair.publicKey));
    return { secret: pair.privateKey, point, shown: base64url(point) };
  }

  /**
   * This browser's lasting key: made once, its private half never readable. Everybody who signs in here has the same, so
   * that two people at one browser are seen to be at one.
   */
  async function ownDevice() {
    const known = await read('device');
    if (known) return known;
    const made = await newDevice();
    await write('device', made);
    return made;
  }

  /** Keeps the key that both sides come to. `answer` is what a sign-in answered. */
  async function keep(device, answer) {
    if (!answer.public) return forget();
    const theirs = unbase64url(answer.public);
    const their = await crypto.subtle.importKey('raw', theirs, P256, true, []);
    const shared = await crypto.subtle.deriveBits({ name: 'ECDH', public: their }, device.secret, 256);
    const base = await crypto.subtle.importKey('raw', shared, 'HKDF', false, ['deriveKey']);
    new Uint8Array(shared).fill(0);
    const info = new Uint8Array([...bytes('rf1/bound'), ...device.point, ...theirs]);
    const salt = unhex(answer.session.replace('ses_', ''));
    const key = await crypto.subtle.deriveKey({ name: 'HKDF', hash: 'SHA-256', salt, info }, base,
      { name: 'HMAC', hash: 'SHA-256', length: 256 }, false, ['sign']);
    return write('session', { key, ahead: answer.now - Date.now() });
  }

  /** The server's time counts: a browser's clock may be wrong. `date` is an answer's Date header. True if it was. */
  async function setClock(session, date) {
    const ahead = Date.parse(date) - Date.now();
    if (Number.isNaN(ahead) || Math.abs(ahead - session.ahead) < 3000) return false;
    await write('session', { ...session, ahead });
    return true;
  }

  // ---- signing --------------------------------------------------------------------------------

  /** The headers that sign a request (RFC 9421). `body` is null for what changes nothing. */
  async function sign(session, method, url, body) {
    const created = Math.round((Date.now() + session.ahead) / 1000);
    const nonce = base64url(crypto.getRandomValues(new Uint8Array(16)));
    const headers = {};
    const lines = [`"@method": ${method}`, `"@path": ${url.pathname}`, `"@query": ${url.search || '?'}`];
    const names = ['"@method"', '"@path"', '"@query"'];
    if (body) {
      const digest = `sha-256=:${base64(await crypto.subtle.digest('SHA-256', body))}:`;
      headers['content-digest'] = digest;
      lines.push(`"content-digest": ${digest}`);
      names.push('"content-digest"');
    }
    const input = `(${names.join(' ')});created=${created};nonce="${nonce}";alg="hmac-sha256"`;
    lines.push(`"@signature-params": ${input}`);
    const mac = await crypto.subtle.sign('HMAC', session.key, bytes(lines.join('\n')));
    return { ...headers, 'signature-input': `rf=${input}`, signature: `rf=:${base64(mac)}:` };
  }

  return { kept, forget, ownDevice, keep, setClock, sign, read, write, base64url, unbase64url };
})();
