/** Work for which several wait. Who gives up leaves it to the others; it ends once nobody is left who waits for it. */
export class JointWork<T> {
  readonly #abandoned = new AbortController();
  readonly #result: Promise<T>;
  #waiting = 0;

  /** @param work begins right after this; it should end soon once the signal has aborted. */
  constructor(work: (signal: AbortSignal) => Promise<T>) {
    this.#result = Promise.resolve().then(() => work(this.#abandoned.signal));
  }

  /** All who waited have given up: nobody may join any more. */
  get isAbandoned(): boolean {
    return this.#abandoned.signal.aborted;
  }

  /** @param signal ends the waiting of this one. @param given what it gets then. @returns what comes of the work, or throws the same. */
  wait(signal: AbortSignal, given: T): Promise<T> {
    this.#waiting += 1;
    return new Promise((resolve, reject) => {
      const leave = (): void => {
        this.#waiting -= 1;
        if (this.#waiting === 0) this.#abandoned.abort();
        resolve(given);
      };
      if (signal.aborted) return leave();
      signal.addEventListener("abort", leave, { once: true });
      this.#result.then(resolve, reject).finally(() => signal.removeEventListener("abort", leave));
    });
  }
}
