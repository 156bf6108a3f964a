/** The PEM files that a config names, looked up from its folder. Each is read once and looked at before anything uses it. */
import { createPrivateKey, X509Certificate } from "node:crypto";
import { resolve } from "node:path";
import { type ReadFile, readFailure } from "./reference.ts";

/** What is in a file, or why it is of no use, in words that hold nothing of it. */
export type PemFile = { readonly pem: string } | { readonly failure: string };

export class PemFiles {
  readonly #folder: string;
  readonly #readFile: ReadFile;
  readonly #seen = new Map<string, PemFile>();

  constructor(folder: string, readFile: ReadFile) {
    this.#folder = folder;
    this.#readFile = readFile;
  }

  /** @returns a file of one certificate or more, all of them sound. */
  certificates(path: string): PemFile {
    return this.#read(path, certificateTrouble);
  }

  /** @returns a file with a private key that needs no passphrase. */
  key(path: string): PemFile {
    return this.#read(path, keyTrouble);
  }

  #read(path: string, troubleWith: (pem: string) => string | null): PemFile {
    const key = JSON.stringify([path, troubleWith.name]);
    const known = this.#seen.get(key) ?? this.#readAnew(path, troubleWith);
    this.#seen.set(key, known);
    return known;
  }

  #readAnew(path: string, troubleWith: (pem: string) => string | null): PemFile {
    try {
      const pem = this.#readFile(resolve(this.#folder, path));
      const failure = troubleWith(pem);
      return failure === null ? { pem } : { failure };
    } catch (error) {
      return { failure: readFailure(error) };
    }
  }
}

function certificateTrouble(pem: string): string | null {
  const blocks = pem.match(/-----BEGIN CERTIFICATE-----.*?-----END CERTIFICATE-----/gs) ?? [];
  if (blocks.length === 0) return "it holds no certificate in PEM";
  try {
    for (const block of blocks) void new X509Certificate(block);
    return null;
  } catch {
    return "it holds a certificate that is broken";
  }
}

function keyTrouble(pem: string): string | null {
  try {
    createPrivateKey(pem);
    return null;
  } catch {
    return "it holds no private key in PEM without a passphrase";
  }
}

/** @returns true when the key belongs to the first certificate. Both are sound. */
export function isKeyOf(keyPem: string, certPem: string): boolean {
  return new X509Certificate(certPem).checkPrivateKey(createPrivateKey(keyPem));
}
