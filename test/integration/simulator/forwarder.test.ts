import { createServer as createTcp, connect, type Socket } from "node:net";
import { createServer } from "node:http";
import { get as httpsGet } from "node:https";
import { once } from "node:events";
import { afterEach, describe, expect, onTestFinished, test } from "vitest";
import type { Simulator } from "../../../src/simulator/simulator.ts";
import { endpointText, type Endpoint } from "../../../src/simulator/spec.ts";
import { startSimulator } from "../../../src/simulator/simulator.ts";
import { c66, call, eip, eipAddress, group, move, start, waitFor, webA, webB } from "./client.ts";

const sockets: Socket[] = [];
afterEach(() => {
  for (const socket of sockets.splice(0)) socket.destroy();
});

function forwardOf(simulator: Simulator, key: string): Endpoint {
  const endpoint = simulator.forwards.get(key);
  if (endpoint === undefined) throw new Error(`no forwarder for ${key}`);
  return endpoint;
}

/** Who answers a new connection to the Elastic IP, or the error code. */
async function servedBy(simulator: Simulator, key = eipAddress): Promise<string> {
  try {
    return (await call(`http://${endpointText(forwardOf(simulator, key))}`, "GET", "/")).json.served_by;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code ?? String(error);
  }
}

/** Who answers over HTTPS; the certificate is verified. */
async function servedBySecurely(simulator: Simulator, key: string): Promise<string> {
  const url = `https://${endpointText(forwardOf(simulator, key))}/`;
  return new Promise((resolve, reject) => {
    httpsGet(url, { agent: false, ca: simulator.caPem ?? "", servername: "localhost" }, async (response) => {
      const chunks = await response.toArray();
      resolve(JSON.parse(Buffer.concat(chunks).toString()).served_by);
    }).on("error", reject);
  });
}

/** An open connection, and how it ends. */
async function open(endpoint: Endpoint): Promise<{ readonly ended: Promise<string> }> {
  const socket = connect({ ...endpoint });
  sockets.push(socket);
  const ended = new Promise<string>((resolve) => {
    socket.on("error", (error: NodeJS.ErrnoException) => resolve(error.code ?? error.message));
    socket.on("close", () => resolve("closed"));
  });
  await once(socket, "connect");
  // One answered request proves that the connection has reached the backend.
  socket.write("GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n");
  await once(socket, "data");
  return { ended };
}

describe("the forwarder of an Elastic IP", () => {
  test("follows the holder", async () => {
    const simulator = await start();
    expect(await servedBy(simulator)).toBe("web-a");
    await move(simulator, "attach", webB);
    await move(simulator, "detach", webA);
    expect(await servedBy(simulator)).toBe("web-b");
  });

  test("takes several holders in turn", async () => {
    const simulator = await start();
    await move(simulator, "attach", webB);
    const answers = [];
    for (let i = 0; i < 4; i += 1) answers.push(await servedBy(simulator));
    expect(answers.sort()).toEqual(["web-a", "web-a", "web-b", "web-b"]);
  });

  test("resets connections when nobody holds the address, and when the holder refuses", async () => {
    const simulator = await start();
    await move(simulator, "detach", webA);
    expect(await servedBy(simulator)).toBe("ECONNRESET");
    await move(simulator, "attach", webA);
    expect(await servedBy(simulator)).toBe("web-a");
    await simulator.backends.get("web-a")?.kill();
    expect(await servedBy(simulator)).toBe("ECONNRESET");
  });

  test("cuts the connections of a holder that loses the address, and only those", async () => {
    const simulator = await start();
    const toA = await open(forwardOf(simulator, eipAddress));
    await move(simulator, "attach", webB);
    const others = [
      await open(forwardOf(simulator, eipAddress)),
      await open(forwardOf(simulator, eipAddress)),
    ];
    await move(simulator, "detach", webA);
    expect(await toA.ended).toBe("ECONNRESET");
    expect(await Promise.race(others.map(({ ended }) => ended))).toBe("ECONNRESET");
    await move(simulator, "detach", webB);
    expect(await Promise.all(others.map(({ ended }) => ended))).toEqual(["ECONNRESET", "ECONNRESET"]);
  });

  test("leads to a backend that somebody else serves", async () => {
    const own = createServer((_request, response) => response.end('{"served_by":"own"}'));
    own.listen(0, "127.0.0.1");
    await once(own, "listening");
    onTestFinished(() => void own.close());
    const { port } = own.address() as { port: number };
    const instance = { id: webA, name: "own", state: "running", publicIp: null, serve: null };
    const simulator = await start({
      exoscale: {
        instances: [{ ...instance, backend: { host: "127.0.0.1", port } }],
        elasticIps: [
          {
            id: eip,
            ip: eipAddress,
            description: null,
            healthcheck: null,
            holders: ["own"],
            forward: { host: "127.0.0.1", port: 0 },
          },
        ],
      },
    });
    expect(await servedBy(simulator)).toBe("own");
  });
});

describe("the forwarder of a failover group", () => {
  const flip = { body: { current_stack: "secondary" } };

  test("follows the current stack, over HTTPS with a certificate of the simulator's authority", async () => {
    const simulator = await start();
    expect(await servedBySecurely(simulator, group)).toBe("eu");
    await c66(simulator, "PUT", `/elastic_addresses/${group}`, flip);
    await waitFor(
      async () => servedBySecurely(simulator, group).catch(String),
      (name) => name === "us",
    );
    expect(simulator.world.cloud66?.group(group)?.current).toBe("secondary");
  });

  test("follows later when the name is cached", async () => {
    const simulator = await start({ cloud66: { flipTimeMs: 0, dnsDelayMs: 60 } });
    await c66(simulator, "PUT", `/elastic_addresses/${group}`, flip);
    expect(simulator.world.cloud66?.group(group)).toMatchObject({
      current: "secondary",
      resolved: "primary",
    });
    expect(await servedBySecurely(simulator, group)).toBe("eu");
    await waitFor(
      // A request that is under way when the name changes is cut.
      async () => servedBySecurely(simulator, group).catch(String),
      (name) => name === "us",
    );
  });
});

describe("startSimulator()", () => {
  test("stops what had started when something cannot listen, and names it", async () => {
    const blocker = createTcp().listen(0, "127.0.0.1");
    await once(blocker, "listening");
    onTestFinished(() => void blocker.close());
    const { port } = blocker.address() as { port: number };
    const { spec } = (await start()).world;
    const listen = { host: "127.0.0.1", port };
    await expect(startSimulator(spec, { listen })).rejects.toThrow(
      `Cannot listen on 127.0.0.1:${port} for the simulator: the port is in use`,
    );
  });

  test("binds loopback only", async () => {
    const { spec } = (await start()).world;
    await expect(startSimulator(spec, { listen: { host: "0.0.0.0", port: 0 } })).rejects.toThrow(
      "Cannot listen on 0.0.0.0:0 for the simulator: expected a loopback address",
    );
  });
});
