import { describe, expect, test } from "vitest";
import { bodyBytesMax, type BodyProgress, BodySearch } from "../../../src/probes/response-body.ts";
import type { Framing } from "../../../src/probes/response-head.ts";

function search(text: string, framing: Framing, ...pieces: string[]): BodyProgress["kind"] {
  const body = new BodySearch(text, framing);
  for (const piece of pieces) {
    const progress = body.push(Buffer.from(piece));
    if (progress.kind !== "more") return progress.kind;
  }
  return "more";
}

const untilClose: Framing = { kind: "until-close" };
const chunked: Framing = { kind: "chunked" };

describe("BodySearch", () => {
  test("finds a text that lies across reads", () => {
    expect(search("fine", untilClose, "I am f", "i", "", "ne")).toBe("found");
  });

  test("finds a text of several bytes for a character", () => {
    expect(search("größer", untilClose, "viel größer")).toBe("found");
  });

  test("finds the empty text in a body that does not exist", () => {
    expect(search("", { kind: "none" }, "")).toBe("found");
    expect(search("x", { kind: "none" }, "")).toBe("absent");
  });

  test("is done when the announced bytes have come, also when there are none", () => {
    expect(search("fine", { kind: "length", bytes: 0 }, "")).toBe("absent");
    expect(search("fine", { kind: "length", bytes: 4 }, "fin")).toBe("more");
    expect(search("fine", { kind: "length", bytes: 4 }, "fin", "ally")).toBe("absent");
  });

  test("takes the close for the end only where that is the framing", () => {
    expect(new BodySearch("fine", untilClose).end()).toEqual({ kind: "absent" });
    expect(new BodySearch("fine", chunked).end()).toEqual({ kind: "more" });
    expect(new BodySearch("fine", { kind: "length", bytes: 4 }).end()).toEqual({ kind: "more" });
  });

  test("looks at the first 64 KiB and not at one byte more", () => {
    const filler = "x".repeat(bodyBytesMax - 4);
    expect(search("fine", untilClose, `${filler}fine`)).toBe("found");
    expect(search("fine", untilClose, `${filler}xfine`)).toBe("absent");
    expect(search("fine", untilClose, filler, "xfin", "e")).toBe("absent");
  });
});

describe("BodySearch takes chunks apart", () => {
  test.each<[string, string, BodyProgress["kind"]]>([
    ["that hold the text", "4\r\nfine\r\n", "found"],
    ["with extensions, upper case and leading zeros", "00A;name=value\r\n......fine\r\n", "found"],
    ["that part the text", "2\r\nfi\r\n2\r\nne\r\n", "found"],
    ["whose size lines do not count as body", "2\r\nfi\r\n2;ne\r\nxx\r\n0\r\n\r\n", "absent"],
    ["that end", "0\r\n\r\n", "absent"],
    ["and trailers, which are not body", "0\r\nX: fine\r\n\r\n", "absent"],
    ["that are not complete", "4\r\nfin", "more"],
    ["without a size", "\r\nfine\r\n", "bad"],
    ["with a size below zero", "-1\r\nfine\r\n", "bad"],
    ["longer than their size", "3\r\nfinX\r\n", "bad"],
    ["with a size that no machine has", `${"f".repeat(13)}\r\n`, "bad"],
    ["with a size line that does not end", `1;${"x".repeat(2000)}`, "bad"],
  ])("%s", (_title, text, kind) => {
    expect(search("fine", chunked, text)).toBe(kind);
  });
});
