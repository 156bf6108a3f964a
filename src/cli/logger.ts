/** The log of `failoverd run`: JSON lines for programs, lines of text for people, and in systemd's journal either with priorities. */
import pino, { type DestinationStream, type Logger } from "pino";
import { prettyFactory } from "pino-pretty";
import { isJournal, priorities, withPriority } from "./journal-stream.ts";
import { processOutput } from "./output.ts";

export interface LogOptions {
  /** The least level that is logged. */
  readonly logLevel: string;
  /** `auto`: text on a terminal, else JSON. */
  readonly logFormat: "auto" | "json" | "text";
}

/** Where the log goes. */
export interface LogSink {
  write(text: string): void;
  readonly isTerminal: boolean;
  /** It wants the priority before each line, and knows the time by itself. */
  readonly isJournal: boolean;
  readonly colours: boolean;
}

/** What must never be seen in a log, should it ever get near one. */
const redacted = ["authorization", "*.authorization", "apiSecret", "*.apiSecret", "token", "*.token"];

export function createLogger({ logLevel, logFormat }: LogOptions, sink: LogSink = stdoutSink()): Logger {
  const isText = logFormat === "text" || (logFormat === "auto" && sink.isTerminal);
  const options = {
    level: logLevel,
    redact: redacted,
    base: null,
    timestamp: pino.stdTimeFunctions.isoTime,
    formatters: { level: (label: string) => ({ level: label }) },
  };
  return pino(options, sink.isJournal || isText ? new Formatted(sink, isText) : sink);
}

/** Does something to each line before it gets to the sink. */
class Formatted implements DestinationStream {
  /** With it pino says before each line of which level it is. */
  readonly [pino.symbols.needsMetadataGsym] = true;
  lastLevel = 0;
  readonly #sink: LogSink;
  readonly #format: (line: string) => string;

  constructor(sink: LogSink, isText: boolean) {
    this.#sink = sink;
    this.#format = isText ? textFormat(sink) : String;
  }

  write(line: string): void {
    const text = this.#format(line);
    this.#sink.write(this.#sink.isJournal ? withPriority(text, priorityOf(this.lastLevel)) : text);
  }
}

function textFormat(sink: LogSink): (line: string) => string {
  return prettyFactory({
    colorize: sink.colours,
    translateTime: "SYS:HH:MM:ss.l",
    // Of the fields only those that the message does not tell.
    include: sink.isJournal ? "level,err" : "level,time,err",
    messageFormat:
      "{if group}{group}: {end}{msg}{if url} ({url}/metrics){end}{if controlSocket} (control socket {controlSocket}){end}",
  });
}

function priorityOf(level: number): number {
  const { error, warn, info } = pino.levels.values;
  if (level >= error!) return priorities.error;
  if (level >= warn!) return priorities.warn;
  return level >= info! ? priorities.info : priorities.debug;
}

function stdoutSink(): LogSink {
  const destination = pino.destination({ sync: true });
  return {
    write: (text) => void destination.write(text),
    isTerminal: process.stdout.isTTY,
    isJournal: isJournal(process.stdout.fd),
    colours: processOutput.colours,
  };
}
