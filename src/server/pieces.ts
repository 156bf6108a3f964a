/** A long text as a stream of pieces, so that it never exists as a whole and whoever has something to do meanwhile gets to it. */
import { setImmediate as turn } from "node:timers/promises";

/** Characters of a piece, about. Larger ones would not be small beside what is alive. */
const pieceChars = 32_768;
/**
 * Made in one turn of the event loop, in some milliseconds. With one piece a turn the page of a large config waits more than a thousand times
 * for whatever else there is to be done.
 */
const piecesPerTurn = 16;

/**
 * @param parts the texts of each.
 * @returns them with an empty line between two parts. The event loop takes a turn after every few of them: a socket that takes every piece at
 *   once asks for the next one within the same turn, and probes and decisions would wait for the whole of it.
 */
export async function* inPieces(parts: AsyncIterable<Iterable<string>>): AsyncIterable<string> {
  let piece = "";
  let between = "";
  let pieces = 0;
  for await (const texts of parts) {
    piece += between;
    between = "\n";
    for (const text of texts) {
      piece += text;
      if (piece.length < pieceChars) continue;
      yield piece;
      piece = "";
      if (++pieces % piecesPerTurn === 0) await turn();
    }
  }
  yield piece;
}
