/** The parts of undici that are needed: the whole of it, with `fetch`, caches and WebSockets, takes 4 MB more of memory. */

declare module "undici/lib/dispatcher/client.js" {
  export { Client as default } from "undici";
}

declare module "undici/lib/dispatcher/pool.js" {
  export { Pool as default } from "undici";
}
