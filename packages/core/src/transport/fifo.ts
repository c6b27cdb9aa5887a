const COMPACT_FROM = 1_024;

/** A queue whose ends are both reached in constant time, however long it is. (A `Set` passes over what was deleted at its head.) */
export class Fifo<Item> {
  #items: Item[] = [];
  #head = 0;

  push(item: Item): void {
    this.#items.push(item);
  }

  /** The oldest item. */
  peek(): Item | undefined {
    return this.#items[this.#head];
  }

  /** Takes the oldest item off. */
  shift(): void {
    this.#head += 1;
    if (this.#head < COMPACT_FROM || 2 * this.#head < this.#items.length) return;
    this.#items = this.#items.slice(this.#head);
    this.#head = 0;
  }

  /** All items, oldest first. A copy. */
  toArray(): Item[] {
    return this.#items.slice(this.#head);
  }
}
