/** A certificate for the simulated HTTPS backends, signed by an authority that lives as long as the simulation. */
import { generate } from "selfsigned";

export interface Certificate {
  /** PEM of the authority: what a probe must trust. */
  readonly caPem: string;
  readonly certPem: string;
  readonly keyPem: string;
}

/** @param names DNS names for which it is valid, besides localhost, 127.0.0.1 and ::1. Valid for a year from yesterday. */
export async function makeCertificate(names: readonly string[]): Promise<Certificate> {
  const dayMs = 86_400_000;
  const common = {
    keyType: "ec",
    algorithm: "sha256",
    // Yesterday: a probe on a machine whose clock is a little behind must not find it not yet valid.
    notBeforeDate: new Date(Date.now() - dayMs),
    notAfterDate: new Date(Date.now() + 365 * dayMs),
  } as const;
  const ca = await generate([{ name: "commonName", value: "failoverd simulator CA" }], {
    ...common,
    extensions: [
      { name: "basicConstraints", cA: true, critical: true },
      { name: "keyUsage", keyCertSign: true, cRLSign: true, critical: true },
    ],
  });
  const dnsNames = [...new Set(["localhost", ...names])];
  const leaf = await generate([{ name: "commonName", value: "failoverd simulator backend" }], {
    ...common,
    ca: { key: ca.private, cert: ca.cert },
    extensions: [
      { name: "basicConstraints", cA: false, critical: true },
      { name: "keyUsage", digitalSignature: true, critical: true },
      { name: "extKeyUsage", serverAuth: true },
      {
        name: "subjectAltName",
        altNames: [
          ...dnsNames.map((value) => ({ type: 2 as const, value })),
          { type: 7, ip: "127.0.0.1" },
          { type: 7, ip: "::1" },
        ],
      },
    ],
  });
  return { caPem: ca.cert, certPem: leaf.cert, keyPem: leaf.private };
}
