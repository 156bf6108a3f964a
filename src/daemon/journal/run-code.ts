/**
 * Runs as bytes: about ten for each, so that three months of a hundred targets stay small. A run is seven whole numbers, none negative, each with
 * seven bits a byte, the lowest first, and the high bit set in all but its last (LEB128, as in DWARF and WebAssembly):
 *
 *   cause · count · first − last of the run before · last − first · shortest · median − shortest · longest − median
 *
 * Times in milliseconds, durations in tenths of them. The first run counts from the start of its segment.
 */
import type { Cause } from "../../core/cause.ts";
import type { Run, Segment } from "./runs.ts";

/** Written to the disk: a number never changes its meaning. */
const causeCodes = {
  ok: 0,
  dns: 1,
  refused: 2,
  unreachable: 3,
  "connect-timeout": 4,
  reset: 5,
  closed: 6,
  "tls-timeout": 7,
  "tls-handshake": 8,
  "tls-cert": 9,
  "response-timeout": 10,
  "http-protocol": 11,
  "http-header": 12,
  "http-status": 13,
  identity: 14,
  body: 15,
  "body-timeout": 16,
  "dns-unavailable": 17,
  "local-sockets": 18,
  "local-network": 19,
  "local-tls": 20,
  distrusted: 21,
  late: 22,
  aborted: 23,
  internal: 24,
} as const satisfies Record<Cause, number>;

/** By code. */
const causesByCode: readonly Cause[] = inOrder(causeCodes);

const fieldsOfRun = 7;

export function encodeRuns({ startWallMs, runs }: Pick<Segment, "startWallMs" | "runs">): Uint8Array {
  const bytes: number[] = [];
  let last = startWallMs;
  for (const run of runs) {
    const [min, median, max] = [run.minMs, run.medianMs, run.maxMs].map((ms) => Math.round(ms * 10));
    push(bytes, causeCodes[run.cause]);
    push(bytes, run.count);
    push(bytes, run.firstWallMs - last);
    push(bytes, run.lastWallMs - run.firstWallMs);
    push(bytes, min ?? 0);
    push(bytes, (median ?? 0) - (min ?? 0));
    push(bytes, (max ?? 0) - (median ?? 0));
    last = run.lastWallMs;
  }
  return Uint8Array.from(bytes);
}

/** @returns the runs; of damaged bytes those before the damage, and without those of a cause that this version does not know. */
export function decodeRuns(bytes: Uint8Array, startWallMs: number): readonly Run[] {
  const runs: Run[] = [];
  let last = startWallMs;
  let at = 0;
  for (;;) {
    const fields: number[] = [];
    while (fields.length < fieldsOfRun) {
      const read = pull(bytes, at);
      if (read === null) return runs;
      fields.push(read.value);
      at = read.end;
    }
    const [code = 0, count = 0, gap = 0, span = 0, min = 0, toMedian = 0, toMax = 0] = fields;
    const firstWallMs = last + gap;
    last = firstWallMs + span;
    if (!Number.isSafeInteger(last)) return runs;
    const cause = causesByCode[code];
    if (cause === undefined) continue;
    const medianMs = (min + toMedian) / 10;
    const maxMs = (min + toMedian + toMax) / 10;
    runs.push({ cause, count, firstWallMs, lastWallMs: last, minMs: min / 10, medianMs, maxMs });
  }
}

function push(bytes: number[], value: number): void {
  let rest = value;
  while (rest >= 128) {
    bytes.push((rest % 128) + 128);
    rest = Math.floor(rest / 128);
  }
  bytes.push(rest);
}

/** @returns null when the number is cut off or too large to be one of ours. */
function pull(bytes: Uint8Array, start: number): { readonly value: number; readonly end: number } | null {
  let value = 0;
  let factor = 1;
  for (let at = start; at < bytes.length && at < start + 8; at++) {
    const byte = bytes[at] ?? 0;
    value += (byte % 128) * factor;
    if (byte < 128) return Number.isSafeInteger(value) ? { value, end: at + 1 } : null;
    factor *= 128;
  }
  return null;
}

/** @returns the keys, each at the place that its number says. */
function inOrder<K extends string>(codes: Readonly<Record<K, number>>): readonly K[] {
  const keys: K[] = [];
  for (const key in codes) keys[codes[key]] = key;
  return keys;
}
