/** The idle connections to one member: they are cut when it dies, when the monitor's network fails, and now and then for no reason. */
import type { WatchConnection, WatchListener } from "../../src/probes/watch-connection.ts";
import type { SimProcess } from "./process.ts";
import type { Random } from "./random.ts";
import type { Stage } from "./stage.ts";

interface Idle {
  readonly process: SimProcess;
  readonly listener: WatchListener;
}

export class SimWatches {
  readonly #stage: Stage;
  readonly #random: Random;
  readonly #open = new Set<Idle>();

  constructor(stage: Stage, random: Random) {
    this.#stage = stage;
    this.#random = random;
  }

  /** @param accepts asked when the connection arrives. */
  open(process: SimProcess, listener: WatchListener, accepts: () => boolean): WatchConnection {
    const idle: Idle = { process, listener };
    let isClosed = false;
    this.#stage.clock.in(this.#random.int(1, 40), () =>
      process.deliver(() => {
        if (isClosed) return;
        if (!accepts()) {
          listener.onEnd("unopened");
          return;
        }
        this.#open.add(idle);
        listener.onOpen();
        this.#stage.clock.in(this.#random.wide(1_000, 7_200_000), () => this.#end(idle));
      }),
    );
    return {
      close: () => {
        isClosed = true;
        this.#open.delete(idle);
      },
    };
  }

  /** All of them, within a moment. */
  cut(): void {
    for (const idle of this.#open) this.#stage.clock.in(this.#random.int(0, 50), () => this.#end(idle));
  }

  /** What has been closed meanwhile is told of to nobody. */
  #end(idle: Idle): void {
    idle.process.deliver(() => {
      if (!this.#open.delete(idle)) return;
      this.#stage.history.count("hints");
      idle.listener.onEnd("cut");
    });
  }
}
