/** The targets that are probed, in processes of their own on the serving core. */
import { fileURLToPath } from "node:url";
import type { Certificate } from "../../src/simulator/certificate.ts";
import { Child } from "./child.ts";
import { type Door, type DoorCount, type DoorWanted } from "./doors.ts";

const program = fileURLToPath(new URL("../target-server.ts", import.meta.url));
interface Opened {
  readonly child: Child;
  readonly port: number;
}

/** Thousands of listeners take a while. Milliseconds. */
const startMs = 20_000;

export class Targets implements AsyncDisposable {
  /** One for each door: ten thousand listeners are half of what a process may have open. */
  readonly #doors: readonly Opened[];

  private constructor(doors: readonly Opened[]) {
    this.#doors = doors;
  }

  static async open(doors: readonly Door[], certificate: Certificate | null): Promise<Targets> {
    await using stack = new AsyncDisposableStack();
    const opened = doors.map((door) => {
      const wanted: DoorWanted = { door, tls: certificate };
      return stack.use(
        new Child([process.execPath, program, JSON.stringify(wanted)], { core: "serving", talks: true }),
      );
    });
    const ports = await Promise.all(
      opened.map(async (child) => Number((await child.says(/^\d+$/m, startMs))[0])),
    );
    stack.move();
    return new Targets(opened.map((child, i) => ({ child, port: ports[i] ?? 0 })));
  }

  port(door: number): number {
    return this.#door(door).port;
  }

  /** @returns what the door has counted. */
  counted(door: number): Promise<DoorCount> {
    return this.#door(door).child.ask({});
  }

  async count(door: number): Promise<number> {
    return (await this.counted(door)).connections;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all(this.#doors.map(({ child }) => child[Symbol.asyncDispose]()));
  }

  #door(door: number): Opened {
    const opened = this.#doors[door];
    if (opened === undefined) throw new Error(`There is no door ${door}`);
    return opened;
  }
}
