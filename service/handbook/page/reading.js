/** Where the reader is: the part in view is marked in the contents, the page in the sidebar is shown. */

const LINE = 120;

/** Follow the reader. @param {Document} page */
export function followReading(page) {
  showCurrent(page);
  const links = /** @type {HTMLAnchorElement[]} */ ([...page.querySelectorAll(".contents a")]);
  const headings = links.map((link) => page.getElementById(decodeURIComponent(link.hash.slice(1))));
  const markCurrent = () => mark(links, lastAbove(headings));
  addEventListener("scroll", markCurrent, { passive: true });
  markCurrent();
  leaveOutOfTabs(page);
}

/** Show the page's place in the sidebar without moving anything else. @param {Document} page */
function showCurrent(page) {
  const sidebar = page.getElementById("sidebar");
  const current = /** @type {HTMLElement | null} */ (sidebar?.querySelector("[aria-current]"));
  if (sidebar && current) sidebar.scrollTop = current.offsetTop - sidebar.clientHeight / 2;
}

/** @param {(HTMLElement | null)[]} headings */
function lastAbove(headings) {
  return headings.findLastIndex((each) => each !== null && each.getBoundingClientRect().top < LINE);
}

/** @param {HTMLAnchorElement[]} links @param {number} current */
function mark(links, current) {
  for (const [index, link] of links.entries()) {
    if (index === current) link.setAttribute("aria-current", "location");
    else link.removeAttribute("aria-current");
  }
}

/** Only what scrolls by itself is a stop for the Tab key. @param {Document} page */
function leaveOutOfTabs(page) {
  for (const part of page.querySelectorAll(".code pre, .table")) {
    if (part.scrollWidth <= part.clientWidth) part.removeAttribute("tabindex");
  }
}
