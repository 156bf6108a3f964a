/** The targets that are probed, in a process of their own on the serving core. */
import { fileURLToPath } from "node:url";
import type { Certificate } from "../../src/simulator/certificate.ts";
import { Child } from "./child.ts";
import { type Door, type DoorCount, type DoorsWanted } from "./doors.ts";

const program = fileURLToPath(new URL("../target-server.ts", import.meta.url));
/** Thousands of listeners take a while. Milliseconds. */
const startMs = 20_000;

export class Targets implements AsyncDisposable {
  readonly #child: Child;
  /** One for each door. */
  readonly ports: readonly number[];

  private constructor(child: Child, ports: readonly number[]) {
    this.#child = child;
    this.ports = ports;
  }

  static async open(doors: readonly Door[], certificate: Certificate | null): Promise<Targets> {
    const wanted: DoorsWanted = { wanted: doors, tls: certificate };
    const child = new Child([process.execPath, program, JSON.stringify(wanted)], {
      core: "serving",
      talks: true,
    });
    try {
      const [said] = await child.says(/^\[.*\]$/m, startMs);
      return new Targets(child, JSON.parse(said) as number[]);
    } catch (error) {
      await child[Symbol.asyncDispose]();
      throw error;
    }
  }

  port(door: number): number {
    const port = this.ports[door];
    if (port === undefined) throw new Error(`There is no door ${door}`);
    return port;
  }

  /** @returns what each door has counted. */
  counts(): Promise<readonly DoorCount[]> {
    return this.#child.ask({});
  }

  async count(door: number): Promise<number> {
    return (await this.counts())[door]?.connections ?? 0;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#child[Symbol.asyncDispose]();
  }
}
