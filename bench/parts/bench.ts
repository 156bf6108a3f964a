/** What all parts share. */
import type { Agent } from "undici";
import type { Certificate } from "../../src/simulator/certificate.ts";
import type { Program } from "../field/daemon.ts";
import type { Part } from "../report/result.ts";

export interface Bench {
  readonly quick: boolean;
  readonly program: Program;
  /** For whatever is written. It is removed at the end. */
  readonly folder: string;
  readonly agent: Agent;
  readonly certificate: Certificate;
  /** The authority of the certificate. */
  readonly caFile: string;
  readonly has: { readonly haproxy: boolean; readonly blackbox: boolean };
  /** How far it is: a line of text. */
  say(text: string): void;
}

/** One thing to measure: first everything is started, then it is measured, then it ends. */
export interface Step {
  readonly part: Part;
  /** Leaves the probing core free once it is done. */
  prepare(bench: Bench): Promise<Prepared>;
}

export interface Prepared extends AsyncDisposable {
  /**
   * Has the probing core for itself.
   *
   * @param ms how long it may take if it can choose.
   * @returns rows of its part.
   */
  measure(ms: number): Promise<readonly object[]>;
}

let folders = 0;

/** @returns the path of a folder that is not there yet. */
export function freshFolder(bench: Bench, what: string): string {
  folders += 1;
  return `${bench.folder}/${what}-${folders}`;
}
