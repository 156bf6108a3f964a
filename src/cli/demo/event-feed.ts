/** The daemon's events for code that waits for one of them. */
import type { DaemonEvent, Listener } from "../../daemon/events.ts";

type Matches = (event: DaemonEvent) => boolean;

export class EventFeed {
  readonly #listeners = new Set<Listener>();

  take(event: DaemonEvent): void {
    for (const listener of this.#listeners) listener(event);
  }

  /** @returns the next event that matches. @throws the signal's reason when it aborts first. */
  next(matches: Matches, signal: AbortSignal): Promise<DaemonEvent> {
    return new Promise((resolve, reject) => {
      const listener = (event: DaemonEvent): void => {
        if (!matches(event)) return;
        this.#listeners.delete(listener);
        resolve(event);
      };
      this.#listeners.add(listener);
      signal.addEventListener("abort", () => {
        this.#listeners.delete(listener);
        reject(signal.reason);
      });
    });
  }

  /** @returns a list that grows with every event that matches. */
  collect(matches: Matches): { readonly events: readonly DaemonEvent[] } {
    const events: DaemonEvent[] = [];
    this.#listeners.add((event) => {
      if (matches(event)) events.push(event);
    });
    return { events };
  }
}
