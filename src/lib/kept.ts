interface Holding {
  readonly value: { close(): void | Promise<void> };
  holders: number;
}

/**
 * What outlives the one who made it, as long as somebody of the same wish holds it: a connection, a cache, a watched file
 * that one configuration hands on to the next.
 */
export class Kept {
  readonly #held = new Map<string, Holding>();

  /**
   * The one value of a key; made by the first who asks.
   * @param key names what it is and everything it was made with: another key is another value.
   * @returns the value, and a function that lets it go; the last one to do so closes it.
   */
  hold<T extends { close(): void | Promise<void> }>(key: string, make: () => T): { readonly value: T; readonly release: () => void | Promise<void> } {
    let holding = this.#held.get(key);
    if (holding === undefined) {
      holding = { value: make(), holders: 0 };
      this.#held.set(key, holding);
    }
    const held = holding;
    held.holders += 1;
    let released = false;
    const release = (): void | Promise<void> => {
      if (released) return undefined;
      released = true;
      held.holders -= 1;
      if (held.holders > 0) return undefined;
      this.#held.delete(key);
      return held.value.close();
    };
    const { value } = held;
    assumeMade(value, make);
    return { value, release };
  }
}

/** Whoever wishes for the same by the same key makes it in the same way. */
function assumeMade<T>(value: unknown, make: () => T): asserts value is T {
  void [value, make];
}
