/** The texts of a stream that the network has not taken yet, in their order. */
export class UnsentTexts {
  readonly #sizes: number[] = [];
  #any = false;
  #bytes = 0;
  #onTaken: (() => void) | undefined;

  /** Whether there has ever been one. */
  get any(): boolean {
    return this.#any;
  }

  /** Bytes that wait behind the text under way. */
  get behind(): number {
    return this.#bytes - (this.#sizes[0] ?? 0);
  }

  add(bytes: number): void {
    this.#any = true;
    this.#sizes.push(bytes);
    this.#bytes += bytes;
  }

  /** The network has taken the first of them. */
  takeFirst(): void {
    this.#bytes -= this.#sizes.shift() ?? 0;
    if (this.#sizes.length === 0) this.settle();
  }

  /** Settles when all of them are under way, or nobody has to wait for them. `undefined` where that is so already. For one who asks, once. */
  whenTaken(): Promise<void> | undefined {
    if (this.#sizes.length === 0) return undefined;
    return new Promise((resolve) => {
      this.#onTaken = resolve;
    });
  }

  /** Nobody has to wait any longer. */
  settle(): void {
    this.#onTaken?.();
    this.#onTaken = undefined;
  }
}
