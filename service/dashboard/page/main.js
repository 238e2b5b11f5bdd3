/** Starts the page: who is it, which page is meant, and what has to be there for it. */

import { byId, fill, make } from "./elements.js";
import { indicator } from "./indicator.js";
import { jobList } from "./list.js";
import { jobPage } from "./job_page.js";
import { newJobPage } from "./new_job.js";
import { notice } from "./notices.js";
import { formAddress, route } from "./router.js";
import { hasToken, jobcast, leaving, session, signOut } from "./session.js";
import { signInPage } from "./sign_in.js";
import { sentence } from "./words.js";

/** What the shown page wants to have undone when it goes. @type {() => void} */
let leave = () => {};

async function start() {
  try {
    const caller = await session();
    if (caller) enter(caller);
    else askIn();
  } catch (error) {
    if (/** @type {any} */ (error).status === 401) return askIn(sentence(error));
    const again = make(
      "button",
      { type: "button", class: "primary", onclick: () => location.reload() },
      "Try again",
    );
    fill(
      byId("app"),
      make(
        "main",
        { id: "main", class: "sign-in" },
        make("h1", null, "Jobcast"),
        make("p", { role: "alert" }, sentence(error)),
        again,
      ),
    );
  }
}

/** @param {string} [reason] */
function askIn(reason) {
  fill(
    byId("app"),
    signInPage(() => location.reload(), reason),
  );
}

/** @param {{user: string, org: string}} caller */
function enter(caller) {
  const panel = make("section", { id: "main", class: "panel", tabIndex: -1 });
  const list = jobList(jobcast);
  fill(byId("app"), top(caller), make("div", { class: "columns" }, list.element, panel));
  jobcast.on("stopped", (/** @type {any} */ error) => {
    if (leaving) return;
    if (error.status === 401) askIn("Your session has ended. Sign in again.");
    else notice(`${sentence(error)}. Reload the page to go on.`);
  });
  const show = () => (hasToken() ? location.reload() : open(panel, list));
  addEventListener("hashchange", show);
  show();
}

/**
 * @param {HTMLElement} panel
 * @param {ReturnType<typeof jobList>} list
 */
function open(panel, list) {
  const { page, of } = route();
  leave();
  document.body.dataset.page = page;
  document.title = "Jobcast";
  list.mark(page === "job" ? of : null);
  const shown = page === "job" ? jobPage(jobcast, of) : newJobPage(jobcast, of);
  leave = shown.leave;
  fill(panel, shown.element);
  if (page !== "list") panel.focus({ preventScroll: true });
  panel.scrollTo?.(0, 0);
}

/** @param {{user: string, org: string}} caller */
function top({ user, org }) {
  const out = () => signOut().catch((error) => notice(sentence(error)));
  return make(
    "header",
    { class: "top" },
    make(
      "a",
      { class: "brand", href: "#/" },
      make("img", { src: "/dashboard/icon.svg", alt: "", width: 24, height: 24 }),
      "Jobcast",
    ),
    indicator(jobcast),
    make("a", { class: "button primary", href: formAddress("") }, "New job"),
    make("span", { class: "who", title: `Organisation ${org}` }, user),
    make("button", { type: "button", class: "quiet", onclick: out }, "Sign out"),
  );
}

start();
