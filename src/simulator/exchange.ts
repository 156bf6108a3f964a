/**
 * Tells whoever subscribes in the same process of every request that an API answered itself and that really left intact:
 * what the tests of a client or of the simulator have exercised is read off the wire, not claimed. Costs nothing while
 * nobody listens.
 */
import { channel, type Channel } from "node:diagnostics_channel";
import type { OperationName } from "./operations.ts";
import type { Dialect } from "./spec.ts";

export interface Exchange {
  readonly operation: OperationName;
  /** Cloud 66's wire format. Null: it was Exoscale. */
  readonly dialect: Dialect | null;
  /** Escaped, without the query. */
  readonly path: string;
  /** As on the wire, without `?`. */
  readonly query: string;
  readonly requestBody: string;
  readonly userAgent: string | null;
  readonly status: number;
  /** The answer as JSON values. */
  readonly answer: unknown;
}

/** Each message is an `Exchange`. */
export const exchanges: Channel = channel("failoverd:simulator:exchange");
