/**
 * One probe: one attempt, at one address, over a fresh connection, under one absolute deadline. No retries, no
 * keep-alive, no proxy, no session resumption, no redirects: each of these would hide something that a client of the
 * target would meet.
 *
 * resolve → connect → (TLS) → (request, header, body) → result
 */
import type { Socket } from "node:net";
import type { ProbeResult } from "../core/probe-result.ts";
import type { Target } from "../core/target.ts";
import { Attempt, type AttemptServices } from "./attempt.ts";
import type { Ending } from "./ending.ts";
import { endingOfBug, messageOf } from "./errors.ts";
import { exchange } from "./http.ts";
import { requestBytes } from "./request.ts";
import { literalAddress, type Resolution, type Resolve } from "./resolve.ts";
import { openTcp } from "./tcp.ts";
import { openTls, secureContextOf } from "./tls.ts";

export interface ProbeServices extends AttemptServices {
  /** See `createResolver`. Not asked when the host is an address. */
  readonly resolve: Resolve;
  /** Goes into `User-Agent: failoverd/<version>`. Default: no version is sent. */
  readonly version?: string;
}

/** What is done once the address is known. */
type Open = (attempt: Attempt, address: string) => void;

/** What is done once the connection, and TLS if there is any, is open. */
type Speak = (attempt: Attempt, socket: Socket) => void;

/**
 * Probes `target` once.
 *
 * @returns the result, at the latest when the deadline passes or `services.signal` aborts. Never rejects; when it
 *   resolves, the socket is closed and no timer is left.
 */
export function probe(target: Target, services: ProbeServices): Promise<ProbeResult> {
  return new Promise((resolve) => {
    // Before the clock starts: a TLS context costs up to some milliseconds that are not the target's.
    const open = prepare(target, services);
    const attempt = new Attempt(target, services, resolve);
    if (typeof open === "function") attempt.guard(start)(attempt, services.resolve, open);
    else attempt.end(open);
  });
}

/** @returns how to talk to the target, or how the probe ends because that cannot even be tried. */
function prepare(target: Target, services: ProbeServices): Open | Ending {
  let speak: Speak;
  try {
    speak = speakerOf(target, services.version);
  } catch (error) {
    return endingOfBug(error);
  }
  const { tls } = target;
  if (tls === null)
    return (attempt, address) => openTcp(attempt, address, (socket) => speak(attempt, socket));
  try {
    const context = secureContextOf(tls);
    return (attempt, address) => openTls(attempt, address, context, (socket) => speak(attempt, socket));
  } catch (error) {
    return { cause: "local-tls", detail: messageOf(error) };
  }
}

function speakerOf(target: Target, version: string | undefined): Speak {
  const { http } = target;
  if (http === null) return (attempt) => attempt.end({ cause: "ok", detail: null });
  const request = requestBytes(target, http, version === undefined ? "failoverd" : `failoverd/${version}`);
  return (attempt, socket) => exchange(attempt, socket, http, request);
}

function start(attempt: Attempt, resolve: Resolve, open: Open): void {
  const literal = literalAddress(attempt.target.host);
  if (literal !== null) {
    attempt.address = literal;
    open(attempt, literal);
    return;
  }
  attempt.enter("resolve");
  const cancellation = new AbortController();
  attempt.hold(() => cancellation.abort());
  const onResolution = attempt.guard((resolution: Resolution) => {
    if ("cause" in resolution) {
      attempt.end(resolution);
      return;
    }
    attempt.leave();
    attempt.address = resolution.address;
    open(attempt, resolution.address);
  });
  resolve(attempt.target.host, cancellation.signal).then(onResolution, (error: unknown) =>
    attempt.end(endingOfBug(error)),
  );
}
