/** The children of a job, and theirs: each with its state, as a tree. */

import { make, say } from "./elements.js";
import { jobAddress } from "./router.js";
import { badge, showBadge } from "./row.js";
import { title } from "./words.js";

const ENDED = ["succeeded", "failed", "cancelled", "expired"];

export class Children {
  /** @type {Map<string, Branch>} */
  #branches = new Map();

  /** @param {ReturnType<typeof import("/client/family.js").family>} family */
  constructor(family) {
    this.family = family;
    this.count = make("span", { class: "count" });
    this.roots = make("ul", { class: "tree" });
    this.element = make(
      "section",
      { class: "children", hidden: true, "aria-label": "Child jobs" },
      make("h2", null, "Child jobs ", this.count),
      this.roots,
    );
    family.on("change", () => this.#draw());
  }

  #draw() {
    const { items } = this.family;
    for (const job of items) this.#show(job);
    this.element.hidden = !items.length;
    const ended = items.filter(({ state }) => ENDED.includes(state)).length;
    say(this.count, `${ended} of ${items.length}${this.family.full ? " or more" : ""} finished`);
  }

  /** Show a job in its place; one that is known stays where it is. @param {any} job */
  #show(job) {
    let branch = this.#branches.get(job.id);
    if (!branch) {
      branch = new Branch(job);
      this.#branches.set(job.id, branch);
      (this.#branches.get(job.parent_id)?.twigs ?? this.roots).append(branch.element);
    }
    branch.show(job);
  }
}

class Branch {
  /** @param {any} job */
  constructor(job) {
    this.badge = badge(job);
    this.about = make("span", { class: "about" });
    this.bar = make("progress", { max: 1, "aria-label": "Progress" });
    this.twigs = make("ul", { class: "tree" });
    this.element = make(
      "li",
      { data: { id: job.id } },
      make(
        "div",
        { class: "line" },
        make("a", { href: jobAddress(job.id) }, title(job.kind)),
        this.badge,
        this.about,
        this.bar,
      ),
      this.twigs,
    );
  }

  /** @param {any} job */
  show(job) {
    const { state, progress, error } = job;
    showBadge(this.badge, job);
    this.bar.hidden = state !== "running" || !progress;
    if (!this.bar.hidden) this.bar.value = progress.fraction;
    say(this.about, state === "running" ? (progress?.message ?? "") : (error?.message ?? ""));
  }
}
