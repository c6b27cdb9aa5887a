import type { Socket } from 'node:net';

const followed = new WeakMap<Socket, PipelinedAnswers>();

/** The answers that wait behind others on one connection: a single listener tells all of them of its end. */
export class PipelinedAnswers {
  readonly #socket: Socket;
  readonly #listeners = new Set<() => void>();
  readonly #onClose = () => {
    for (const listener of this.#listeners) listener();
  };

  private constructor(socket: Socket) {
    this.#socket = socket;
  }

  /** Those of a connection. */
  static of(socket: Socket): PipelinedAnswers {
    const known = followed.get(socket) ?? new PipelinedAnswers(socket);
    followed.set(socket, known);
    return known;
  }

  /** Calls `listener` when the connection ends. */
  add(listener: () => void): void {
    if (this.#listeners.size === 0) this.#socket.once('close', this.#onClose);
    this.#listeners.add(listener);
  }

  delete(listener: () => void): void {
    this.#listeners.delete(listener);
    if (this.#listeners.size === 0) this.#socket.off('close', this.#onClose);
  }
}
