/** Writes what is made from the source and kept in the repository: `config/schema.json` and `docs/openapi.json`. */
import { writeFileSync } from "node:fs";
import { configJsonSchema } from "../src/config/json-schema.ts";
import { openApi } from "../src/server/api/openapi.ts";
import { version } from "../src/version.ts";

const made = { "config/schema.json": configJsonSchema(), "docs/openapi.json": openApi(version) };
for (const [path, document] of Object.entries(made)) {
  writeFileSync(new URL(`../${path}`, import.meta.url), `${JSON.stringify(document, null, 2)}\n`);
}
