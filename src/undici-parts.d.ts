/**
 * The parts of undici that the providers need: the whole of it, with `fetch`, caches and WebSockets, takes 3 MB more of memory. By
 * themselves they only dispatch, which is all that is told here: the methods for convenience come with the whole.
 */

declare module "undici/lib/dispatcher/client.js" {
  import type { Client } from "undici";

  type Bare = Pick<Client, "dispatch" | "close" | "destroy">;
  const Bare: new (...parameters: ConstructorParameters<typeof Client>) => Bare;
  export default Bare;
}

declare module "undici/lib/dispatcher/pool.js" {
  import type { Pool } from "undici";

  type Bare = Pick<Pool, "dispatch" | "close" | "destroy">;
  const Bare: new (...parameters: ConstructorParameters<typeof Pool>) => Bare;
  export default Bare;
}
