/** What the target server and those who start it agree on. */

/** Targets 0 to `targets - 1`, all on one port that is free. */
export interface Door {
  readonly targets: number;
  readonly tls: boolean;
}

export interface DoorWanted {
  readonly door: Door;
  /** PEM. Null: the door has no TLS. */
  readonly tls: { readonly certPem: string; readonly keyPem: string } | null;
}

export interface DoorCount {
  /** Accepted; with TLS, those whose handshake has ended. */
  readonly connections: number;
  /** When the first one came, milliseconds since 1970 with fractions. Null: none has. */
  readonly firstAt: number | null;
}

/** @returns the address of target `n`, e.g. `127.1.3.232`; n < 2^16. */
export function addressOf(n: number): string {
  return `127.1.${n >> 8}.${n & 255}`;
}
