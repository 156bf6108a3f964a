/** Where a daemon says that it cannot keep up, in its own words. */
import { request, type Agent } from "undici";
import type { OverloadRow } from "../report/result.ts";
import type { Daemon } from "./daemon.ts";

const answerMs = 30_000;

export async function placesWhereBehind(daemon: Daemon, dispatcher: Agent): Promise<OverloadRow["seenIn"]> {
  const url = await daemon.url();
  const get = async (path: string): Promise<string> => {
    const { body } = await request(url + path, { dispatcher, signal: AbortSignal.timeout(answerMs) });
    return body.text();
  };
  // What is said of each group is said of its members and its provider.
  const { groups: _, ...ofItself } = JSON.parse(await get("/readyz")) as Record<string, unknown>;
  const isIn = (text: string): boolean => text.includes("falls behind");
  return [
    ...(/^failoverd_probing_behind 1$/m.test(await get("/metrics")) ? (["metric"] as const) : []),
    ...(daemon.warnings.some(isIn) ? (["log"] as const) : []),
    ...(isIn(JSON.stringify(ofItself)) ? (["readyz"] as const) : []),
  ];
}
