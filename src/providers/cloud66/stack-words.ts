/** What Cloud 66's numbers about a stack mean, in words, and which of them are no trouble. */
import type { StackState } from "./wire.ts";

interface Word {
  readonly text: string;
  /** False: nothing that would keep traffic from it. */
  readonly isTrouble: boolean;
}

export const stackStatuses: Readonly<Record<number, Word>> = {
  0: { text: "queued", isTrouble: true },
  1: { text: "ok", isTrouble: false },
  2: { text: "failed in its last deploy", isTrouble: true },
  3: { text: "being analysed", isTrouble: true },
  4: { text: "analysed", isTrouble: false },
  5: { text: "queued for a deploy", isTrouble: true },
  6: { text: "deploying", isTrouble: true },
  7: { text: "not possible to analyse", isTrouble: true },
};

export const stackHealths: Readonly<Record<number, Word>> = {
  0: { text: "unknown", isTrouble: false },
  1: { text: "building", isTrouble: true },
  2: { text: "impaired", isTrouble: true },
  3: { text: "healthy", isTrouble: false },
  4: { text: "failed", isTrouble: true },
};

/** @returns the number in words; one that is new is shown as it is. */
export function wordOf(table: typeof stackStatuses, value: number | null): string {
  return value === null ? "not said" : (table[value]?.text ?? `${value}, which this version does not know`);
}

/** Positive evidence only: what is not said is no trouble. */
export function stackTroubles({ status, health, maintenance, busy }: StackState): readonly string[] {
  const words = [
    status === null ? undefined : stackStatuses[status],
    health === null ? undefined : stackHealths[health],
  ];
  return [
    ...words.flatMap((word) => (word?.isTrouble === true ? [word.text] : [])),
    ...(maintenance === true ? ["in maintenance mode"] : []),
    ...(busy === true ? ["busy"] : []),
  ];
}
