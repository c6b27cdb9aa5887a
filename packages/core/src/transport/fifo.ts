const COMPACT_FROM = 1_024;

/** A queue whose ends are both reached in constant time, however long it is. (A `Set` passes over what was deleted at its head.) */
export class Fifo<Item extends object> {
  #items: (Item | undefined)[] = [];
  #head = 0;

  /** How many items there are. */
  get length(): number {
    return this.#items.length - this.#head;
  }

  push(item: Item): void {
    this.#items.push(item);
  }

  /** The oldest item. */
  peek(): Item | undefined {
    return this.#items[this.#head];
  }

  /** Takes the oldest item off. */
  shift(): void {
    this.#items[this.#head] = undefined;
    this.#head += 1;
    if (this.#head < COMPACT_FROM || 2 * this.#head < this.#items.length) return;
    this.#items = this.#items.slice(this.#head);
    this.#head = 0;
  }

  /** Takes every item off that is not to be kept. */
  retain(isKept: (item: Item) => boolean): void {
    this.#items = this.toArray().filter(isKept);
    this.#head = 0;
  }

  /** All items, oldest first. A copy. */
  toArray(): Item[] {
    return this.#items.slice(this.#head) as Item[];
  }
}
