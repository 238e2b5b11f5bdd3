/** The browser's means by which tabs find each other, for several tabs within one test. */

/** A LockManager: one holder per name, the others wait in line. */
export class FakeLocks {
  #lines = new Map();

  request(name, options, callback) {
    const [{ signal, steal }, act] = callback ? [options, callback] : [{}, options];
    const line = this.#lines.get(name) ?? [];
    this.#lines.set(name, line);
    const aborted = new DOMException("aborted", "AbortError");
    return new Promise((resolve, reject) => {
      const one = { act, held: false, resolve, reject };
      if (signal?.aborted) return reject(aborted);
      if (steal && line[0]?.held) line.shift().reject(aborted);
      if (steal) line.unshift(one);
      else line.push(one);
      signal?.addEventListener("abort", () => {
        if (one.held || !line.includes(one)) return;
        line.splice(line.indexOf(one), 1);
        reject(aborted);
      });
      queueMicrotask(() => this.#next(line));
    });
  }

  #next(line) {
    const [first] = line;
    if (!first || first.held) return;
    first.held = true;
    Promise.resolve(first.act()).then((value) => {
      if (line[0] !== first) return;
      line.shift();
      first.resolve(value);
      this.#next(line);
    });
  }
}

/** A BroadcastChannel class whose channels hear each other; `deaf` ones are of a frozen tab. */
export function fakeBroadcast() {
  const all = new Set();
  return class FakeBroadcast {
    onmessage = () => {};
    deaf = false;
    static all = all;

    constructor(name) {
      this.name = name;
      all.add(this);
    }

    postMessage(data) {
      for (const other of all) {
        if (other === this || other.name !== this.name) continue;
        queueMicrotask(
          () => all.has(other) && !other.deaf && other.onmessage({ data: structuredClone(data) }),
        );
      }
    }

    close() {
      all.delete(this);
    }
  };
}
