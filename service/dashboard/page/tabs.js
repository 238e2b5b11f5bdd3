/** Parts of a page of which one is shown: arrow keys go from tab to tab. */

import { make } from "./elements.js";

let made = 0;

/**
 * @param {{label: string, tabs: {name: string, title: string, element: HTMLElement}[], chosen?: string,
 *   onchoose?: (name: string) => void}} given
 * @returns {{element: HTMLElement, choose: (name: string) => void}}
 */
export function tabs({ label, tabs, chosen = tabs[0]?.name, onchoose }) {
  const group = `tabs-${++made}`;
  const buttons = tabs.map(({ name, title }) =>
    make(
      "button",
      {
        type: "button",
        role: "tab",
        id: `${group}-${name}`,
        "aria-controls": `${group}-${name}-panel`,
        data: { name },
        onclick: () => (choose(name), onchoose?.(name)),
      },
      title,
    ),
  );
  const panels = tabs.map(({ name, element }) =>
    make(
      "div",
      { role: "tabpanel", id: `${group}-${name}-panel`, "aria-labelledby": `${group}-${name}` },
      element,
    ),
  );
  const choose = (/** @type {string} */ name) => {
    for (const [i, button] of buttons.entries()) {
      const here = button.dataset.name === name;
      button.setAttribute("aria-selected", String(here));
      button.tabIndex = here ? 0 : -1;
      panels[i].hidden = !here;
    }
  };
  const move = (/** @type {KeyboardEvent} */ event) => {
    const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
    if (!step) return;
    const at = buttons.findIndex((button) => button === document.activeElement);
    const next = buttons[(at + step + buttons.length) % buttons.length];
    next.focus();
    next.click();
  };
  choose(chosen);
  const bar = make(
    "div",
    { class: "tabs", role: "tablist", "aria-label": label, onkeydown: move },
    buttons,
  );
  return { element: make("div", null, bar, panels), choose };
}
