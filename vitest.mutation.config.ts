import { defineConfig, type ViteUserConfig } from "vitest/config";

/** What a mutant of `src/core` must get past: the tests of core alone, which take no second. See docs/mutation.md. */
const config: ViteUserConfig = defineConfig({
  test: { environment: "node", include: ["test/unit/core/**/*.test.ts"] },
});

export default config;
