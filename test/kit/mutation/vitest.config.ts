// The tests that mutants of the policy rules are tried on: those that judge inside the process, in one worker.
import { defineConfig } from "vitest/config";

export default defineConfig({
  test: {
    include: [
      "test/policies/judge-rules.test.ts",
      "test/policies/{quantity,value,key-shapes,objects,readme,remediation,rule-clock,rule-types}.test.ts",
    ],
    pool: "forks",
    isolate: false,
    fileParallelism: false,
  },
});
