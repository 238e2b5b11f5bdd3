/** Who is signed in: the cookie session, opened with a token and closed by signing out. */

import { forgetDrafts } from "./draft.js";
import { connect } from "/client/jobcast.js";

/** The one client of this page; it speaks with the session's cookie. */
export const jobcast = connect();

/** Whether the address brings a token, also when it was pasted into the open page. */
export function hasToken() {
  return location.hash.startsWith("#token=");
}

/**
 * Return the session, or null. A token in the fragment (`/#token=…`) opens one; the fragment is
 * removed at once, so that it is neither kept in the history nor seen over a shoulder.
 * @returns {Promise<{user: string, org: string, scopes: string[]} | null>}
 */
export async function session() {
  const token = new URLSearchParams(location.hash.slice(1)).get("token");
  if (token) {
    history.replaceState(null, "", location.pathname);
    await signIn(token);
  }
  return jobcast.api.insist("GET", "api/session").catch((error) => {
    if (error.status === 401) return null;
    throw error;
  });
}

/** @param {string} token */
export function signIn(token) {
  return jobcast.api.call("POST", "api/session", { json: { token: token.trim() } });
}

/** Whether the user is on the way out: that the connection ends then is no news. */
export let leaving = false;

/** Forget the session here and on the server, then start over. */
export async function signOut() {
  leaving = true;
  await jobcast.api.call("DELETE", "api/session").catch((error) => {
    leaving = false;
    throw error;
  });
  jobcast.close();
  forgetDrafts();
  location.reload();
}
