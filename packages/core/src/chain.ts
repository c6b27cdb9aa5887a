/** Where an item stands in its {@link Chain}: what it is moved and taken out by. */
export class Place<Item> {
  readonly item: Item;
  /** Whether it is in the chain. */
  held = false;
  before: Place<Item> | undefined;
  after: Place<Item> | undefined;

  constructor(item: Item) {
    this.item = item;
  }
}

/**
 * Items in the order in which they were added, for what comes and goes with every request: unlike in a Set nothing has to be looked up, and what has been
 * taken out leaves nothing behind. (A Set's table that has become too small keeps all later ones alive until it is collected itself.)
 */
export class Chain<Item> {
  #first: Place<Item> | undefined;
  #last: Place<Item> | undefined;

  /** The place of the item that was added first. */
  get first(): Place<Item> | undefined {
    return this.#first;
  }

  /** Adds an item at the end. */
  add(item: Item): Place<Item> {
    const place = new Place(item);
    this.#append(place);
    return place;
  }

  /** Moves an item to the end. It must be in the chain. */
  moveToEnd(place: Place<Item>): void {
    this.remove(place);
    this.#append(place);
  }

  /** Takes an item out, unless it is out already. */
  remove(place: Place<Item>): void {
    if (!place.held) return;
    const { before, after } = place;
    if (before === undefined) this.#first = after;
    else before.after = after;
    if (after === undefined) this.#last = before;
    else after.before = before;
    place.held = false;
    place.before = undefined;
    place.after = undefined;
  }

  /** All items, in their order. */
  toArray(): Item[] {
    const items: Item[] = [];
    for (let place = this.#first; place !== undefined; place = place.after) items.push(place.item);
    return items;
  }

  #append(place: Place<Item>): void {
    const last = this.#last;
    if (last === undefined) this.#first = place;
    else last.after = place;
    place.before = last;
    place.held = true;
    this.#last = place;
  }
}
