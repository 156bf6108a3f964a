import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { refuseSignature, type SignedRequest } from "../../../src/simulator/exoscale-signature.ts";

interface Vector {
  name: string;
  key: string;
  secret: string;
  method: string;
  path: string;
  query: string;
  body: string;
  expires: number;
  authorization: string;
  agreed_by: string[];
}

const { vectors } = JSON.parse(
  readFileSync(new URL("../../fixtures/exoscale-signature-vectors.json", import.meta.url), "utf8"),
) as { vectors: Vector[] };
const agreed = vectors.filter((vector) => vector.agreed_by.length > 1);

function refuse(
  vector: Vector,
  change: Partial<SignedRequest> = {},
  nowS = vector.expires - 600,
): string | null {
  const { method, path, query, body, authorization } = vector;
  const request = { method, path, query, body: Buffer.from(body), authorization, ...change };
  return refuseSignature(request, new Map([[vector.key, vector.secret]]), nowS);
}

function named(name: string): Vector {
  const vector = vectors.find((each) => each.name === name);
  if (vector === undefined) throw new Error(`no vector ${name}`);
  return vector;
}

describe("refuseSignature()", () => {
  test("has 24 vectors on which the official clients agree", () => {
    expect(agreed).toHaveLength(24);
  });

  test("has 26 vectors in all", () => {
    expect(vectors).toHaveLength(26);
  });

  test.for(vectors)("accepts $name until its expiry, also again, and not after it", (vector) => {
    expect(refuse(vector)).toBeNull();
    expect(refuse(vector, {}, vector.expires - 1)).toBeNull();
    expect(refuse(vector, {}, vector.expires + 1)).toBe("expired 1 s ago");
  });

  test.for(agreed)("refuses $name with another method, path or body", (vector) => {
    const mismatch = "the signature does not match method, path, body, query and expiry";
    expect(refuse(vector, { method: "PATCH" })).toBe(mismatch);
    expect(refuse(vector, { path: `${vector.path}x` })).toBe(mismatch);
    expect(refuse(vector, { body: Buffer.from(`${vector.body} `) })).toBe(mismatch);
  });

  const get = named("list-instances-by-eip4");
  const changed = (from: string | RegExp, to: string): Partial<SignedRequest> => ({
    authorization: get.authorization.replace(from, to),
  });

  test.for<[string, Partial<SignedRequest>, string]>([
    ["no header", { authorization: undefined }, "no Authorization header"],
    ["another scheme", { authorization: "Bearer x" }, "the Authorization header is not EXO2-HMAC-SHA256"],
    [
      "an unknown key",
      changed("credential=EXO", "credential=EXP"),
      "unknown credential EXPtestkey0000000000000000000",
    ],
    [
      "no expiry",
      changed(/expires=\d+,/, ""),
      "the Authorization header lacks credential, expires or signature",
    ],
    [
      "an expiry with a fraction",
      changed(/expires=(\d+)/, "expires=$1.5"),
      "the Authorization header lacks credential, expires or signature",
    ],
    [
      "a parameter twice",
      changed("expires=", "expires=1,expires="),
      "malformed Authorization parameter: expires=1800000000",
    ],
    [
      "an unknown parameter",
      changed(",expires", ",nonce=1,expires"),
      "unknown Authorization parameter: nonce",
    ],
    [
      "an argument that is not in the query",
      changed("args=ip-address", "args=ip-address;zone"),
      "signed query argument is not in the query: zone",
    ],
    [
      "an argument that is not signed",
      { query: `${get.query}&labels=x` },
      "query argument is not signed: labels",
    ],
    ["a repeated argument", { query: `${get.query}&ip-address=1` }, "query argument is repeated: ip-address"],
    [
      "another value of the argument",
      { query: "ip-address=192.0.2.11" },
      "the signature does not match method, path, body, query and expiry",
    ],
    [
      "an unpadded signature",
      changed(/=$/, ""),
      "the signature does not match method, path, body, query and expiry",
    ],
    ["no arguments after their name", changed("args=ip-address", "args="), "signed-query-args is empty"],
  ])("refuses %s", ([, change, reason]) => {
    expect(refuse(get, change)).toBe(reason);
  });

  test("refuses arguments that are not sorted", () => {
    const vector = named("list-instances-two-args-unsorted");
    const authorization = vector.authorization.replace("ip-address;manager-type", "manager-type;ip-address");
    expect(refuse(vector, { authorization })).toBe("signed query arguments are not sorted");
  });

  test("accepts until the second before the expiry and up to an hour ahead", () => {
    expect(refuse(get, {}, get.expires - 1)).toBeNull();
    expect(refuse(get, {}, get.expires)).toBe("expired 0 s ago");
    expect(refuse(get, {}, get.expires + 90)).toBe("expired 90 s ago");
    expect(refuse(get, {}, get.expires - 3600)).toBeNull();
    expect(refuse(get, {}, get.expires - 3601)).toBe("expires more than 3600 s ahead");
  });

  test("accepts an empty argument whether it is named or not, as the official clients disagree", () => {
    const vector = named("edge-empty-query-value");
    expect(refuse(vector)).toBeNull();
    expect(
      refuse(vector, { authorization: vector.authorization.replace("signed-query-args=labels,", "") }),
    ).toBeNull();
  });

  test("accepts a repeated argument that an official client leaves unsigned, but none that is signed", () => {
    const vector = named("edge-repeated-query-arg");
    expect(refuse(vector)).toBeNull();
    const authorization = vector.authorization.replace(",expires", ",signed-query-args=labels,expires");
    expect(refuse(vector, { authorization })).toBe("query argument is repeated: labels");
  });
});
