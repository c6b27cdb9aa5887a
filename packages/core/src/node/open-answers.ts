/** An answer that may still be on its way to the network. */
export interface OpenAnswer {
  /** Whether it is complete, and only has to be sent. */
  readonly closed: boolean;
}

/** The answers that have not been sent to their end. A server that stops listening cuts them off: closing waits for them. */
export class OpenAnswers {
  readonly #answers = new Set<OpenAnswer>();
  #onSent: (() => void) | undefined;

  add(answer: OpenAnswer): void {
    this.#answers.add(answer);
  }

  delete(answer: OpenAnswer): void {
    this.#answers.delete(answer);
    this.#onSent?.();
  }

  /** Settles when every complete answer has been sent, after `graceMs` at the latest: a client may never read. */
  sent(graceMs: number): Promise<void> {
    return new Promise((resolve) => {
      const deadline = setTimeout(resolve, graceMs).unref();
      this.#onSent = () => {
        if ([...this.#answers].some(({ closed }) => closed)) return;
        clearTimeout(deadline);
        resolve();
      };
      this.#onSent();
    });
  }
}
