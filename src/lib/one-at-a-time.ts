/** Runs asynchronous work in the order it was given, never two at once; that one fails does not stop the next. */
export class OneAtATime {
  #last: Promise<unknown> = Promise.resolve();

  /** Settles when all that was given so far has ended. Never rejects. */
  get idle(): Promise<unknown> {
    return this.#last;
  }

  async run<T>(work: () => Promise<T>): Promise<T> {
    const result = this.#last.then(work);
    this.#last = result.catch(() => undefined);
    return result;
  }
}
