// Making passkeys and answering with them. What a person did or didn't do is said in words; nothing is guessed.

const { base64url, unbase64url } = globalThis.ringfence;

const ALGORITHMS = [-7, -8, -257].map((alg) => ({ type: 'public-key', alg }));
const credentials = (ids) => ids.map((id) => ({ type: 'public-key', id: unbase64url(id) }));

const problem = (slug, title, why, next) => ({ slug, title, why, next });
export const NO_PASSKEYS = problem('no-passkeys', 'This browser has no passkeys',
  'A passkey is kept by the browser, the device or a security key, and this browser offers none here.',
  'Use a current browser, and open this page over https or as localhost.');
const GIVEN_UP = problem('passkey-given-up', 'No passkey was used',
  'The window was closed, the time ran out, or this device has no passkey for this site.',
  'Try again. If you have none yet, ask your security officer for an invitation.');
const THERE_ALREADY = problem('passkey-there-already', 'This device has one of your passkeys already',
  'One device keeps one passkey of yours, so that you can tell them apart.', 'Use another device or a security key.');
const FAILED = problem('passkey-failed', 'The passkey couldn’t be used here',
  'Passkeys are made for one site’s name, and this page isn’t open under it, or the device refused.',
  'Open the page under its own name and try again.');

function refusal(error) {
  if (error.name === 'NotAllowedError' || error.name === 'AbortError') return GIVEN_UP;
  return error.name === 'InvalidStateError' ? THERE_ALREADY : FAILED;
}

/** Makes a passkey; answers {made} or {problem}. `asking` is what the server asks with. */
export async function make({ challenge, rp_id: rpId }, { handle, name, existing = [] }) {
  if (!globalThis.PublicKeyCredential) return { problem: NO_PASSKEYS };
  try {
    const { response } = await navigator.credentials.create({
      publicKey: {
        challenge: unbase64url(challenge),
        rp: { id: rpId, name: 'Ringfence' },
        user: { id: unbase64url(handle), name, displayName: name },
        pubKeyCredParams: ALGORITHMS,
        excludeCredentials: credentials(existing),
        authenticatorSelection: { residentKey: 'required', requireResidentKey: true, userVerification: 'required' },
        attestation: 'none',
        timeout: 120000,
      },
    });
    return { made: { client_data: base64url(response.clientDataJSON), attestation: base64url(response.attestationObject) } };
  } catch (error) {
    return { problem: refusal(error) };
  }
}

/** Answers a challenge with a passkey, one of `allowed` if any are named; answers {answer, handle} or {problem}. */
export async function answer(challenge, rpId, allowed = []) {
  if (!globalThis.PublicKeyCredential) return { problem: NO_PASSKEYS };
  try {
    const { rawId, response } = await navigator.credentials.get({
      publicKey: {
        challenge: unbase64url(challenge), rpId, allowCredentials: credentials(allowed), userVerification: 'required', timeout: 120000,
      },
    });
    return {
      answer: {
        credential: base64url(rawId),
        client_data: base64url(response.clientDataJSON),
        authenticator_data: base64url(response.authenticatorData),
        signature: base64url(response.signature),
      },
      handle: response.userHandle ? base64url(response.userHandle) : '',
    };
  } catch (error) {
    return { problem: refusal(error) };
  }
}
