// The worker that signs this browser's requests.

const PATIENCE_MS = 10000;

/** Ready once the worker signs. Throws in a browser that has none. */
export async function workerReady() {
  if (!navigator.serviceWorker || !globalThis.indexedDB || !crypto.subtle) throw new Error('no worker');
  await navigator.serviceWorker.register('/worker.js', { scope: '/' });
  const late = new Promise((_, reject) => { setTimeout(() => reject(new Error('late')), PATIENCE_MS); });
  const { active } = await Promise.race([navigator.serviceWorker.ready, late]);
  if (active.state !== 'activated') {
    await Promise.race([late, new Promise((resolve) => {
      active.addEventListener('statechange', () => { if (active.state === 'activated') resolve(); });
      if (active.state === 'activated') resolve();
    })]);
  }
}
