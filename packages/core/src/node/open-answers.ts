import { Chain, type Place } from '../chain.ts';

/** An answer that may still be on its way to the network. */
export interface OpenAnswer {
  /** Whether it is complete, and only has to be sent. */
  readonly closed: boolean;
  /** Settles when nothing of it is on its way any more. */
  readonly sent: Promise<void>;
}

/** The answers that have not been sent to their end. A server that stops listening cuts them off: closing waits for them. */
export class OpenAnswers {
  readonly #answers = new Chain<OpenAnswer>();

  add(answer: OpenAnswer): Place<OpenAnswer> {
    return this.#answers.add(answer);
  }

  remove(place: Place<OpenAnswer>): void {
    this.#answers.remove(place);
  }

  /** Settles when every answer that is complete now has been sent, after `graceMs` at the latest: a client may never read. */
  async sent(graceMs: number): Promise<void> {
    const complete = this.#answers.toArray().filter(({ closed }) => closed);
    const deadline = new Promise<void>((resolve) => setTimeout(resolve, graceMs).unref());
    await Promise.race([deadline, Promise.all(complete.map((answer) => answer.sent))]);
  }
}
