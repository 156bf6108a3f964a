/**
 * Hears what a daemon tells, for as long as anybody wants to: after a cut it connects again and goes on with the last event that it
 * has, so that none is lost and none comes twice. What the daemon itself does not keep any more, it says in an event of type gap.
 */
import { createParser } from "eventsource-parser";
import { backoffMs } from "../core/backoff.ts";
import { sleep, type Clock } from "../daemon/clock.ts";
import { eventShape } from "./api/event-shape.ts";
import { listenToDaemon, noAnswer, type DaemonAnswer, type NoAnswer, type OpenAnswer } from "./client.ts";
import type { Endpoint } from "./endpoint.ts";
import type { EventData } from "./event-feed.ts";

export interface HeardEvent extends EventData {
  readonly id: string;
  readonly type: string;
}

export type Heard =
  | { readonly kind: "event"; readonly event: HeardEvent }
  /** The connection is lost, and is tried again. */
  | { readonly kind: "cut"; readonly trouble: DaemonAnswer }
  | { readonly kind: "back" };

export interface Hearing {
  readonly endpoint: Endpoint;
  /** The id of the last event that is known, or `oldest`: all that the daemon keeps. */
  readonly after: string;
  /** False: it ends with what the daemon keeps. */
  readonly follow: boolean;
  /** Null: all. */
  readonly group: string | null;
  /** With commas between them; null: all. */
  readonly types: string | null;
}

export interface HearingParts {
  readonly clock: Clock;
  /** 0 ≤ x < 1; for jitter. */
  readonly random: () => number;
  /** Ends it. */
  readonly signal: AbortSignal;
}

const backoff = { baseMs: 500, maxMs: 30_000 };
/** Three times the longest silence of a daemon that lives. Milliseconds. */
const silenceMs = 45_000;
/** Of an event that has not arrived as a whole, in characters. */
const bufferMax = 8 << 20;

/** @returns null at its end, else the answer of a daemon that does not let it listen, or is not there at the first attempt. */
export async function* hear(
  { endpoint, follow, ...wanted }: Hearing,
  { clock, random, signal }: HearingParts,
): AsyncGenerator<Heard, DaemonAnswer | null> {
  const path = pathOf({ follow, ...wanted });
  const place: Place = { lastId: null, isNew: false };
  let isCut = false;
  for (let attempt = 1; !signal.aborted; attempt++) {
    const answer = await listenToDaemon(endpoint, path, { lastId: place.lastId, silenceMs, signal });
    let trouble: DaemonAnswer = ended;
    if (answer.kind === "open") {
      if (isCut) yield { kind: "back" };
      isCut = false;
      const end = yield* hearOne(answer, place);
      if (end === null && !follow) return null;
      trouble = end ?? ended;
      if (place.isNew) attempt = 1;
    } else trouble = answer;
    if (signal.aborted) return null;
    if (place.lastId === null || isFinal(trouble)) return trouble;
    if (!isCut) yield { kind: "cut", trouble };
    isCut = true;
    await sleep(clock, backoffMs(attempt, backoff, random()), signal);
  }
  return null;
}

const ended: NoAnswer = { kind: "none", code: null, text: "it has ended" };

/** How far it is. */
interface Place {
  /** Null: nothing was heard yet. */
  lastId: string | null;
  /** Something was heard over the present connection. */
  isNew: boolean;
}

/** An event, null for what is none, or how far the daemon has told us of all that we want to know. */
interface Arrived {
  readonly id: string;
  readonly event: HeardEvent | null | "mark";
}

/** @returns null when the daemon has ended it, else how it was cut off. */
async function* hearOne(answer: OpenAnswer, place: Place): AsyncGenerator<Heard, DaemonAnswer | null> {
  const arrived: Arrived[] = [];
  place.isNew = false;
  const parser = createParser({
    maxBufferSize: bufferMax,
    onEvent: ({ id = "", event = "", data }) => arrived.push({ id, event: eventOf(id, event, data) }),
    // The same as an id without an event, which the parser keeps to itself.
    onComment: (comment) => {
      const [, id] = /^at (\S+)$/.exec(comment) ?? [];
      if (id !== undefined) arrived.push({ id, event: "mark" });
    },
  });
  try {
    for await (const text of answer.text) {
      parser.feed(text);
      for (const { id, event } of arrived.splice(0)) {
        if (event === null) return { kind: "answer", status: 200, json: undefined };
        place.lastId = id;
        place.isNew = true;
        if (event !== "mark") yield { kind: "event", event };
      }
    }
    return null;
  } catch (error) {
    return noAnswer(error);
  } finally {
    await answer.close();
  }
}

/** @returns null for what no failoverd of this kind says. */
function eventOf(id: string, type: string, data: string): HeardEvent | null {
  try {
    return { id, type, ...eventShape.parse(JSON.parse(data)) };
  } catch {
    return null;
  }
}

/** Trying again would not change it. */
function isFinal(trouble: DaemonAnswer): boolean {
  return trouble.kind === "answer" && trouble.status < 500 && trouble.status !== 429;
}

function pathOf({ after, follow, group, types }: Omit<Hearing, "endpoint">): string {
  const query = new URLSearchParams({ after });
  if (!follow) query.set("follow", "false");
  if (group !== null) query.set("group", group);
  if (types !== null) query.set("types", types);
  return `/api/v1/events?${query.toString()}`;
}
