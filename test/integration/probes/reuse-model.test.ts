/**
 * Any row of answers, against a model in a few lines: what each probe with `reuse` says, and over which connection each request
 * goes. The model knows nothing of sockets.
 */
import fc from "fast-check";
import { expect, test } from "vitest";
import { type Answer, counting, ok, preparedFor, resets, results, says } from "./reuse-world.ts";

/** What a server does with a request: what is seen of it, what becomes of the connection, and whether an old one may say it. */
const manners = {
  answers: { act: says(ok), cause: "ok", stays: true, isAnswer: true },
  "answers in chunks": {
    act: says("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n\r\n"),
    cause: "ok",
    stays: true,
    isAnswer: true,
  },
  "answers and says that it closes": {
    act: says("HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 0\r\n\r\n"),
    cause: "ok",
    stays: false,
    isAnswer: true,
  },
  "answers and closes": { act: (socket) => socket.end(ok), cause: "ok", stays: false, isAnswer: true },
  "answers in part": {
    act: says("HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nok"),
    cause: "ok",
    stays: false,
    isAnswer: true,
  },
  "answers 503": {
    act: says("HTTP/1.1 503 Busy\r\nContent-Length: 0\r\n\r\n"),
    cause: "http-status",
    stays: false,
    isAnswer: true,
  },
  "says farewell": {
    act: says("HTTP/1.1 503 Shutting down\r\nConnection: close\r\nContent-Length: 0\r\n\r\n"),
    cause: "http-status",
    stays: false,
    isAnswer: false,
  },
  resets: { act: resets, cause: "reset", stays: false, isAnswer: false },
  closes: { act: (socket) => socket.end(), cause: "closed", stays: false, isAnswer: false },
  "says nonsense": { act: says("nonsense\r\n\r\n"), cause: "http-protocol", stays: false, isAnswer: false },
} as const satisfies Record<
  string,
  { readonly act: Answer; readonly cause: string; readonly stays: boolean; readonly isAnswer: boolean }
>;

type Manner = keyof typeof manners;

/** After the row, every request is answered. */
function modelOf(
  row: readonly Manner[],
  probes: number,
): { readonly causes: string[]; readonly served: number[] } {
  const left = [...row];
  const causes: string[] = [];
  const served: number[] = [];
  let connections = 0;
  let isKept = false;
  const ask = (): (typeof manners)[Manner] => {
    if (!isKept) connections += 1;
    served.push(connections - 1);
    return manners[left.shift() ?? "answers"];
  };
  for (let i = 0; i < probes; i += 1) {
    let seen = ask();
    if (isKept && !seen.isAnswer) {
      isKept = false;
      seen = ask();
    }
    causes.push(seen.cause);
    isKept = seen.stays;
  }
  return { causes, served };
}

test("probes with reuse see what the model says, over the connections that it says, whatever the server does", async () => {
  const names = Object.keys(manners) as Manner[];
  const row = fc.array(fc.constantFrom("answers" as Manner, "answers" as Manner, ...names), {
    maxLength: 12,
  });
  await fc.assert(
    fc.asyncProperty(row, async (manner) => {
      await using server = await counting(manner.map((name) => manners[name].act));
      const prepared = preparedFor(server.port);
      const all = await results(prepared, 10);
      prepared.abort();
      expect({ causes: all.map(({ cause }) => cause), served: server.served }).toEqual(modelOf(manner, 10));
    }),
    { numRuns: 60 },
  );
});
