import { defineConfig, type ViteUserConfig } from "vitest/config";

/** Four layers, cheapest first; every one of them runs in `npm test`. */
const config: ViteUserConfig = defineConfig({
  test: {
    environment: "node",
    testTimeout: 30_000,
    hookTimeout: 30_000,
    projects: ["unit", "sim", "integration", "e2e"].map((name) => ({
      extends: true as const,
      test: {
        name,
        include: [`test/${name}/**/*.test.ts`],
        // Records which parts of the clouds' APIs each test exercises, for docs/api-coverage.md.
        setupFiles: name === "integration" ? ["test/api-evidence/recorder.ts"] : [],
      },
    })),
  },
});

export default config;
