// The three groups of tests: fast ones without engine or cluster, real ones, and the whole product from end to end.
import { resolve } from "node:path";
import { defineConfig } from "vitest/config";

const MINUTE = 60_000;
const oneAtATime = { pool: "forks", maxWorkers: 1, fileParallelism: false } as const;

export default defineConfig({
  root: resolve(import.meta.dirname, "../.."),
  test: {
    passWithNoTests: true,
    // Support of the versions in the stack files ends one day; what is tested here must not.
    env: { RAMPA_TODAY: "2026-11-21" },
    projects: [
      {
        extends: true,
        test: {
          name: "fast",
          include: ["test/**/*.test.ts"],
          exclude: ["test/**/*.real.test.ts"],
          testTimeout: 20_000,
          hookTimeout: 20_000,
          // Modules are pure: loading them once a worker instead of once a file takes a third of the time off.
          isolate: false,
          maxWorkers: 2,
        },
      },
      {
        extends: true,
        test: {
          name: "real",
          include: ["test/**/*.real.test.ts"],
          exclude: ["test/e2e/**"],
          testTimeout: 5 * MINUTE,
          hookTimeout: 15 * MINUTE,
          ...oneAtATime,
        },
      },
      {
        extends: true,
        test: {
          name: "e2e",
          include: ["test/e2e/**/*.real.test.ts"],
          testTimeout: 15 * MINUTE,
          hookTimeout: 25 * MINUTE,
          ...oneAtATime,
        },
      },
    ],
  },
});
