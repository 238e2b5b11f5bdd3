/** Between a page and what a fake server knows: sockets that can be slow, cut and out of reach. */

import { FINAL } from "./jobcast.js";

/** A WebSocket whose other end is in the same page. */
export class FakeSocket {
  readyState = 0;
  /** @type {Set<string>} */
  channels = new Set();
  /** @type {() => void} */
  onopen = () => {};
  /** @type {(event: {data: string}) => void} */
  onmessage = () => {};
  /** @type {(event: {code: number}) => void} */
  onclose = () => {};

  /** @param {((socket: FakeSocket, frame: any) => void) | null} hear null: nobody is there */
  constructor(hear) {
    this.hear = hear;
    queueMicrotask(() => this.#open());
  }

  #open() {
    if (this.readyState !== 0) return;
    if (!this.hear) return this.drop(1006);
    this.readyState = 1;
    this.onopen();
  }

  /** @param {string} text */
  send(text) {
    this.hear?.(this, JSON.parse(text));
  }

  close() {
    this.readyState = 3;
  }

  /**
   * @param {any} frame
   * @param {number} [delayMs]
   */
  tell(frame, delayMs = 0) {
    if (delayMs) setTimeout(() => this.tell(frame), delayMs);
    else if (this.readyState === 1) this.onmessage({ data: JSON.stringify(frame) });
  }

  /** @param {number} code */
  drop(code) {
    this.readyState = 3;
    this.onclose({ code });
  }
}

export class FakeNetwork {
  /** How long everything takes that happens from now on. */
  delayMs = 0;
  /** @type {Set<FakeSocket>} */
  #sockets = new Set();

  /** @param {import("./fake_world.js").FakeWorld} world */
  constructor(world) {
    this.world = world;
  }

  /** The class of sockets that end here. @returns {any} */
  get WebSocket() {
    const [world, sockets] = [this.world, this.#sockets];
    const hear = (/** @type {FakeSocket} */ socket, /** @type {any} */ frame) =>
      this.#hear(socket, frame);
    return class extends FakeSocket {
      constructor() {
        super(world.reachable ? hear : null);
        if (world.reachable) sockets.add(this);
      }

      close() {
        super.close();
        sockets.delete(this);
      }
    };
  }

  /**
   * Tell an event to those who listen to a channel.
   * @param {string} channel
   * @param {any} event
   */
  tell(channel, event) {
    const frame = { t: "ev", e: [event] };
    for (const socket of this.#sockets) {
      if (socket.channels.has(channel)) socket.tell(frame, this.delayMs);
    }
  }

  /** Nothing more comes of a channel. @param {string} channel */
  finish(channel) {
    for (const socket of this.#sockets) {
      const listened = socket.channels.delete(channel);
      if (listened) socket.tell({ t: "unsubbed", channel, code: "done" }, this.delayMs);
    }
  }

  /** What everybody knows is void: here is the whole of it again. */
  restore() {
    for (const socket of this.#sockets) {
      for (const channel of socket.channels) {
        socket.tell({ t: "gap", channel, reason: "epoch" });
        socket.tell({ t: "snapshot", ...this.world.snapshot(channel) });
      }
    }
  }

  /**
   * End every connection.
   * @param {number} code
   * @param {number} [retryMs] when to come back
   */
  drop(code, retryMs) {
    for (const socket of this.#sockets) {
      if (retryMs !== undefined) socket.tell({ t: "bye", code, retry_ms: retryMs });
      socket.drop(code);
    }
    this.#sockets.clear();
  }

  /**
   * @param {FakeSocket} socket
   * @param {any} frame
   */
  #hear(socket, { t, i, subs, channel }) {
    if (t === "hello") {
      socket.tell({ t: "welcome", ...this.world.owner });
      for (const sub of subs) this.#subscribe(socket, sub.channel);
    } else if (t === "sub") this.#subscribe(socket, channel, i);
    else if (t === "unsub") socket.channels.delete(this.#wire(channel));
    else if (t === "ping") socket.tell({ t: "pong" });
  }

  /**
   * @param {FakeSocket} socket
   * @param {string} asked
   * @param {number} [i]
   */
  #subscribe(socket, asked, i) {
    const channel = this.#wire(asked);
    const snapshot = this.world.snapshot(channel);
    if (!snapshot) {
      const error = { code: "not_found", message: "There is no such channel" };
      return socket.tell({ t: "err", i, channel, error });
    }
    const { epoch, offset, state } = snapshot;
    socket.tell(
      { t: "subbed", i, channel, epoch, offset, recovered: false, snapshot },
      this.delayMs,
    );
    if (!FINAL.has(state.job?.state)) socket.channels.add(channel);
    else socket.tell({ t: "unsubbed", channel, code: "done" }, this.delayMs);
  }

  /** @param {string} channel */
  #wire(channel) {
    return channel === "me" ? `user:${this.world.owner.user}` : channel;
  }
}
