/** Starts the page: who is it, which page is meant, and what has to be there for it. */

import { byId, fill, make } from "./elements.js";
import { icon } from "./icons.js";
import { indicator } from "./indicator.js";
import { Menu } from "./menu.js";
import { notice } from "./notices.js";
import { PAGES, mayOpen } from "./pages.js";
import { formAddress, route } from "./router.js";
import { hasToken, jobcast, leaving, session, signOut } from "./session.js";
import { listenForShortcuts, shortcut } from "./shortcuts.js";
import { signInPage } from "./sign_in.js";
import { View } from "./view.js";
import { sentence } from "./words.js";

const OF_JOBS = ["list", "job", "new"];

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

/** @param {import("./pages.js").Caller} caller */
function enter(caller) {
  const out = () => signOut().catch((error) => notice(sentence(error)));
  const menu = new Menu(caller, out);
  const view = new View(jobcast, caller);
  fill(
    byId("app"),
    make("div", { class: "shell" }, top(menu.button), menu.element, menu.backdrop, view.element),
  );
  jobcast.on("stopped", (/** @type {any} */ error) => {
    if (leaving) return;
    if (error.status === 401) askIn("Your session has ended. Sign in again.");
    else notice(`${sentence(error)}. Reload the page to go on.`);
  });
  const show = () => {
    if (hasToken()) return location.reload();
    const meant = route();
    menu.mark(OF_JOBS.includes(meant.page) ? "jobs" : meant.page);
    view.open(meant);
  };
  addEventListener("hashchange", show);
  countUnread(menu);
  useKeys(caller);
  show();
}

/** @param {Menu} menu */
function countUnread(menu) {
  const inbox = jobcast.inbox();
  inbox.on("change", () => menu.count("inbox", inbox.unread, "unread"));
}

/** @param {import("./pages.js").Caller} caller */
function useKeys(caller) {
  listenForShortcuts();
  for (const page of PAGES.filter((one) => mayOpen(one, caller)))
    shortcut(`g ${page.key}`, `Go to ${page.title}`, () => (location.hash = `#/${page.name}`));
  shortcut("n", "New job", () => (location.hash = formAddress("")));
}

/** @param {HTMLElement} menuButton */
function top(menuButton) {
  return make(
    "header",
    { class: "top" },
    menuButton,
    make(
      "a",
      { class: "brand", href: "#/" },
      make("img", {
        src: new URL("icon.svg", import.meta.url).href,
        alt: "",
        width: 24,
        height: 24,
      }),
      "Jobcast",
    ),
    indicator(jobcast),
    make("a", { class: "button primary new", href: formAddress("") }, icon("plus"), "New job"),
  );
}

/** The link is no address: it moves the focus, and the page stays. */
document.querySelector(".skip")?.addEventListener("click", (event) => {
  event.preventDefault();
  byId("main")?.focus();
});

start();
