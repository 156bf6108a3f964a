/** The backends that the simulator serves itself: those of the instances and stacks with `serve` in the world. */
import { Backend } from "./backend.ts";
import { makeCertificate } from "./certificate.ts";
import type { ServedSpec, WorldSpec } from "./spec.ts";

export interface Backends {
  /** By name of the instance or stack. */
  readonly byName: ReadonlyMap<string, Backend>;
  /** PEM of the authority to trust for those with HTTPS. Null: there are none. */
  readonly caPem: string | null;
  close(): Promise<void>;
}

/** Starts them, also without a simulated cloud around them. */
export async function startBackends(world: WorldSpec): Promise<Backends> {
  const stacks = world.cloud66?.stacks ?? [];
  const served: readonly ServedSpec[] = [...(world.exoscale?.instances ?? []), ...stacks].filter(
    ({ serve, backend }) => serve !== null && backend !== null,
  );
  const names = [...served.map(({ name }) => name), ...stacks.map(({ fqdn }) => fqdn)];
  const certificate = served.some(({ serve }) => serve === "https") ? await makeCertificate(names) : null;

  const byName = new Map<string, Backend>();
  const close = async (): Promise<void> => {
    await Promise.all([...byName.values()].map((backend) => backend.kill()));
  };
  try {
    for (const { name, serve, backend } of served) {
      if (backend === null) continue;
      const options = { name, listen: backend, certificate: serve === "https" ? certificate : null };
      byName.set(name, await Backend.start(options));
    }
  } catch (error) {
    await close();
    throw error;
  }
  return { byName, caPem: certificate?.caPem ?? null, close };
}
