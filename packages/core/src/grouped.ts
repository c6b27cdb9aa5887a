/** Items in groups, each group in the order in which its items were added. An empty group takes no memory. */
export class Grouped<Item> {
  readonly #groups = new Map<string, Set<Item>>();

  /** How many groups have items. */
  get size(): number {
    return this.#groups.size;
  }

  /** The items of a group, as they are now and will be. */
  of(group: string): ReadonlySet<Item> {
    return this.#groups.get(group) ?? NOTHING;
  }

  /** Adds an item at the end of its group. One that is in it moves there. */
  add(group: string, item: Item): void {
    const items = this.#groups.get(group);
    if (items === undefined) {
      this.#groups.set(group, new Set([item]));
      return;
    }
    items.delete(item);
    items.add(item);
  }

  delete(group: string, item: Item): void {
    const items = this.#groups.get(group);
    items?.delete(item);
    if (items?.size === 0) this.#groups.delete(group);
  }
}

const NOTHING: ReadonlySet<never> = new Set();
