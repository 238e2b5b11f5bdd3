/** When the page, the network or the user's eye goes and comes back. */

/**
 * Call `wake` when something comes back, `sleep` when the page is put away (perhaps to be brought
 * back as it is, with "Back", or by a phone); the returned function ends that.
 * @param {{wake: (moved: boolean) => void, sleep: () => void}} calls `moved`: it may be another network
 */
export function wakes({ wake, sleep }) {
  if (!globalThis.document) return () => {};
  const ended = new AbortController();
  /** @type {(target: EventTarget, name: string, act: (event: any) => void) => void} */
  const on = (target, name, act) => target.addEventListener(name, act, { signal: ended.signal });
  const seen = () => document.visibilityState === "visible" && wake(false);
  on(globalThis, "online", () => wake(true));
  on(document, "visibilitychange", seen);
  on(document, "resume", () => wake(false));
  on(globalThis, "pageshow", (event) => event.persisted && wake(false));
  on(document, "freeze", sleep);
  on(globalThis, "pagehide", sleep);
  return () => ended.abort();
}
