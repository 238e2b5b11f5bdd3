"""What every page has to stand: axe, the keyboard, a phone's width; and how it looks, kept as pictures."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from playwright.async_api import Page

from tests.e2e.program import ROOT

AXE: Final = ROOT / "node_modules" / "axe-core" / "axe.min.js"
PICTURES: Final = ROOT / "screenshots"
DESKTOP: Final = {"width": 1280, "height": 820}
PHONE: Final = {"width": 360, "height": 740}
MAIN: Final = "#main"
MOST_CONTROLS: Final = 60

# Counts what the page has asked for and not got yet.
ASKED = """{
  const fetched = window.fetch;
  window.asked = {open: 0, since: performance.now()};
  window.fetch = (...given) => {
    asked.open += 1;
    return fetched(...given).finally(() => {
      asked.open -= 1;
      asked.since = performance.now();
    });
  };
}"""
# Whatever a page waits for has come: its skeleton has gone, nothing says that it loads, and the last
# answer has been there long enough to be drawn.
SETTLED = """() => {
  if (asked.open || performance.now() - asked.since < 60) return false;
  const shown = (element) => element.checkVisibility();
  const waits = [...document.querySelectorAll(".skeleton, .late")].some(shown);
  const loads = [...document.querySelectorAll(".empty, [role=status]")].some(
    (element) => shown(element) && /^(Loading|Connecting)/.test(element.textContent));
  return !waits && !loads && document.querySelector("h1") !== null;
}"""
VIOLATIONS = """async ([rules, where]) => {
  const only = rules.length ? {runOnly: {type: "rule", values: rules}} : {};
  const {violations} = await axe.run(where, {resultTypes: ["violations"], preload: false, ...only});
  return violations.flatMap(({id, help, nodes}) => nodes.map(
    ({target, any}) => `${id} (${help}): ${target.join(" ")} ${any[0]?.message ?? ""}`));
}"""
SIDEWAYS = """() => {
  const wide = document.documentElement.scrollWidth > innerWidth;
  const main = document.querySelector("#main");
  const inner = main && main.scrollWidth > main.clientWidth + 1;
  if (!wide && !inner) return [];
  const beyond = [...document.querySelectorAll("#main *")].filter((element) =>
    element.checkVisibility() && element.getBoundingClientRect().right > innerWidth + 1);
  return beyond.slice(0, 5).map((element) => `${element.tagName}.${element.className}`).concat("too wide");
}"""
# Where Tab should lead, in the order of the page, from the first control of `root` on.
CONTROLS = """(root) => {
  const controls = "a[href], button, input, select, textarea, summary, [tabindex='0']";
  const all = [...document.querySelector(root).querySelectorAll(controls)].filter((element) =>
    element.checkVisibility() && !element.disabled && element.tabIndex >= 0
    && (element.type !== "radio" || element.checked));
  const seen = [];
  const told = (element) => [element.tagName.toLowerCase(), element.id && `#${element.id}`,
    (element.getAttribute("aria-label") || element.textContent || element.name || "").trim().slice(0, 30)]
    .filter(Boolean).join(" ");
  const shows = ({outlineStyle, outlineWidth, boxShadow}) =>
    (outlineStyle !== "none" && parseFloat(outlineWidth) > 0) || boxShadow !== "none";
  const hear = ({target}) => {
    if (!target.matches(controls) || !target.closest(root)) return;
    const beside = target.nextElementSibling ?? target;
    const visible = [target, beside].some((element) => shows(getComputedStyle(element)));
    seen.push(`${told(target)}${visible ? "" : " (its focus cannot be seen)"}`);
  };
  document.addEventListener("focusin", hear);
  window.tour = {seen, end: () => document.removeEventListener("focusin", hear)};
  document.activeElement?.blur();
  all[0]?.focus();
  const parts = all.filter(({type}) => ["time", "date", "datetime-local"].includes(type)).length;
  return [all.map(told), all.length + 3 * parts];
}"""


TO_TOP = """() => {
  const all = document.querySelectorAll("main, .panel, .list, dialog, html");
  for (const element of all) element.scrollTo(0, 0);
}"""


@dataclass(frozen=True)
class Inspection:
    """Looks one page over, as it is shown now.

    ``root`` is what the keyboard has to go through: the page without the menu, which is looked at once.
    """

    page: Page
    name: str
    root: str = MAIN

    async def all(self) -> list[str]:
        """Return everything that is wrong with it, and keep its pictures."""
        await self.page.wait_for_function(SETTLED)
        await self.picture("light")
        found = await self.axe() + await self.keyboard()
        found += await self.dark()
        return found + await self.phone()

    async def axe(self, *rules: str) -> list[str]:
        """Return what axe objects to: all of its rules, or some."""
        if not await self.page.evaluate("() => 'axe' in window"):
            await self.page.evaluate(AXE.read_text(encoding="utf-8"))
        where = {"include": [self.root]} if self.root != MAIN else {"exclude": ["#menu"]}
        found: list[str] = await self.page.evaluate(VIOLATIONS, [list(rules), where])
        return found

    async def dark(self) -> list[str]:
        """Return what cannot be read in the dark: nothing but colours is other there."""
        await self.page.emulate_media(color_scheme="dark")
        await self.picture("dark")
        found = await self.axe("color-contrast")
        await self.page.emulate_media(color_scheme="light")
        return [f"dark: {fault}" for fault in found]

    async def phone(self) -> list[str]:
        """Return what is wider than a small phone."""
        await self.page.set_viewport_size(PHONE)  # type: ignore[arg-type]  # a plain dict
        await self.picture("phone")
        found: list[str] = await self.page.evaluate(SIDEWAYS)
        await self.page.set_viewport_size(DESKTOP)  # type: ignore[arg-type]  # a plain dict
        return [f"phone: {fault}" for fault in found]

    async def keyboard(self) -> list[str]:
        """Return the controls that Tab does not reach, or not in the order they stand, or not visibly."""
        controls, stops = await self.page.evaluate(CONTROLS, self.root)
        wanted: list[str] = controls[:MOST_CONTROLS]
        await self.page.keyboard.press("Tab")  # there and back, as no script can focus like a key
        await self.page.evaluate("() => { tour.seen.length = 0 }")
        await self.page.keyboard.press("Shift+Tab")
        for _ in range(min(stops, MOST_CONTROLS)):
            await self.page.keyboard.press("Tab")
        told: list[Any] = await self.page.evaluate("() => (tour.end(), tour.seen)")
        seen = told[: len(wanted)]
        await self.page.evaluate("() => document.activeElement?.blur()")
        if seen == wanted:
            return []
        first = next(
            n
            for n, (a, b) in enumerate(zip([*seen, None], [*wanted, None], strict=False))
            if a != b
        )
        return [f"keyboard: at step {first} {seen[first:][:1]} instead of {wanted[first:][:1]}"]

    async def picture(self, how: str) -> None:
        """Keep how it looks, from its top."""
        await self.page.evaluate(TO_TOP)
        PICTURES.mkdir(exist_ok=True)
        await self.page.screenshot(path=Path(PICTURES) / f"{self.name}-{how}.png", caret="initial")
