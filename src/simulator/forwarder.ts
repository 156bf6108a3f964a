/**
 * Stands for an address that moves: a TCP listener on loopback that sends each new connection to a present holder, in turn
 * when there are several. A holder that loses the address loses its connections, as packets would no longer reach it.
 */
import { connect, createServer, type Server, type Socket } from "node:net";
import { closeServer, listen } from "./listen.ts";
import type { Endpoint } from "./spec.ts";

/** Where a connection may go now. */
export interface Destination {
  /** Of the holder; connections are cut when it is no longer among the destinations. */
  readonly name: string;
  /** Null: nothing answers for it. */
  readonly backend: Endpoint | null;
}

export interface ForwarderOptions {
  /** For error messages: `Elastic IP 198.51.100.7`. */
  readonly label: string;
  /** Port 0: any free port. */
  readonly listen: Endpoint;
  /** Asked for each new connection and after each change. */
  destinations(): readonly Destination[];
}

export class Forwarder {
  /** Where it really listens. */
  readonly endpoint: Endpoint;
  readonly #server: Server;
  readonly #options: ForwarderOptions;
  /** The holder by each pair of sockets. */
  readonly #connections = new Map<Pair, string>();
  #turn = 0;

  private constructor(server: Server, endpoint: Endpoint, options: ForwarderOptions) {
    this.#server = server;
    this.endpoint = endpoint;
    this.#options = options;
    server.on("connection", (client) => this.#accept(client));
  }

  static async start(options: ForwarderOptions): Promise<Forwarder> {
    const server = createServer({ allowHalfOpen: true, noDelay: true });
    const endpoint = await listen(server, options.listen, options.label);
    return new Forwarder(server, endpoint, options);
  }

  /** Cuts the connections to holders that have lost the address. Called after each change of the world. */
  cutLost(): void {
    const present = new Set(this.#options.destinations().map(({ name }) => name));
    for (const [pair, name] of this.#connections) {
      if (!present.has(name)) pair.cut();
    }
  }

  async close(): Promise<void> {
    const closed = closeServer(this.#server);
    for (const pair of this.#connections.keys()) pair.cut();
    await closed;
  }

  #accept(client: Socket): void {
    const destinations = this.#options.destinations();
    const destination = destinations[this.#turn % Math.max(1, destinations.length)];
    this.#turn += 1;
    if (!destination?.backend) {
      client.on("error", () => undefined).resetAndDestroy();
      return;
    }
    const pair = new Pair(client, destination.backend, () => this.#connections.delete(pair));
    this.#connections.set(pair, destination.name);
  }
}

/** A client and its backend, which live and die together. */
class Pair {
  readonly #sockets: readonly [Socket, Socket];

  constructor(client: Socket, backend: Endpoint, onEnd: () => void) {
    const upstream = connect({ ...backend, allowHalfOpen: true, noDelay: true });
    this.#sockets = [client, upstream];
    let open = 2;
    for (const socket of this.#sockets) {
      // Whatever ends one side badly is a reset to the other: refused, reset, cut.
      socket.on("error", () => this.cut());
      socket.on("close", () => {
        open -= 1;
        if (open === 0) onEnd();
      });
    }
    client.pipe(upstream);
    upstream.pipe(client);
  }

  cut(): void {
    for (const socket of this.#sockets) socket.resetAndDestroy();
  }
}
