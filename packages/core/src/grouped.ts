/** Items in groups, each group in the order in which its items were added. An empty group takes no memory, and one of a single item no set. */
export class Grouped<Item extends object> {
  readonly #groups = new Map<string, Item | Set<Item>>();

  /** How many groups have items. */
  get size(): number {
    return this.#groups.size;
  }

  /** The items of a group. */
  of(group: string): Iterable<Item> {
    const items = this.#groups.get(group);
    if (items === undefined) return [];
    return items instanceof Set ? items : [items];
  }

  /** Adds an item at the end of its group. It must not be in it. */
  add(group: string, item: Item): void {
    const items = this.#groups.get(group);
    if (items === undefined) this.#groups.set(group, item);
    else if (items instanceof Set) items.add(item);
    else this.#groups.set(group, new Set([items, item]));
  }

  /** Takes an item out of its group. It must be in it. */
  delete(group: string, item: Item): void {
    const items = this.#groups.get(group);
    if (!(items instanceof Set) || (items.delete(item) && items.size === 0)) this.#groups.delete(group);
  }
}
