/** What the daemon says of itself on `/metrics`, as far as it is compared. */
import { request, type Agent } from "undici";
import type { Buckets } from "../report/stats.ts";

/** A page of ten thousand targets is long. Milliseconds. */
const scrapeMs = 60_000;

export interface Scrape {
  readonly attempts: { readonly pass: number; readonly fail: number; readonly inconclusive: number };
  /** Seconds. */
  readonly lateness: Buckets;
}

export async function scrape(url: string, dispatcher: Agent): Promise<Scrape> {
  const { body } = await request(`${url}/metrics`, { dispatcher, signal: AbortSignal.timeout(scrapeMs) });
  return parseScrape(await body.text());
}

export function parseScrape(text: string): Scrape {
  const attempts = { pass: 0, fail: 0, inconclusive: 0 };
  for (const [, outcome, count] of text.matchAll(
    /^failoverd_probe_attempts_total\{[^}]*outcome="(pass|fail|inconclusive)"[^}]*\} (\S+)$/gm,
  ))
    attempts[outcome as keyof typeof attempts] += Number(count);
  const buckets = text.matchAll(/^failoverd_probe_start_lateness_seconds_bucket\{le="([^"]+)"\} (\S+)$/gm);
  const lateness = new Map(
    [...buckets].map(([, le, count]) => [le === "+Inf" ? Infinity : Number(le), Number(count)]),
  );
  return { attempts, lateness };
}
