import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { BodyEnd } from "../../../src/probes/body-end.ts";
import type { Framing } from "../../../src/probes/response-head.ts";

type State = "more" | "reached" | "given up";

function stateOf(end: BodyEnd): State {
  return end.isGivenUp ? "given up" : end.isReached ? "reached" : "more";
}

function readAll(framing: Framing, pieces: readonly Buffer[]): State {
  const end = new BodyEnd(framing);
  for (const piece of pieces) end.push(piece);
  return stateOf(end);
}

/** A body as it goes over the wire, with its framing. */
const body = fc.oneof(
  fc.string({ maxLength: 40 }).map((text): [Framing, Buffer] => {
    const bytes = Buffer.from(text);
    return [{ kind: "length", bytes: bytes.length }, bytes];
  }),
  fc
    .tuple(
      fc.array(fc.string({ minLength: 1, maxLength: 20 }), { maxLength: 4 }),
      fc.array(fc.constantFrom("X: y\r\n", "Z:\n", "0: 0\r\n"), { maxLength: 2 }),
      fc.constantFrom("\r\n", "\n"),
    )
    .map(([texts, trailers, eol]): [Framing, Buffer] => {
      const chunks = texts.map((text) => `${Buffer.byteLength(text).toString(16)};x${eol}${text}${eol}`);
      return [{ kind: "chunked" }, Buffer.from(`${chunks.join("")}0${eol}${trailers.join("")}${eol}`)];
    }),
);
const places = fc.array(fc.double({ min: 0, max: 1, noNaN: true }), { maxLength: 8 });

function cut(bytes: Buffer, fractions: readonly number[]): Buffer[] {
  const at = [0, ...fractions.map((each) => Math.floor(each * bytes.length)), bytes.length];
  at.sort((a, b) => a - b);
  return at.slice(1).map((place, i) => bytes.subarray(at[i], place));
}

describe("BodyEnd", () => {
  test("is reached by the last byte of the body, neither sooner nor later, however the bytes are cut", () => {
    fc.assert(
      fc.property(body, places, ([framing, bytes], fractions) => {
        expect(readAll(framing, cut(bytes, fractions))).toBe("reached");
        for (let length = 0; length < bytes.length; length += 1) {
          expect(readAll(framing, cut(bytes.subarray(0, length), fractions))).toBe("more");
        }
        const longer = Buffer.concat([bytes, Buffer.from("\n")]);
        expect(readAll(framing, cut(longer, fractions))).toBe("given up");
      }),
    );
  });

  test("is never anything else once it was given up", () => {
    const end = new BodyEnd({ kind: "chunked" });
    for (const text of ["x\r\n", "0\r\n", "\r\n"]) end.push(Buffer.from(text));
    expect(stateOf(end)).toBe("given up");
  });

  test.each<[State, Framing]>([
    ["reached", { kind: "none" }],
    ["reached", { kind: "length", bytes: 0 }],
    ["more", { kind: "length", bytes: 65_536 }],
    ["given up", { kind: "length", bytes: 65_537 }],
    ["more", { kind: "chunked" }],
    ["given up", { kind: "until-close" }],
  ])("is %s from the start with the framing %j", (state, framing) => {
    expect(readAll(framing, [])).toBe(state);
    expect(readAll(framing, [Buffer.alloc(0)])).toBe(state);
  });

  test("is given up when chunks, with their framing, have more than 64 KiB", () => {
    const chunk = Buffer.from(`1000\r\n${"x".repeat(4_096)}\r\n`);
    expect(
      readAll(
        { kind: "chunked" },
        Array.from({ length: 15 }, () => chunk),
      ),
    ).toBe("more");
    expect(
      readAll(
        { kind: "chunked" },
        Array.from({ length: 16 }, () => chunk),
      ),
    ).toBe("given up");
  });
});
