/**
 * What Exoscale's answers to an attach or detach mean, in tables. The API promises little here (is a second attach an error?
 * is a detach of what is not attached?), so every failure is followed by a look at the instance, and what is seen decides.
 * The tables say what to conclude when the look shows no change, or cannot be made.
 */
import type { Effect } from "../../core/address.ts";

/** States of an operation. A state that is not here is younger than this program and counts as `pending`. */
export const operationStates = {
  pending: "wait",
  success: "applied",
  failure: "look",
  /** Exoscale itself stopped waiting. What was started may still happen. */
  timeout: "uncertain",
} as const;

/**
 * Why an operation failed. `ifUnseen` is the effect when the instance cannot be read afterwards; when it can be read and
 * does not show the wanted state, the step is rejected whatever the reason.
 */
export const failureReasons = {
  busy: { ifUnseen: "rejected", sentence: "the resource is busy with another operation" },
  conflict: { ifUnseen: "rejected", sentence: "it is in conflict with the present state" },
  fault: { ifUnseen: "uncertain", sentence: "a fault inside Exoscale" },
  forbidden: { ifUnseen: "rejected", sentence: "the credentials do not allow this" },
  incorrect: { ifUnseen: "rejected", sentence: "the request is not correct" },
  interrupted: { ifUnseen: "uncertain", sentence: "the operation was interrupted" },
  "not-found": { ifUnseen: "rejected", sentence: "the Elastic IP or the instance does not exist" },
  partial: { ifUnseen: "uncertain", sentence: "the operation was carried out in part" },
  unavailable: { ifUnseen: "uncertain", sentence: "a part of Exoscale is not available" },
  unknown: { ifUnseen: "uncertain", sentence: "Exoscale does not know why" },
  unsupported: { ifUnseen: "rejected", sentence: "Exoscale does not support this" },
} as const;

/** What a look at the instance after a step shows. `unseen`: it could not be asked. */
export type Look = "wanted" | "unwanted" | "unseen";

/** @returns what to do with an operation in this state. */
export function readState(state: string): (typeof operationStates)[keyof typeof operationStates] {
  return isKey(operationStates, state) ? operationStates[state] : "wait";
}

/** @returns the effect of an operation that failed for this reason, judged by a look at the instance. */
export function effectOfFailure(reason: string | null, look: Look): Effect["kind"] {
  if (look === "wanted") return "applied";
  return look === "unwanted" ? "rejected" : reasonRow(reason).ifUnseen;
}

/** @returns the effect of an answer that is no operation at all, by whether it may have been carried out. */
export function effectOfRefusal(executed: "no" | "maybe", look: Look): Effect["kind"] {
  if (look === "wanted") return "applied";
  return executed === "no" ? "rejected" : "uncertain";
}

/** @returns the reason in words; one that is missing or new reads as `unknown`. */
export function reasonText(reason: string | null): string {
  return `${reason ?? "no reason given"}: ${reasonRow(reason).sentence}`;
}

function reasonRow(reason: string | null): (typeof failureReasons)[keyof typeof failureReasons] {
  return reason !== null && isKey(failureReasons, reason) ? failureReasons[reason] : failureReasons.unknown;
}

function isKey<T extends object>(table: T, key: string): key is Extract<keyof T, string> {
  return Object.hasOwn(table, key);
}
