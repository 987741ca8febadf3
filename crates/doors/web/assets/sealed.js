// Opens the copy that lies in this very page: JSON Web Encryption (RFC 7516), by what every browser has. Nothing leaves the page.
const byId = (id) => document.getElementById(id);
const utf8 = (text) => new TextEncoder().encode(text);
const words = (bytes) => new TextDecoder().decode(bytes);

function raw(text) {
  return Uint8Array.from(atob(text.replaceAll('-', '+').replaceAll('_', '/')), (letter) => letter.charCodeAt(0));
}

function joined(...parts) {
  const all = new Uint8Array(parts.reduce((length, part) => length + part.length, 0));
  let at = 0;
  for (const part of parts) {
    all.set(part, at);
    at += part.length;
  }
  return all;
}

/** PBES2-HS512+A256KW, then A256GCM. */
async function opened(jwe, passphrase) {
  const [head, wrapped, nonce, sealed, tag] = jwe.split('.');
  const { alg, p2s, p2c } = JSON.parse(words(raw(head)));
  const stretch = { name: 'PBKDF2', hash: 'SHA-512', salt: joined(utf8(alg), [0], raw(p2s)), iterations: p2c };
  const secret = await crypto.subtle.importKey('raw', utf8(passphrase), 'PBKDF2', false, ['deriveKey']);
  const outer = await crypto.subtle.deriveKey(stretch, secret, { name: 'AES-KW', length: 256 }, false, ['unwrapKey']);
  const key = await crypto.subtle.unwrapKey('raw', raw(wrapped), outer, 'AES-KW', 'AES-GCM', false, ['decrypt']);
  const how = { name: 'AES-GCM', iv: raw(nonce), additionalData: utf8(head) };
  return words(await crypto.subtle.decrypt(how, key, joined(raw(sealed), raw(tag))));
}

/** As it was shown, however it was typed. */
const tidied = (typed) => (typed.toLowerCase().replaceAll(/[^0-9a-z]/g, '').match(/.{1,4}/g) ?? []).join('-');

byId('open').addEventListener('submit', async (event) => {
  event.preventDefault();
  byId('wrong').hidden = true;
  try {
    const text = await opened(byId('jwe').textContent.trim(), tidied(byId('passphrase').value));
    const copy = new DOMParser().parseFromString(text, 'text/html');
    document.title = copy.title;
    document.head.append(...copy.querySelectorAll('style'));
    document.body.replaceChildren(...copy.body.children);
  } catch {
    byId('wrong').hidden = false;
    byId('passphrase').setAttribute('aria-invalid', 'true');
    byId('passphrase').focus();
  }
});
byId('old').hidden = Boolean(globalThis.crypto?.subtle);
